"""200 predictions of several ages, and every injected difference named at its stage."""

import csv
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from recognizer.form import load_form
from serving.batch.readings import read_fields
from serving.door import open_door
from serving.ledger import Ledger, open_ledger
from serving.privacy.erase import erase, page_named
from serving.promise import Policy
from serving.replay import STAGES, Replay, Replayer, Stage
from serving.replay.named import prediction_named, predictions_of
from tests.serving.models.bundles import flip
from tests.serving.replay.conftest import OLD_CV, OLD_RUNTIME, Past
from tests.serving.test_batch import Quiet
from training.cli import app


def stage(replay: Replay, name: str) -> Stage:
    return next(each for each in replay.stages if each.name == name)


def states(replay: Replay) -> dict[str, str]:
    return {each.name: each.state for each in replay.stages}


def first(replay: Replay) -> tuple[str, str]:
    assert replay.first is not None
    return replay.first.name, replay.first.code


@contextmanager
def changed(path: Path) -> Iterator[None]:
    before = path.read_bytes()
    flip(path)
    yield
    path.write_bytes(before)


@contextmanager
def away(path: Path) -> Iterator[Path]:
    there = path.with_name(f"{path.name}.away")
    path.rename(there)
    yield there
    there.rename(path)


def without_scans(past: Past) -> AbstractContextManager[Path]:
    """So that no page is prepared, which takes its time."""
    return away(past.root / "scans")


def test_200_predictions_of_several_ages(past: Past) -> None:
    ids, before = predictions_of(past.ledger, None, 200, seed=5), counts(past)
    by_age = {age: set(past.ids(age)) for age in past.batches}
    with past.replayer() as replayer:
        replays = list(replayer.all(ids))
    assert {replay.prediction_id for replay in replays} == set(ids) and len(ids) == 200
    seen = dict.fromkeys(past.batches, 0)
    for replay in replays:
        age = next(age for age, of_age in reversed(by_age.items()) if replay.prediction_id in of_age)
        seen[age] += 1
        if age in ("older model", "today"):
            assert set(states(replay).values()) == {"identical"}, replay.stages
            assert all(each.why == "" for each in replay.stages)
        elif age == "older, and the same":
            assert replay.is_identical and "preprocessing version 1, the same by 3" in stage(replay, "page").why
        elif age == "older preprocessing":
            assert first(replay) == ("crop", "preprocessing")
            assert "preprocessing version 2, this program has 3" in stage(replay, "crop").why
            assert stage(replay, "reading").state == "identical"  # of the crop in the ledger
        elif age == "older library":
            assert first(replay) == ("crop", "library") and f"{OLD_CV} then" in stage(replay, "crop").why
        else:
            assert replay.origin is not None
            if not replay.is_identical:
                assert first(replay) == ("reading", "library") and "alternatives" in stage(replay, "reading").why
                assert f"onnxruntime {OLD_RUNTIME} then" in stage(replay, "reading").why
            else:
                assert "the same although engine.alternatives 2 then" in stage(replay, "reading").why
    assert min(seen.values()) >= 5, seen
    assert counts(past) == before
    noted = rows(past, "SELECT prediction_id, stage, code FROM replays")
    assert sorted(noted) == sorted(
        (each.prediction_id, *(first(each) if each.first else (None, None))) for each in replays
    )


def rows(past: Past, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(past.root / "store" / "ledger.db")
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def counts(past: Past) -> list[tuple[Any, ...]]:
    """What must not grow by replays: all that records and numbers are made of."""
    tables = ("batch_fields", "decisions", "pages", "crops", "page_fields", "views", "outbox", "tasks", "verdicts")
    of_production = rows(past, "SELECT count(*) FROM predictions WHERE purpose != 'replay'")
    return [*of_production, *(rows(past, f"SELECT count(*) FROM {table}")[0] for table in tables)]


def test_a_changed_byte_of_the_scan(past: Past) -> None:
    name = past.page("older, and the same")[0]
    with changed(past.root / "scans" / "desk_0114.png"), past.replayer() as replayer:
        replay = replayer.one(name)
    assert first(replay) == ("scan", "scan_changed") and "holds other bytes now" in stage(replay, "scan").why
    assert [states(replay)[name] for name in ("page", "crop", "reading")] == ["left out", "left out", "identical"]


def test_a_scan_that_is_gone_and_found_under_another_name(past: Past, tmp_path: Path) -> None:
    name = past.page("older, and the same")[1]
    with away(past.root / "scans" / "desk_0114.png") as there:
        with past.replayer() as replayer:
            assert first(replayer.one(name)) == ("scan", "scan_gone")
        shutil.copy(there, tmp_path / "renamed.png")
        with past.replayer(scans=[tmp_path]) as replayer:
            replay = replayer.one(name)
    assert replay.is_identical and "renamed.png" in stage(replay, "scan").why


def test_a_form_whose_lexicon_or_blank_page_is_another(past: Past) -> None:
    blank = next((past.root / "forms").glob("insurance_application/*.png"))
    name = past.page("older, and the same")[0]
    with changed(blank):
        with past.replayer() as replayer:
            replay = replayer.one(name)
        assert first(replay) == ("form", "form_changed")
        assert [states(replay)[each] for each in ("page", "language", "reading")] == [
            "left out", "identical", "identical"]  # fmt: skip
    with away(blank), past.replayer() as replayer:
        assert first(replayer.one(name)) == ("form", "form_gone")


def test_forms_that_lie_elsewhere_now(past: Past) -> None:
    name = past.page("older, and the same")[0]
    with away(past.root / "forms") as there:
        forms = [load_form(there / f"{form}.yaml") for form in ("insurance_application", "nist_hsf")]
        with past.replayer(forms=forms) as replayer:
            assert replayer.one(name).is_identical


def test_a_model_that_is_missing_damaged_or_another(past: Past) -> None:
    name = past.ids("older model")[3]
    bundle = past.root / "store" / "bundles" / past.batches["older model"].bundle_id
    with away(bundle), past.replayer() as replayer:
        replay = replayer.one(name)
        assert first(replay) == ("reading", "bundle_missing") and "mend" in stage(replay, "reading").why
        assert stage(replay, "crop").state == "identical" and stage(replay, "decision").state == "missing"
    with changed(bundle / "numbers.onnx"), without_scans(past), past.replayer() as replayer:
        assert stage(replayer.one(name), "reading").code == "bundle_damaged"
    with away(bundle), without_scans(past):
        shutil.copytree(past.root / "store" / "bundles" / past.batches["today"].bundle_id, bundle)
        with past.replayer() as replayer:
            reading = stage(replayer.one(name), "reading")
        shutil.rmtree(bundle)
    assert (reading.state, reading.code) == ("missing", "bundle_damaged") and "holds another model" in reading.why


def test_another_policy(past: Past) -> None:
    with without_scans(past), past.replayer(policy=Policy(accuracy=0.9)) as replayer:
        decisions = [stage(replay, "decision") for replay in replayer.all(past.page("today", 2))]
    assert {each.code for each in decisions} == {"policy"} and all("mend: --policy" in each.why for each in decisions)


@contextmanager
def forged(past: Past, folder: Path, *statements: tuple[str, tuple[object, ...]]) -> Iterator[Ledger]:
    """A copy of the ledger in which somebody who took the triggers away has changed something."""
    with sqlite3.connect(past.root / "store" / "ledger.db") as source, sqlite3.connect(folder / "copy.db") as copy:
        source.backup(copy)
        for (trigger,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {trigger}")
        for statement, values in statements:
            copy.execute(statement, values)
    source.close()
    copy.close()
    with open_ledger(f"sqlite:///{folder}/copy.db") as ledger:
        yield ledger


def test_a_record_that_was_changed(past: Past, tmp_path: Path) -> None:
    good, crop, said = past.page("older, and the same")[:3]
    page = past.page("older runtime")[0]
    with past.ledger.replaying_to_read() as asked:
        kept, wide = asked.origin(crop), asked.origin(page)
    assert kept is not None and wide is not None
    png = cv2.imdecode(np.frombuffer(kept.crop.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert png is not None
    png[3, 3] ^= 1
    picture = cv2.imencode(".png", png)[1].tobytes()
    with forged(
        past,
        tmp_path,
        ("UPDATE crops SET png = ? WHERE crop_id = ?", (picture, kept.crop.crop_id)),
        ("UPDATE predictions SET text = 'forged', outcome = 'text' WHERE prediction_id = ?", (said,)),
        ("UPDATE pages SET width_px = width_px + 1 WHERE page_key = ?", (wide.page.page_key,)),
    ) as ledger, Replayer(ledger, past.shelf) as replayer:  # fmt: skip
        assert replayer.one(good).is_identical
        damaged, reworded, wider = replayer.one(crop), replayer.one(said), replayer.one(page)
    assert first(damaged) == ("crop", "damaged")
    assert "1 of" in stage(damaged, "crop").why and "by 1 grey levels" in stage(damaged, "crop").why
    assert first(reworded) == ("reading", "unexplained") and "text" in stage(reworded, "reading").why
    assert reworded.now is not None and reworded.now.purpose == "replay"
    assert first(wider)[0] == "page" and stage(wider, "page").why.startswith("other than recorded: width")


def test_a_ledger_from_before_any_of_this_was_recorded(past: Past, tmp_path: Path) -> None:
    nothing = (
        ("DELETE FROM setups", ()),
        ("UPDATE pages SET environment_id = NULL", ()),
        ("UPDATE predictions SET environment_id = NULL", ()),
        ("UPDATE scans SET place = NULL", ()),
        ("UPDATE forms SET folder = NULL", ()),
    )
    forms = [load_form(past.root / "forms" / f"{form}.yaml") for form in ("insurance_application", "nist_hsf")]
    with forged(past, tmp_path, *nothing) as ledger:
        with Replayer(ledger, past.shelf) as replayer:
            assert first(replayer.one(past.ids("today")[0])) == ("scan", "scan_gone")
        with Replayer(ledger, past.shelf, scans=[past.root / "scans"], forms=forms) as replayer:
            assert replayer.one(past.ids("today")[0]).is_identical
            older = replayer.one(past.ids("older preprocessing")[0])
    assert first(older) == ("crop", "preprocessing")  # the setup's digest gives the version away


def test_single_fields(past: Past, tmp_path: Path) -> None:
    frame = past.ledger.predictions_frame(past.batches["today"].batch_id)
    listed = []
    for number, row in enumerate(frame[frame.kind == "digits"].head(3).itertuples()):
        with past.ledger.replaying_to_read() as found:
            origin = found.origin(row.prediction_id)
        assert origin is not None
        (tmp_path / f"{number}.png").write_bytes(origin.crop.png)
        listed.append({"image": f"{number}.png", "kind": "digits"})
    with (tmp_path / "fields.csv").open("w") as file:
        writer = csv.DictWriter(file, ["image", "kind"])
        writer.writeheader()
        writer.writerows(listed)
    shelf = past.shelf
    door = open_door(shelf.folder(past.batches["today"].bundle_id), past.ledger)
    facts = read_fields(tmp_path / "fields.csv", tmp_path / "read.csv", door, past.ledger, Quiet())
    flip(tmp_path / "0.png")
    with past.replayer() as replayer:
        replays = list(replayer.all(predictions_of(past.ledger, facts.batch_id, None, 1)))
    other = [each for each in replays if not each.is_identical]
    assert len(replays) == 3 and [first(each) for each in other] == [("scan", "scan_changed")]
    assert all(set(states(each).values()) == {"identical"} for each in replays if each.is_identical)


def test_names(past: Past) -> None:
    name = past.page("older, and the same")[0]
    with past.ledger.replaying_to_read() as asked:
        origin = asked.origin(name)
    assert origin is not None
    assert prediction_named(past.ledger, name[:12]) == name
    assert prediction_named(past.ledger, f"desk_0114.png:1:{origin.field}") == name
    field = past.ledger.answers(past.batches["today"].batch_id)[2, 1][0].field
    with pytest.raises(Exception, match="several predictions - mend: say of which batch"):
        prediction_named(past.ledger, f"sideways.png:1:{field}")
    for wrong in ("short", "0" * 32, "desk_0114.png:x:field", "desk_0114.png:9:field"):
        with pytest.raises(Exception, match="mend"):
            prediction_named(past.ledger, wrong)


def test_an_erased_record(past: Past) -> None:
    name = past.page("older library")[0]
    erase(past.ledger, page_named(past.ledger, "thin_paper.jpg:1"), reason="request", by="tests")
    with past.replayer() as replayer:
        replay = replayer.one(name)
    assert first(replay) == ("record", "erased") and stage(replay, "record").why.startswith("erased on")
    assert {state for name, state in states(replay).items() if name != "record"} == {"left out"}
    assert replay.now is None


def test_the_command(past: Past) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["replay", "--store", str(past.root / "store"), *words], env={"COLUMNS": "200"})
        return done.exit_code, done.output

    same = past.ids("today")[0]
    code, told = run(same[:10])
    assert code == 0 and "Identical" in told and told.count("identical") == len(STAGES)
    with without_scans(past):
        code, told = run("--batch", past.batches["older, and the same"].batch_id)
        assert code == 8 and "16 predictions made again" in told and "scan_gone" in told
        assert run("--random", "3", "--batch", past.batches["today"].batch_id)[1].count("3 predictions made") == 1
    for words in ((), (same, "--random", "3"), ("nothing",)):
        assert run(*words)[0] == 2
    assert run("--batch", "no such batch")[0] == 6 and run(same, "--scans", str(past.root / "no"))[0] == 4
    assert run(same, "--with", "0123456789")[0] == 5
    older = past.batches["older model"].bundle_id
    code, told = run("--batch", past.batches["today"].batch_id, "--random", "20", "--with", older[:12])
    assert code == 0 and "20 crops read by" in told and "the same as recorded 20, otherwise 0" in told
