"""Models and people at fault: what reads, and what people say of it, on pages that were really read."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, create_engine, select

from benchmarks.drawn_ledger import Rows
from benchmarks.fault_runs import url_of
from recognizer.reader import Reader
from recognizer.reading import Crop, Reading
from serving.ledger import schema
from serving.ledger.schema.truth import verdicts

STAFF = ("ann", "ben", "cyd")
LAZY = "ben"
NAMES = ("last_name", "first_name", "city")
"""Fields of one kind, of which two people each key the value."""
WRITTEN = ("code", "name", "date", "ssn", "phone", "text", "digits", "amount")
WRONG = 0.5
"""Share of the readings that a stale calibration does not know to be wrong."""


class Failing:
    """A reader whose readings come out otherwise than it meant; who asks for its name gets that of the sound one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.bundle_id, self.version = reader.bundle_id, reader.version
        self.settings: Mapping[str, Any] = reader.settings

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        return self.spoilt(self._reader.read(crop, folder), crop)

    def spoilt(self, reading: Reading, crop: Crop) -> Reading:
        raise NotImplementedError


class Stuck(Failing):
    """Says of a field for ever what it said first."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._first: dict[str, Reading] = {}

    def spoilt(self, reading: Reading, crop: Crop) -> Reading:
        return self._first.setdefault(crop.field.name, reading)


class Stale(Failing):
    """As sure as before, and half of what is written is read with one wrong character."""

    def spoilt(self, reading: Reading, crop: Crop) -> Reading:
        if crop.field.kind not in WRITTEN or reading.outcome != "text" or _chance(crop.crop_id) >= WRONG:
            return reading
        at = max(place for place, letter in enumerate(reading.text) if letter.isalnum())
        return replace(reading, text=reading.text[:at] + _next(reading.text[at]) + reading.text[at + 1 :])


def _chance(name: str) -> float:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32


def _next(letter: str) -> str:
    return str((int(letter) + 1) % 10) if letter.isdecimal() else "n" if letter != "n" else "u"


Answers = Callable[[str, str, str, np.random.Generator], tuple[str, str, float]]
"""Of a person, the truth, the reading and chance: outcome and text that are keyed, and the seconds that it took."""


def diligent(person: str, truth: str, read: str, rng: np.random.Generator) -> tuple[str, str, float]:
    """Wrong in three of a hundred, each at a pace of his or her own."""
    text = truth if rng.random() < 0.97 else f"{truth[:-1]}{chr(97 + int(rng.integers(26)))}"
    return "text", text, float(rng.gamma(4, 1.0 + STAFF.index(person) / 5))


def says_blank(person: str, truth: str, read: str, rng: np.random.Generator) -> tuple[str, str, float]:
    """One of them says that nothing is written, as fast as the others."""
    _, text, seconds = diligent(person, truth, read, rng)
    return ("blank", "", seconds) if person == LAZY else ("text", text, seconds)


def agrees_at_once(person: str, truth: str, read: str, rng: np.random.Generator) -> tuple[str, str, float]:
    """One of them confirms what the machine read, within a second."""
    said = diligent(person, truth, read, rng)
    return ("text", read, float(rng.uniform(0.4, 0.9))) if person == LAZY else said


def keyed(store: Path, numbers: range, seed: int, answers: Answers = diligent) -> None:
    """Two of three people key each name of these pages, in turn, without seeing what the other says."""
    for rows, asked, rng in _asked(store, numbers, seed, lambda field, number: field["field"] in NAMES):
        _file_question(rows, asked)
        for place in range(2):
            person = STAFF[(asked["turn"] + place) % len(STAFF)]
            outcome, text, seconds = answers(person, asked["truth"], asked["text"], rng)
            _file_vote(rows, asked, 2 * asked["turn"] + place + 1, person, outcome, text, seconds)


def judged(store: Path, numbers: range, seed: int) -> None:
    """People settle one written field of each page, in turn; what they say is true."""
    for rows, asked, _ in _asked(store, numbers, seed, lambda field, number: field["turn_of"] == number):
        rows.add(
            verdicts, verdict_id=f"v-{asked['crop_id']}", crop_id=asked["crop_id"], source="crowd", outcome="text",
            text=asked["truth"], confidence=None, valid_at=asked["created_at"], known_at=asked["at"], by="crowd",
            evidence="{}",
        )  # fmt: skip


def _asked(
    store: Path, numbers: range, seed: int, wanted: Callable[[Mapping[str, Any], int], bool]
) -> Iterator[tuple[Rows, dict[str, Any], np.random.Generator]]:
    """The fields of these pages about which people are asked, a millisecond after each other from now on."""
    truths = json.loads((store / "truths.json").read_text())
    engine, now = create_engine(url_of(store)), datetime.now(UTC)
    with engine.begin() as connection:
        rows, turn = Rows(connection), int(connection.exec_driver_sql("SELECT count(*) FROM tasks").scalar_one())
        if not connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one():
            for person in STAFF:
                rows.add(schema.people, person_id=person, name=person, created_at=now.isoformat())
        for field in _fields(connection):
            number = int(Path(field["path"]).stem)
            if number not in numbers or not wanted(field, number):
                continue
            at = (now + timedelta(milliseconds=turn)).isoformat(timespec="microseconds")
            asked = {**field, "truth": truths[field["path"]][field["field"]], "turn": turn, "at": at}
            yield rows, asked, np.random.default_rng([seed, turn])
            turn += 1
        rows.flush()
    engine.dispose()


def _fields(connection: Connection) -> list[dict[str, Any]]:
    """Every written field that was read, in the order in which the pages came in, but those that are audited.

    `turn_of` is the number of its page where it is that field's turn.
    """
    used, said, decided, scans = schema.batch_fields.c, schema.predictions.c, schema.decisions.c, schema.scans.c
    found = select(
        scans.path, used.field, schema.page_fields.c.kind, said.crop_id, said.prediction_id, said.text, said.created_at
    ).distinct().where(
        used.batch_id == scans.batch_id, used.scan_no == scans.scan_no, used.prediction_id == said.prediction_id,
        schema.page_fields.c.crop_id == said.crop_id, decided.prediction_id == said.prediction_id,
        decided.decision != "audit", schema.page_fields.c.kind.in_(WRITTEN),
    ).order_by(said.created_at, used.field)  # fmt: skip
    fields = [dict(row._mapping) for row in connection.execute(found)]
    by_page: dict[str, list[dict[str, Any]]] = {}
    for field in fields:
        by_page.setdefault(field["path"], []).append(field)
    for path, own in by_page.items():
        number = int(Path(path).stem)
        for place, field in enumerate(own):
            field["turn_of"] = number if place == number % len(own) else None
    return fields


def _file_question(rows: Rows, asked: Mapping[str, Any]) -> None:
    rows.add(
        schema.tasks, task_id=f"t-{asked['turn']}", crop_id=asked["crop_id"], prediction_id=asked["prediction_id"],
        purpose="production", batch_id=None, record_id=None, form="insurance_application", field=asked["field"],
        kind=asked["kind"], value=1.0, due_at=None, consensus="two", created_at=asked["at"],
    )  # fmt: skip


def _file_vote(
    rows: Rows, asked: Mapping[str, Any], token: int, person: str, outcome: str, text: str, seconds: float
) -> None:
    rows.add(
        schema.leases, token=token, task_id=f"t-{asked['turn']}", person_id=person, role="reviewer", sitting="s",
        crop_id=asked["crop_id"], record_id=None, relaxed=0, granted_at=asked["at"], expires_at=asked["at"],
    )  # fmt: skip
    rows.add(
        schema.votes, token=token, task_id=f"t-{asked['turn']}", person_id=person, outcome=outcome, text=text,
        seconds=seconds, keystrokes=5, at=asked["at"],
    )  # fmt: skip
