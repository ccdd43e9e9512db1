"""The talk's story, in SQLite and in PostgreSQL: a number that was read, accepted and delivered wrong is put right."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from recognizer.errors import LedgerError
from serving.ledger import Ledger, open_ledger
from serving.ledger.clock import utc_now
from serving.ledger.statement import WITHDRAWN, Verdict
from serving.truth.accuracy import judged, rescored, tally
from serving.truth.correct import Row, correct
from serving.truth.corrections import corrections
from serving.truth.settle import settle
from serving.truth.story import story_of
from tests.serving.truth import talk

FIELD = "s1.png:1:policy"


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened


def customer(ledger: Ledger, value: str = "E757558", by: str = "acme.csv:1", field: str = FIELD) -> None:
    correct(ledger, [Row(line=2, field=field, value=value, reason="misread")], by=by)


def events(ledger: Ledger, scan_no: int = 1) -> list[str]:
    with ledger.truth() as truth:
        return [event.event for event in truth.events(records=[("batch", scan_no, 1)])]


def waiting(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.truth() as truth:
        found = corrections(truth, waiting=True)
    return [(item.use.address, item.then.text, item.now.text) for item in found]


def record(out: Path, number: int = 0) -> dict[str, dict[str, object]]:
    fields: dict[str, dict[str, object]] = json.loads((out / "records.jsonl").read_text().splitlines()[number])[
        "fields"
    ]
    return fields


def test_the_story_of_a_field_is_told_with_both_clocks(ledger: Ledger, tmp_path: Path) -> None:
    talk.read_scans(ledger, tmp_path / "out")
    before = utc_now()
    customer(ledger)
    story = story_of(ledger, FIELD)
    assert [(said.source, said.text, then.text) for said, then in story.chapters if then] == [
        ("model", "F757558", "F757558"),
        ("customer", "E757558", "E757558"),
    ]
    model, corrected = story.statements
    assert model.decision == "accept" and model.confidence == 0.98 and model.valid_at == model.known_at < before
    assert corrected.known_at > before and corrected.valid_at == model.valid_at and corrected.by == "acme.csv:1"
    assert (known := story.belief(before)) is not None and known.text == "F757558"
    assert (known := story.belief()) is not None and known.text == "E757558"
    assert [event.event for event in story.events] == ["completed", "delivered", "reopened"]
    prediction = story.use.prediction_id
    assert story_of(ledger, prediction[:12]) == story_of(ledger, story.crop_id) == story


def test_accuracy_as_known_on_a_date(ledger: Ledger) -> None:
    talk.read_scans(ledger)
    dates = [utc_now()]
    with ledger.writing() as writing:  # the crowd says the same as the model; an expert too, elsewhere
        for scan, text in (("s1", "f757558"), ("s2", "F757600")):
            verdict = Verdict(crop_id=talk.crop_of(scan, 0).crop_id, source="crowd", outcome="text", text=text, by="x")
            settle(writing, [verdict])
    dates.append(utc_now())
    customer(ledger)
    dates.append(utc_now())
    accepted = [[item for item in judged(ledger, date) if item.accepted] for date in dates]
    counts = [tally(items)[()] for items in accepted]
    assert [(count.decisions, count.right, count.wrong, count.unknown) for count in counts] == [
        (11, 0, 0, 11),
        (11, 2, 0, 9),
        (11, 1, 1, 9),
    ]
    assert [count.share_right for count in counts] == [None, 1.0, 0.5]
    by_kind = tally(accepted[2], ("kind",))
    assert by_kind["code",].wrong == 1 and by_kind["ssn",].decisions == 3 and by_kind["name",].decisions == 2
    changed = rescored(ledger, since=dates[1])
    assert [(item.use.address, item.then, item.now) for item in changed] == [(FIELD, "right", "wrong")]
    assert changed[0].verdict is not None and changed[0].verdict.source == "customer"
    assert [item.now for item in rescored(ledger, dates[1])] == ["right", "right"]
    assert len(rescored(ledger, batch_id="batch")) == 2 and rescored(ledger, dates[0]) == []


def test_a_delivered_record_is_reopened_and_delivered_again(ledger: Ledger, tmp_path: Path) -> None:
    facts, out = talk.read_scans(ledger, tmp_path), tmp_path
    first = (out / "records.jsonl").read_bytes()
    talk.write_records(ledger, facts, [talk.FORM], out)  # again is harmless
    assert events(ledger) == ["completed", "delivered"] and events(ledger, 3) == ["delivered"]
    assert not (out / "corrections.jsonl").exists() and (out / "records.jsonl").read_bytes() == first
    customer(ledger)
    assert events(ledger)[2:] == ["reopened"] and waiting(ledger) == [(FIELD, "F757558", "E757558")]
    talk.write_records(ledger, facts, [talk.FORM], out)
    assert events(ledger)[3:] == ["delivered", "corrected"] and waiting(ledger) == []
    field = record(out)["policy"]
    assert (field["value"], field["source"], field["confidence"]) == ("E757558", "customer", None)
    assert field["decision"] == "settled" and "E757558" in (out / "records.csv").read_text()
    assert record(out, 1) == json.loads(first.splitlines()[1])["fields"]  # nothing else has changed
    lines = [json.loads(line) for line in (out / "corrections.jsonl").read_text().splitlines()]
    assert [(line["scan"], line["page"], line["field"]) for line in lines] == [("s1.png", 1, "policy")]
    assert lines[0]["delivered"]["value"] == "F757558" and lines[0]["delivered"]["source"] == "model"
    assert lines[0]["now"]["value"] == "E757558" and lines[0]["now"]["source"] == "customer"
    assert lines[0]["now"]["by"] == "acme.csv:1"
    assert lines[0]["reason"] == "misread" and lines[0]["delivered"]["delivered_at"] < lines[0]["now"]["known_at"]
    written = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix in (".jsonl", ".csv")}
    talk.write_records(ledger, facts, [talk.FORM], out)
    assert written == {name: (out / name).read_bytes() for name in written}


def test_corrected_twice_and_taken_back(ledger: Ledger, tmp_path: Path) -> None:
    facts = talk.read_scans(ledger, tmp_path)
    customer(ledger)
    talk.write_records(ledger, facts, [talk.FORM], tmp_path)
    customer(ledger, "E757559", by="acme.csv:2")
    assert waiting(ledger) == [(FIELD, "E757558", "E757559")]
    with ledger.writing() as writing:
        crop_id = story_of(ledger, FIELD).crop_id
        settle(writing, [Verdict(crop_id=crop_id, source="customer", outcome=WITHDRAWN, text="", by="acme.csv:3")])
    assert waiting(ledger) == [(FIELD, "E757558", "F757558")]  # as the model read it, accepted
    talk.write_records(ledger, facts, [talk.FORM], tmp_path)
    assert waiting(ledger) == [] and record(tmp_path)["policy"]["source"] == f"model:{talk.BUNDLE[:12]}"
    with ledger.truth() as truth:
        assert [item.now.text for item in corrections(truth, "batch")] == ["F757558", "E757558"]


def test_a_doubtful_field_that_is_settled_completes_its_record_and_corrects_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    facts = talk.read_scans(ledger, tmp_path)
    verdict = Verdict(
        crop_id=talk.crop_of("s3", 3).crop_id, source="crowd", outcome="text", text="Weber", by="two", confidence=0.99
    )
    for _ in range(2):
        with ledger.writing() as writing:
            added = settle(writing, [verdict])
    assert added == () and events(ledger, 3) == ["delivered", "completed"] and waiting(ledger) == []
    talk.write_records(ledger, facts, [talk.FORM], tmp_path)
    assert events(ledger, 3) == ["delivered", "completed", "delivered"]
    assert record(tmp_path, 2)["surname"] | {"prediction_id": "", "verdict_id": ""} == {
        "value": "Weber", "outcome": "text", "confidence": 0.99, "decision": "settled", "source": "crowd",
        "prediction_id": "", "verdict_id": "",
    }  # fmt: skip


def test_another_writing_of_the_same_is_no_correction(ledger: Ledger, tmp_path: Path) -> None:
    talk.read_scans(ledger, tmp_path)
    customer(ledger, "f 757558")
    assert waiting(ledger) == [] and "reopened" not in events(ledger)


def test_what_changed_after_the_form_was_read_is_no_misreading(ledger: Ledger, tmp_path: Path) -> None:
    talk.read_scans(ledger, tmp_path)
    done = correct(ledger, [Row(line=2, field=FIELD, value="E757558", valid_at="2099-01-01")], by="acme.csv:1")
    assert (done.filed, done.later, done.otherwise) == (1, 1, 0)
    assert waiting(ledger) == [] and tally(judged(ledger))[()].wrong == 0
    story = story_of(ledger, FIELD)
    assert (known := story.belief(valid_at="2099-06-01")) is not None and known.text == "E757558"
    assert (known := story.belief()) is not None and known.text == "F757558"


def test_a_scan_that_two_batches_share_is_corrected_in_both(ledger: Ledger, tmp_path: Path) -> None:
    for batch_id in ("batch", "again"):
        talk.read_scans(ledger, tmp_path / batch_id, batch_id)
    customer(ledger)
    assert waiting(ledger) == [(FIELD, "F757558", "E757558")] * 2
    assert len(judged(ledger)) == 12 and tally(judged(ledger))[()].wrong == 1


def test_two_who_settle_the_last_two_fields_at_once_complete_the_record_once(ledger: Ledger) -> None:
    """Each must see what the other settled: whoever comes second completes the record."""
    batches = [f"batch {number}" for number in range(4)]
    for number, batch_id in enumerate(batches):
        talk.read_scans(ledger, batch_id=batch_id, doubtful=("ssn", "surname"), salt=number)
        verdicts = [
            Verdict(crop_id=talk.crop_of("s1", field, number).crop_id, source="crowd", outcome="text", text="x", by="y")
            for field in (2, 3)
        ]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda verdict: file_verdict(ledger, verdict), verdicts))
        with ledger.truth() as truth:
            assert [event.event for event in truth.events(records=[(batch_id, 1, 1)])] == ["completed"]


@pytest.mark.parametrize("statement", ["UPDATE verdicts SET text = 'F757558'", "DELETE FROM record_events"])
def test_nobody_changes_what_was_said_or_happened(
    ledger: Ledger, empty_database: str, tmp_path: Path, statement: str
) -> None:
    talk.read_scans(ledger, tmp_path)
    customer(ledger)
    engine = create_engine(empty_database)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_crop_that_nobody_read_has_no_verdict(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="nothing has read"), ledger.writing() as writing:
        settle(writing, [Verdict(crop_id="c" * 32, source="expert", outcome="text", text="x", by="p")])


def file_verdict(ledger: Ledger, verdict: Verdict) -> None:
    with ledger.writing() as writing:
        settle(writing, [verdict])
