"""Trials as they run: who is better reads, nothing else changes, and what breaks is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from recognizer.errors import BundleError, UsageError
from serving.ledger import open_ledger
from serving.office.gold import add_gold
from serving.privacy.erase import erase, page_named
from serving.promise import Policy
from serving.trial.guards import gold_not_worse
from serving.trial.judged import judged
from serving.truth.correct import Row
from tests.serving.models.bundles import flip
from tests.serving.trial.house import QUICK, Trying


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def test_who_is_better_is_activated_by_itself_and_watched(empty_database: str, tmp_path: Path) -> None:
    with open_ledger(empty_database) as ledger:
        here = Trying(ledger, tmp_path)
        trial = here.start()
        here.day()
        first = here.look()
        assert first.read == 60 and first.asked > 40 and not first.ended
        assert here.reads() == "bad"  # nobody has answered yet
        assert "reads all fields from now on" in here.look().line
        assert here.reads() == "good"
        ended, made = here.ended(trial), here.models.champion()
        assert made is not None and (made.how, made.by) == ("trial", "penfield trial")
        assert made.evidence["trial"] == trial.trial_id and made.evidence["gained"] > 30 and made.evidence["lost"] <= 2
        assert all(guard["passed"] for guard in made.evidence["guards"])
        assert (ended.outcome, ended.activation_seq) == ("promoted", made.seq)
        watch = here.trials.all()[-1]
        assert (watch.watches, watch.challenger) == (made.seq, here.ids["bad"]) and watch.runs
        here.day()  # read by the new champion, and by the old one beside it
        here.look()
        assert "stays" in here.look().line and here.ended(watch).outcome == "kept" and here.reads() == "good"


def test_a_worse_one_is_not_and_changes_no_record(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path, champion="good")
    here.day()
    trial = here.start("wrong")
    here.day()
    batches = [ledger.latest_batch()]
    before = [ledger.answers(batch) for batch in batches]
    here.look()
    here.look()
    assert here.ended(trial).outcome == "kept" and "worse" in here.ended(trial).reason and here.reads() == "good"
    assert [ledger.answers(batch) for batch in batches] == before
    with ledger.trials_to_read() as rows:
        pairs = rows.pairs(trial.trial_id)
    said = ledger.predictions([pair.challenger_id for pair in pairs if pair.challenger_id])
    assert len(pairs) == 60 and {each.purpose for each in said.values()} == {"trial"}


def test_what_was_read_before_it_started_is_in_no_pair_and_each_crop_is_drawn_alike(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path, champion="good")
    here.day(40)
    trial = here.start("bad", replace(QUICK, rate=0.5))
    here.day(200)
    read = here.runner.look().read
    assert 75 <= read <= 125  # 100 +- 3.5 standard deviations; the secret that draws is new in every ledger
    assert here.runner.look().read == 0 and here.new_runner().look().read == 0
    with ledger.trials_to_read() as rows:
        assert len(rows.pairs(trial.trial_id)) == read


def test_several_challengers_read_at_once_and_the_others_end_with_the_first(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    first, second = here.start("good"), here.start("wrong", replace(QUICK, most_labels=400))
    assert here.start("good").trial_id == first.trial_id  # it runs already
    here.day()
    assert here.look().read == 120
    here.look()
    assert here.ended(first).outcome == "promoted" and here.reads() == "good"
    assert here.ended(second).outcome == "stopped" and "another than when it started" in here.ended(second).reason


def test_a_champion_that_a_trial_made_goes_when_the_one_before_is_better(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path, champion="good")
    here.day(20)
    made = here.models.activate(here.ids["wrong"], by="penfield trial", how="trial", reason="colluders", evidence={})
    watch = here.trials.watch(made, QUICK)
    assert watch is not None
    here.day(80)
    here.look()
    assert "rolled back" in here.look().line
    assert here.reads() == "good" and here.ended(watch).outcome == "rolled_back"
    back = here.models.champion()
    assert back is not None and back.how == "rollback" and back.evidence["trial"] == watch.trial_id


def test_audits_that_refute_the_promise_undo_it_at_once(ledger, tmp_path: Path) -> None:
    policy = Policy.model_validate({"accuracy": 0.9, "certainty": 0.95, "audit": 0.5})
    here = Trying(ledger, tmp_path, champion="good", policy=policy)
    here.day(20)
    made = here.models.activate(here.ids["wrong"], by="penfield trial", how="trial", reason="colluders", evidence={})
    watch = here.trials.watch(made, replace(QUICK, rate=0.001, watch_labels=5_000))  # the lot says nothing
    assert watch is not None
    here.day(250)
    assert "audits refute what is promised of digits" in here.look().line
    assert here.reads() == "good" and here.ended(watch).outcome == "rolled_back"


def test_gold_is_read_whatever_the_rate_and_stops_one_that_reads_it_worse(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path, champion="good")
    here.day(40)
    with ledger.truth() as told:
        uses = told.uses_in(ledger.latest_batch())
    rows = [
        Row(line=n, field=f"{use.scan}:1:{use.field}", value=here.house.truth[use.crop_id].text)
        for n, use in enumerate(uses)
    ]
    add_gold(ledger, rows, by="ada")
    trial = here.start("wrong", replace(QUICK, rate=0.001))
    assert here.look().read == 40
    pairs = _pairs(here, trial.trial_id)
    assert all(pair.is_gold and pair.answered for pair in pairs)
    assert sum(bool(pair.champion_right) for pair in pairs) > sum(bool(pair.challenger_right) for pair in pairs) + 5
    assert not gold_not_worse(pairs, QUICK).passed


def test_a_challenger_that_cannot_be_loaded_fails_and_the_champion_reads_on(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path, champion="bad")
    trial = here.start("good")
    flip(tmp_path / "store" / "bundles" / here.ids["good"] / "numbers.onnx")
    here.day(20)
    assert "failed" in here.look().line and "numbers.onnx" in here.ended(trial).reason
    assert here.ended(trial).outcome == "failed" and here.reads() == "bad"
    with pytest.raises(BundleError, match=r"numbers\.onnx"):
        here.start("good")


def test_somebody_elses_activation_is_left_alone(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    trial = here.start("good")
    here.day()
    here.look()
    here.models.activate(here.ids["wrong"], by="ada", reason="I know better", evidence={})
    assert "another than when it started" in here.look().line
    assert here.reads() == "wrong" and here.ended(trial).outcome == "stopped"


def test_killed_between_the_switch_and_the_end_it_is_ended_the_next_time(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    trial = here.start("good")
    here.models.activate(
        here.ids["good"], by="penfield trial", how="trial", reason="won", evidence={"trial": trial.trial_id}
    )
    assert "reads all fields" in here.look().line
    assert here.ended(trial).outcome == "promoted" and here.trials.all()[-1].watches == 2
    assert here.runner.look().line == "nothing to do" and len(here.trials.all()) == 2


def test_a_kind_has_a_trial_of_its_own(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    trial, dates = here.start("good", kind="digits"), here.start("good", kind="date")
    here.day()
    assert here.look().read == 60  # there are no dates
    here.look()
    assert here.ended(trial).outcome == "promoted" and here.ended(dates).runs
    champion = here.models.champion("digits")
    assert champion is not None and champion.scope == "digits" and champion.bundle_id == here.ids["good"]
    assert here.reads() == "bad"


def test_what_was_erased_is_in_no_pair(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    trial = here.start("good")
    here.day(20)
    here.look()
    with ledger.truth() as told:
        scan = told.uses_in(ledger.latest_batch())[0].scan
    erase(ledger, page_named(ledger, f"{scan}:1"), reason="request", by="ada")
    assert len(_pairs(here, trial.trial_id)) == 19
    here.look()
    assert here.new_runner().look().read == 0


def test_what_makes_no_sense_is_refused(ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    with pytest.raises(UsageError, match="is the champion of"):
        here.start("bad")
    with pytest.raises(UsageError, match="no kind of field 'sss'"):
        here.start("good", kind="sss")
    with pytest.raises(UsageError, match="there is no model"):
        here.trials.start("0" * 32, by="ada")
    trial = here.start("good")
    with pytest.raises(UsageError, match="reason"):
        here.trials.stop(trial, by="ada", reason=" ")
    here.trials.stop(trial, by="ada", reason="no need")
    with pytest.raises(UsageError, match="has ended"):
        here.trials.stop(here.ended(trial), by="ada", reason="again")
    with pytest.raises(UsageError, match="no trial 'zzzz'"):
        here.trials.named("zzzz")
    assert here.start("good").trial_id != trial.trial_id  # a new one, of the same two


def _pairs(here: Trying, trial_id: str) -> list:
    return [each.pair for each in judged(here.ledger, trial_id)]
