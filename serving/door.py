"""The one door through which a model is run: what it says is written down before anyone gets to know it.

There is no way around and no off switch: an import contract keeps everyone else away from the engine.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from recognizer.errors import PenfieldError, ScanRejected
from recognizer.form import Form
from recognizer.form.language import language_digest
from recognizer.reader import Reader, load_reader
from recognizer.reading import Crop
from serving.decision.decide import POLICY_VERSION
from serving.decision.page import ReadField, decide_page
from serving.ledger import Answer, FreshReading, Ledger, PageEntry, Prediction, digest, prediction_id
from serving.ledger.values import Purpose
from serving.promise import Policy, Promise, promise_of

T = TypeVar("T")

AUDITS = "audits"
"""Name of the ledger's secret that foretells which fields are audited."""


@dataclass
class Spent:
    """Where the door's time went, in seconds."""

    reading_s: float = 0.0
    ledger_s: float = 0.0


class Door:
    """Reads the fields of a page and returns their answers only after every row of the page is durable.

    A crop that was read before, by the same bundle under the same language and for the same purpose, is not read
    again: its prediction is taken from the ledger.
    """

    def __init__(
        self, reader: Reader, ledger: Ledger, *, purpose: Purpose = "production", promise: Promise | None = None
    ) -> None:
        self._reader = reader
        self._ledger = ledger
        self._promise = promise or Promise()
        self._salt: str | None = None
        self.purpose = purpose
        self.spent = Spent()

    @property
    def bundle_id(self) -> str:
        """The model behind the door."""
        return self._reader.bundle_id

    @property
    def policy_digest(self) -> str:
        """How it is decided what is accepted: rules, policy, and the labels that its thresholds are chosen on."""
        return digest("decisions", POLICY_VERSION, self._promise.digest)

    @property
    def facts(self) -> dict[str, Any]:
        """The model behind the door, for the log."""
        return {"version": self._reader.version, "settings": dict(self._reader.settings)}

    def read(
        self, page: PageEntry, crops: Sequence[Crop], form: Form | None, *, batch_id: str, scan_no: int
    ) -> tuple[Answer, ...]:
        """Read the crops of a page of a batch and file all of it in one transaction, with the decisions.

        Raises ScanRejected (`failed`) where the model fails on a crop; then nothing of the page is filed. Raises
        LedgerError where the ledger cannot be written.
        """
        folder = form.folder if form is not None else Path()
        named = [self._named(crop, folder) for crop in crops]
        known = self._timed(lambda: self._ledger.predictions([name for name, _, _ in named]))
        fresh = [self._read(*item, folder) for item in named if item[0] not in known]
        if fresh:
            read_ms = sum(item.latency_ms for item in fresh)
            page = replace(page, stage_ms={**page.stage_ms, "read": read_ms})
        return self._timed(lambda: self._file(page, named, known, fresh, form, batch_id, scan_no))

    def _named(self, crop: Crop, folder: Path) -> tuple[str, Crop, str]:
        language = language_digest(crop.field, folder)
        return prediction_id(crop.crop_id, self.bundle_id, language, self.purpose), crop, language

    def _read(self, name: str, crop: Crop, language: str, folder: Path) -> FreshReading:
        started = time.perf_counter()
        try:
            reading = self._reader.read(crop, folder)
        except PenfieldError:
            raise
        except Exception as error:  # a model that stumbles over one field must not end the batch
            reason = f"The model failed on the field {crop.field.name}: {type(error).__name__}."
            raise ScanRejected("failed", reason) from error
        seconds = time.perf_counter() - started
        self.spent.reading_s += seconds
        return FreshReading(
            prediction_id=name,
            crop=crop,
            language_digest=language,
            purpose=self.purpose,
            reading=reading,
            latency_ms=seconds * 1000,
        )

    def _file(
        self,
        page: PageEntry,
        named: Sequence[tuple[str, Crop, str]],
        known: Mapping[str, Prediction],
        fresh: Sequence[FreshReading],
        form: Form | None,
        batch_id: str,
        scan_no: int,
    ) -> tuple[Answer, ...]:
        with self._ledger.writing() as writing:
            writing.page(page, [crop for _, crop, _ in named])
            writing.predictions(self.bundle_id, fresh)
            predictions = {**known, **writing.read_back([item.prediction_id for item in fresh])}
            read = [
                ReadField(prediction=predictions[name], field=crop.field, quality=crop.quality)
                for name, crop, _ in named
            ]
            if self._salt is None and self.purpose == "production":
                self._salt = writing.secret(AUDITS)
            decisions = decide_page(read, form, self._promise, self._salt)
            answers = tuple(
                Answer(field=each.field.name, prediction=each.prediction, decision=decision)
                for each, decision in zip(read, decisions, strict=True)
            )
            writing.decisions([answer.decision for answer in answers])
            asked = [crop for (_, crop, _), decision in zip(named, decisions, strict=True)
                     if decision.decision != "accept"]  # fmt: skip
            writing.views(asked)
            writing.batch_page(batch_id, scan_no, page, answers)
        return answers

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.spent.ledger_s += time.perf_counter() - started


def open_door(bundle: Path, ledger: Ledger, *, purpose: Purpose = "production", policy: Policy | None = None) -> Door:
    """A door with the model of a bundle folder behind it, deciding by a policy. Raises BundleError."""
    return Door(load_reader(bundle), ledger, purpose=purpose, promise=promise_of(bundle, policy))
