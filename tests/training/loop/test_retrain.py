"""A round of the loop what it learns, when it does nothing, and that it can be made again."""

import shutil
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
import torch
from typer.testing import CliRunner

from recognizer.bundle import load_content
from recognizer.errors import BundleError, InputError, LedgerError, UsageError
from serving.ledger import Ledger, open_ledger
from serving.office.gold import add_gold
from serving.tracking import Tracking
from serving.truth.correct import Row
from tests.training.loop import house
from training.cli import app
from training.examples import gather
from training.loop import schedule
from training.loop.begun import begin
from training.loop.rebuild import rebuild
from training.loop.retrain import retrain
from training.loop.round import Round
from training.pack import load_networks

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Round]:
    """A round is done: its folder, its ledger, what it came to."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("loop")
    url = f"sqlite:///{folder}/ledger.db"
    with open_ledger(url) as ledger:
        models = house.begin(ledger, folder)
        house.say(ledger, house.read(ledger, models, folder, 90))
        with pytest.MonkeyPatch.context() as patch:  # the sides are drawn by a secret of the ledger, and for ever
            patch.setattr("serving.ledger.writing.token_hex", lambda size: "5eed" * (size // 2))
            gather(ledger)
    shutil.copytree(folder, folder.with_name("killed"))
    with open_ledger(url) as ledger:
        return folder, url, retrain(house.order(folder), ledger, lambda line: None)


@pytest.fixture
def ledger(learned: tuple[Path, str, Round]):
    with open_ledger(learned[1]) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def test_the_champion_learns_a_new_pen_and_what_comes_of_it_is_published(
    learned: tuple[Path, str, Round], ledger: Ledger
) -> None:
    folder, _, done = learned
    assert done.before is not None and done.after is not None and done.after.count >= 5
    assert done.after.right > done.before.right
    with ledger.succession_to_read() as rows:
        assert [each.bundle_id for each in rows.published()] == [done.champion, done.bundle_id]
        assert [each.bundle_id for each in rows.activations(None)] == [done.champion]  # a challenger is no champion
    with ledger.trials_to_read() as rows:
        [trial] = rows.running()
    assert (trial.trial_id, trial.challenger, trial.champion) == (done.trial_id, done.bundle_id, done.champion)
    _, content = load_content(folder / "store" / "bundles" / done.bundle_id)
    manifest = content["manifest"]
    assert manifest["start"] == done.champion
    assert (manifest["examples"]["digest"], manifest["examples"]["examples"]) == (done.set_digest, 90)
    assert manifest["settings"]["steps"] == 12 and manifest["settings"]["seed"] == 1
    assert set(manifest["data"]) == {"fonts", "blank"} and set(manifest["made_with"]) >= {"code", "torch"}
    with ledger.lessons_to_read() as lessons:
        [noted] = lessons.sets()
    assert (noted.set_digest, noted.bundle_id) == (done.set_digest, done.bundle_id)


def test_both_are_examined_through_the_door_for_evaluation(learned: tuple[Path, str, Round], ledger: Ledger) -> None:
    _, _, done = learned
    test = {each.crop_id for each in gather(ledger).of("test")}
    assert done.after is not None and done.after.count == len(test)
    with ledger.truth() as told:
        uses = told.uses_of(sorted(test))
    assert {use.bundle_id for use in uses} == {done.champion}  # examining is no production: nothing is re-delivered


def test_mlflow_knows_the_round(learned: tuple[Path, str, Round]) -> None:
    import mlflow

    folder, _, done = learned
    tracking = Tracking(folder / "store")
    client = mlflow.MlflowClient(tracking.store.uri)
    [run] = client.search_runs([tracking.experiment("training")])
    assert run.info.status == "FINISHED"
    assert run.data.params["champion"] == done.champion
    assert tracking.datasets(run.info.run_id) == {"examples": done.set_digest}
    assert {"numbers.loss", "numbers.between", "door.before", "door.after"} <= set(run.data.metrics)
    assert not any(path.name == "checkpoint.pt" for path in (folder / "retrain").rglob("*"))  # nothing is left lying


def test_without_news_nothing_is_done(learned: tuple[Path, str, Round], ledger: Ledger) -> None:
    again = retrain(house.order(learned[0], least_new=1), ledger, pytest.fail)
    assert (again.bundle_id, again.new) == ("", 0)
    assert again.reason == "0 examples are new since the last round, at least 1 are wanted"


def test_the_manifest_makes_the_same_bundle_again(learned: tuple[Path, str, Round], ledger: Ledger) -> None:
    folder, _, done = learned
    bundle = folder / "store" / "bundles" / done.bundle_id
    other = house.order(folder, folder=folder / "rebuild", steps=3, seed=9)  # settings are the manifest's
    made = rebuild(bundle, other, ledger, lambda line: None)
    assert made.is_equal and made.differs == ()
    assert made.again == done.bundle_id


def test_killed_at_any_stage_it_goes_on_and_ends_in_the_same_weights(learned: tuple[Path, str, Round]) -> None:
    folder, _, done = learned
    home, points = folder.with_name("killed"), ('"step": 7', "is published")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.training.loop.killed", str(home), *points],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.stdout.split() == ["-9", "-9", "0"], ran.stderr
    with open_ledger(f"sqlite:///{home}/ledger.db") as ledger:
        with ledger.lessons_to_read() as lessons:
            [noted] = lessons.sets()
        with ledger.succession_to_read() as rows:
            assert [each.bundle_id for each in rows.published()] == [done.champion, noted.bundle_id]
    one, other = (load_content(at / "store" / "bundles" / bundle_id)[1] for at, bundle_id in (
        (folder, done.bundle_id), (home, noted.bundle_id)))  # fmt: skip
    assert one["masters"] == other["masters"] and one["sha256"] == other["sha256"]
    assert one["calibration"] == other["calibration"]
    assert one["manifest"]["examples"]["known_at"] < other["manifest"]["examples"]["known_at"]


def test_what_cannot_be_made_again_is_said(learned: tuple[Path, str, Round], tmp_path: Path) -> None:
    folder, _, done = learned
    shelf = folder / "store" / "bundles"
    with open_ledger(f"sqlite:///{tmp_path}/other.db") as other:
        with pytest.raises(UsageError, match="only what `penfield retrain` made"):
            rebuild(shelf / done.champion, house.order(folder), other, pytest.fail)
        with pytest.raises(InputError, match=r"the examples are not what they were \(0 now, 90 then\)"):
            rebuild(shelf / done.bundle_id, house.order(folder), other, pytest.fail)
        with pytest.raises(UsageError, match="made without the shared data - mend: leave out --data"):
            rebuild(shelf / done.bundle_id, house.order(folder, shared=tmp_path), other, pytest.fail)


def test_too_few_and_nobody_to_learn_from_are_said(empty: Ledger, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no champion to learn from"):
        retrain(house.order(tmp_path), empty, pytest.fail)
    models = house.begin(empty, tmp_path)
    truth = house.read(empty, models, tmp_path, 30)
    house.say(empty, dict(list(truth.items())[:10]))
    few = retrain(house.order(tmp_path), empty, pytest.fail)
    assert few.reason == "10 examples are new since the last round, at least 20 are wanted"
    house.say(empty, truth)
    few = retrain(house.order(tmp_path, least_lines=500), empty, pytest.fail)
    assert few.reason.startswith("no reader has 500 lines to learn from (numbers ")
    with empty.lessons_to_read() as lessons:
        assert lessons.sets() == []  # nothing was learned: the next round has them all


def test_two_never_run_at_once(empty: Ledger, tmp_path: Path) -> None:
    house.begin(empty, tmp_path)
    with empty.alone("retrain") as alone:
        assert alone
        failed: list[BaseException] = []

        def second() -> None:
            try:
                with open_ledger(empty.url) as own:
                    retrain(house.order(tmp_path), own, pytest.fail)
            except UsageError as error:
                failed.append(error)

        thread = Thread(target=second)
        thread.start()
        thread.join()
    assert "a retraining runs in this ledger already" in str(failed[0])
    assert "at least 20 are wanted" in retrain(house.order(tmp_path), empty, pytest.fail).reason


def test_gold_and_other_sides_are_never_learned_from(empty: Ledger, tmp_path: Path) -> None:
    models = house.begin(empty, tmp_path)
    truth = house.read(empty, models, tmp_path, 60)
    house.say(empty, truth)
    known = sorted(truth)[0]
    add_gold(empty, [Row(line=1, field=known, value=truth[known])], by="test")
    champion = models.champion()
    assert champion is not None
    folder = models.shelf.folder(champion.bundle_id)
    begun = begin(empty, champion.bundle_id, folder, load_networks(folder), gather(empty))
    assert begun.concerned(5) == ["numbers"]
    lines = {split: {each.example.crop_id for each in begun.lines[split]["numbers"]} for split in begun.lines}
    assert sum(map(len, lines.values())) == 59 and set().union(*lines.values()) == {*truth} - {known}
    assert all(lines.values())


def test_a_schedule_goes_on_after_what_failed(monkeypatch: pytest.MonkeyPatch, empty: Ledger, tmp_path: Path) -> None:
    came: list[object] = [LedgerError("the disk is full"), Round(champion="c", new=0, examples=0, reason="no news")]
    waits: list[float] = []

    def one(*_: object) -> Round:
        answer = came.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Round)
        return answer

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(schedule, "retrain", one)
    said: list[str] = []
    shown: list[Round] = []
    with pytest.raises(KeyboardInterrupt):
        schedule.again_and_again(house.order(tmp_path), empty, 60, said.append, shown.append, wait)
    assert waits == [60, 60] and shown[0].reason == "no news"
    assert said == ["this round failed, the next is in 60 s: the disk is full"]


def test_the_commands_tell(learned: tuple[Path, str, Round]) -> None:
    folder, url, done = learned
    where = ["--store", str(folder / "store"), "--ledger", url, "--folder", str(folder / "told")]
    told = CliRunner().invoke(app, ["retrain", *where])
    assert told.exit_code == 0, told.output
    assert told.stdout == "no challenger: 0 examples are new since the last round, at least 200 are wanted\n"
    wrong = CliRunner().invoke(app, ["retrain", "--every", "soon", *where])
    assert wrong.exit_code == 2 and "30m, 12h, 1d" in wrong.stderr
    missing = CliRunner().invoke(app, ["rebuild", "nothing", *where])
    assert missing.exit_code == 5 and "there is no model nothing" in missing.stderr
    shipped = CliRunner().invoke(app, ["rebuild", done.champion[:8], *where])
    assert shipped.exit_code == 2 and "only what `penfield retrain` made" in shipped.stderr
