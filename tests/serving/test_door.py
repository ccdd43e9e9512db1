import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from recognizer.errors import LedgerError, ScanRejected
from recognizer.form import ReviewPolicy
from recognizer.reading import Crop, Reading
from serving.door import Door
from serving.ledger import Answer, Ledger, open_ledger
from serving.promise import Promise
from serving.promise.labels import labelled
from serving.promise.policy import KINDS
from tests.serving import specimens as sample

CROPS = tuple(sample.crop(field, seed) for seed, field in enumerate(sample.FORM.fields))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        with opened.writing() as writing:
            writing.start_batch(sample.start("batch", ("s1", "s2")))
        yield opened


def read(door: Door, crops: tuple[Crop, ...] = CROPS, digest: str = "s1", scan_no: int = 1) -> tuple[Answer, ...]:
    return door.read(sample.entry(digest), crops, sample.FORM, batch_id="batch", scan_no=scan_no)


def rows(tmp_path: Path, table: str) -> int:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    number: int = connection.execute(f"select count(*) from {table}").fetchone()[0]
    connection.close()
    return number


def test_when_the_door_returns_everything_is_written(ledger: Ledger, tmp_path: Path) -> None:
    answers = read(Door(sample.InkReader(), ledger))
    assert [answer.field for answer in answers] == ["policy", "ssn", "born"]
    for table in ("predictions", "decisions", "crops", "batch_fields"):
        assert rows(tmp_path, table) == 3
    assert ledger.predictions([a.prediction.prediction_id for a in answers]) == {
        a.prediction.prediction_id: a.prediction for a in answers
    }


def test_nothing_is_read_twice(ledger: Ledger) -> None:
    reader = sample.InkReader()
    once = read(Door(reader, ledger))
    again = read(Door(reader, ledger), digest="s2", scan_no=2)
    assert reader.read_crops == 3
    assert [a.prediction for a in again] == [a.prediction for a in once]


def test_another_purpose_model_or_language_is_read_anew(ledger: Ledger) -> None:
    reader = sample.InkReader()
    ids = {read(Door(reader, ledger))[0].prediction.prediction_id}
    ids |= {read(Door(reader, ledger, purpose="replay"), scan_no=2)[0].prediction.prediction_id}
    other = dataclasses.replace(CROPS[0], field=CROPS[0].field.model_copy(update={"pattern": "[A-Z][0-9]{6}"}))
    ids |= {read(Door(reader, ledger), crops=(other,), digest="s2", scan_no=2)[0].prediction.prediction_id}
    assert len(ids) == 3 and reader.read_crops == 3 + 3 + 1


def test_another_policy_decides_anew_without_reading(ledger: Ledger, tmp_path: Path) -> None:
    reader = sample.InkReader()
    door = Door(reader, ledger)
    read(door)
    strict = [c.field.model_copy(update={"review": ReviewPolicy(always=True)}) for c in CROPS]
    crops = tuple(dataclasses.replace(crop, field=field) for crop, field in zip(CROPS, strict, strict=True))
    answers = read(door, crops, scan_no=2)
    assert answers[0].decision.code == "always"
    assert reader.read_crops == 3 and rows(tmp_path, "decisions") == 6 and rows(tmp_path, "predictions") == 3


def test_what_nothing_is_promised_of_goes_to_review_and_is_counted(ledger: Ledger) -> None:
    plain = sample.FORM.model_copy(update={"thresholds": {}})
    door = Door(sample.InkReader(), ledger)
    answers = door.read(sample.entry("s1"), CROPS, plain, batch_id="batch", scan_no=1)
    counted = sum(answer.decision.code == "no_promise" for answer in answers)
    facts = ledger.batch("batch")
    assert counted > 0 and facts.unpromised == counted
    assert (facts.accepted, facts.review) == (0, len(CROPS))
    kept = Promise(labels=dict.fromkeys(KINDS, labelled((0.01, True, f"w{i}") for i in range(700))))
    assert Door(sample.InkReader(), ledger, promise=kept).policy_digest != door.policy_digest
    again = Door(sample.InkReader(), ledger, promise=kept).read(
        sample.entry("s2"), CROPS, plain, batch_id="batch", scan_no=2
    )
    assert ledger.batch("batch").unpromised == counted and any(a.decision.decision != "review" for a in again)


def test_a_model_that_fails_leaves_nothing_of_the_page(ledger: Ledger, tmp_path: Path) -> None:
    class Fails(sample.InkReader):
        def read(self, crop: Crop, folder: Path = Path()) -> Reading:
            if crop.field.kind == "date":
                raise ValueError("123-45-6789")
            return super().read(crop, folder)

    with pytest.raises(ScanRejected, match="failed on the field born: ValueError") as caught:
        read(Door(Fails(), ledger))
    assert caught.value.code == "failed" and "6789" not in caught.value.reason
    assert rows(tmp_path, "pages") == rows(tmp_path, "predictions") == 0


def test_what_cannot_be_written_is_not_told(ledger: Ledger, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("create trigger full_disk before insert on outbox begin select raise(abort, 'disk full'); end")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="disk full"):
        read(Door(sample.InkReader(), ledger))
    assert rows(tmp_path, "pages") == rows(tmp_path, "predictions") == 0
