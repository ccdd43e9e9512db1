"""The loop end to end: a new pen comes, people key what they are asked, and a better model is activated by itself."""

from dataclasses import dataclass

import pytest
import torch

from benchmarks.house import Day, House
from benchmarks.loop import Input, go_round
from benchmarks.pens import slant
from serving.ledger import Ledger, open_ledger
from tests.training.loop import house
from training.loop.round import Round

FIELDS = 110


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of the loop: its ledger, the days by name, what the round came to, and how its trial ended."""

    url: str
    crops: frozenset[str]
    days: dict[str, list[Day]]
    done: Round
    ended: str


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> Came:
    """The loop went round once."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole")
    url, days = f"sqlite:///{folder}/ledger.db", dict[str, list[Day]]()
    with open_ledger(url) as ledger, pytest.MonkeyPatch.context() as patch:
        # The secret of a ledger draws audits, and which examples are for learning: always the same here.
        patch.setattr("serving.ledger.writing.token_hex", lambda size: "5eed" * (size // 2))
        here = House(ledger=ledger, folder=folder)
        order = house.order(folder, least_new=100, steps=24, trial_rate=1.0)
        done, ended = go_round(
            here, order, Input(change=slant, fields=FIELDS), lambda name, day: days.setdefault(name, []).append(day)
        )
    return Came(url=url, crops=frozenset(here.truth), days=days, done=done, ended=ended)


@pytest.fixture
def ledger(came: Came):
    with open_ledger(came.url) as opened:
        yield opened


def test_a_new_pen_is_learned_from_what_people_key_and_who_learned_it_is_activated_by_itself(came: Came) -> None:
    days, done = came.days, came.done
    [old], [new], [last] = days["old pens"], days["new pen"], days["new pen, at last"]
    assert came.ended == "promoted"
    assert old.right >= 0.95 and new.right <= 0.6  # the pen is one that the champion cannot read
    assert last.right >= new.right + 0.2
    assert {day.champion for day in (old, new, *days["new pen, trial"])} == {done.champion}
    assert last.champion == done.bundle_id


def test_old_pens_are_not_forgotten(came: Came) -> None:
    [before], [after] = came.days["old pens"], came.days["old pens, at last"]
    assert after.right >= before.right - 0.05


def test_nothing_was_learned_but_what_people_said(came: Came, ledger: Ledger) -> None:
    with ledger.truth() as told:
        said = [each for crop in told.verdicts_on(came.crops).values() for each in crop]
    assert len(said) > FIELDS and {each.source for each in said} <= {"crowd", "expert"}
    with ledger.lessons_to_read() as lessons:
        [noted] = lessons.sets()
    assert (noted.set_digest, noted.bundle_id) == (came.done.set_digest, came.done.bundle_id)


def test_the_activation_says_what_it_rests_on(came: Came, ledger: Ledger) -> None:
    done = came.done
    with ledger.succession_to_read() as rows:
        first, second = rows.activations(None)
    assert (second.bundle_id, second.replaced, second.how) == (done.bundle_id, first.bundle_id, "trial")
    assert second.evidence["trial"] == done.trial_id and second.evidence["gained"] > 20 * second.evidence["lost"]
    assert all(guard["passed"] for guard in second.evidence["guards"])
    with ledger.trials_to_read() as rows:
        [watch] = rows.running()  # what it replaced reads beside it from now on
    assert (watch.watches, watch.challenger) == (second.seq, first.bundle_id)
