"""What `penfield trial show` tells of a trial: text, page, masking, and the page that is kept."""

from dataclasses import replace
from pathlib import Path

import mlflow
import pytest
from typer.testing import CliRunner

from serving.delivery import deliver
from serving.ledger import Ledger, open_ledger
from serving.ledger.trial import Trial
from serving.promise import Policy
from serving.tracking import Tracking
from serving.trial.page import html, kept_html
from serving.trial.telling import Told, telling
from tests.serving.trial.house import QUICK, Trying
from training.cli import app


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def test_slices_and_crops_sum_to_the_whole_and_the_curve_ends_at_the_evidence(ledger: Ledger, tmp_path: Path) -> None:
    told = told_of(*promoted(ledger, tmp_path))
    whole = told.whole
    for some in (told.kinds, told.qualities):
        for name in ("pairs", "differ", "asked", "answered", "gained", "lost"):
            assert sum(getattr(row, name) for row in some) == getattr(whole, name)
    assert (len(told.of("challenger")), len(told.of("champion"))) == (whole.gained, whole.lost)
    assert len(told.differing) == whole.differ and whole.gained > 30
    assert 10 ** told.course.challenger[-1] == pytest.approx(whole.evidence)
    assert 10 ** told.course.champion[-1] == pytest.approx(whole.against)
    assert (told.champion[:4], told.challenger[:4]) == ("v1 (", "v2 (")
    assert {guard.name for guard in told.guards} >= {"enough", "spread", "promise"}


def test_crops_that_wait_are_open_and_guards_say_what_they_would_ask(ledger: Ledger, tmp_path: Path) -> None:
    here = Trying(ledger, tmp_path)
    trial = here.start()
    before = told_of(here, trial)
    assert before.whole.pairs == 0 and "Not decided yet" in html(ledger, before)
    here.day()
    here.runner.look()  # nobody keys
    told = told_of(here, trial)
    assert len(told.of("open")) == told.whole.differ > 30 and told.waiting >= told.whole.differ
    assert {guard.name: guard.passed for guard in told.guards}["enough"] is False
    assert "Not answered" in html(ledger, told)


def test_the_page_has_pictures_of_crops_and_the_kept_one_nothing_that_was_written(
    ledger: Ledger, tmp_path: Path
) -> None:
    here, trial = promoted(ledger, tmp_path)
    told = told_of(here, trial)
    page, kept = html(ledger, told), kept_html(told)
    shown = told.of("challenger")[0]
    assert "data:image/png" in page and shown.challenger in page and shown.address in page
    assert "was made champion" in page and "was made champion" in kept and "<script" not in page
    assert not deliver(ledger, tmp_path / "store").reason
    tracking = Tracking(tmp_path / "store")
    client = mlflow.MlflowClient(tracking.store.uri)
    runs = {run.data.params["watches"]: run for run in client.search_runs([tracking.experiment("trials")])}
    brought = Path(client.download_artifacts(runs["0"].info.run_id, "trial.html", str(tmp_path))).read_text()
    assert "was made champion" in brought and "data:image" not in brought
    for crop in told.differing:
        said = (crop.address, f">{crop.champion}<", f">{crop.challenger}<", f">{crop.keyed}<")
        assert all(each not in brought for each in said if each != "><")


def test_sensitive_fields_are_masked_and_have_no_picture(ledger: Ledger, tmp_path: Path, monkeypatch) -> None:
    here, trial = promoted(ledger, tmp_path)
    plain = told_of(here, trial)
    monkeypatch.setattr("serving.ledger.statement.is_sensitive", lambda kind, said: True)
    told = told_of(here, trial)
    page = html(ledger, told)
    assert "data:image" not in page and all(crop.crop_id is None for crop in told.differing)
    texts = {crop.keyed for crop in plain.differing if crop.keyed and "–" not in crop.keyed}
    assert texts and all(f">{text}<" not in page for text in texts) and "***" in page


def test_the_command_tells_the_last_trial_and_writes_its_page(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url) as ledger:
        _, trial = promoted(ledger, tmp_path)
    where = ["--ledger", url, "--store", str(tmp_path / "store")]
    page = tmp_path / "trial.html"
    result = CliRunner().invoke(app, ["trial", "show", trial.trial_id[:8], "--html", str(page), *where])
    assert result.exit_code == 0, result.output
    line = CliRunner().invoke(app, ["models", *where], env={"COLUMNS": "400"}).output
    known = trial.finding
    answers = (
        f"{known['challenger']['value']:.1%} against {known['champion']['value']:.1%}, {known['answered']} answers"
    )
    assert f"trial {trial.trial_id[:8]}: {answers}, capital " in line
    assert "champion v" in result.output and "of 20 needed" in result.output
    assert "only the challenger is right" in result.output and "no kind worse" in result.output
    assert page.read_text().startswith("<!doctype html>")
    last = CliRunner().invoke(app, ["trial", "show", *where])
    assert last.exit_code == 0 and "watches activation" in last.output
    for wrong, why in (([trial.trial_id[:8], "--html", str(tmp_path)], "a folder"), (["nosuch"], "there is no trial")):
        result = CliRunner().invoke(app, ["trial", "show", *wrong, *where])
        assert result.exit_code == 2 and why in result.output


def test_without_any_trial_it_says_how_to_start_one(tmp_path: Path) -> None:
    where = ["--ledger", f"sqlite:///{tmp_path}/ledger.db", "--store", str(tmp_path / "store")]
    result = CliRunner().invoke(app, ["trial", "show", *where])
    assert result.exit_code == 2 and "penfield trial start" in result.output


def test_which_trial_is_stopped_is_to_be_said() -> None:
    told = CliRunner().invoke(app, ["trial", "stop", "--help"], env={"COLUMNS": "200"}).output
    assert "[required]" in told and "the last one" not in told
    bare = CliRunner().invoke(app, ["trial", "stop", "--reason", "why"])
    assert bare.exit_code == 2 and "TRIAL" in bare.output


def promoted(ledger: Ledger, folder: Path) -> tuple[Trying, Trial]:
    here = Trying(ledger, folder)
    trial = here.start(settings=replace(QUICK))
    here.day()
    here.look()
    here.look()
    return here, here.ended(trial)


def told_of(here: Trying, trial: Trial) -> Told:
    return telling(here.ledger, here.ended(trial), Policy())
