"""The one door through which a model is run: what it says is written down before anyone gets to know it.

There is no way around and no off switch: an import contract keeps everyone else away from the engine.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from recognizer.errors import PenfieldError, ScanRejected
from recognizer.form import Form
from recognizer.form.language import language_digest
from recognizer.reader import Reader
from recognizer.reading import Crop
from serving.decision.page import ReadField, decide_page
from serving.environment import environment
from serving.ledger import Answer, FreshReading, Ledger, PageEntry, Prediction, digest, prediction_id
from serving.ledger.values import Purpose
from serving.promise import Policy, Promise
from serving.readers import Lineup, Model, Readers, Same, load_model

if TYPE_CHECKING:
    from serving.watch.guard import Guard

T = TypeVar("T")

AUDITS = "audits"
"""Name of the ledger's secret that foretells which fields are audited."""


@dataclass
class Spent:
    """Where the door's time went, in seconds, and how many crops its models read."""

    reading_s: float = 0.0
    ledger_s: float = 0.0
    readings: int = 0


class Door:
    """Reads the fields of a page and returns their answers only after every row of the page is durable.

    A crop that was read before, by the same bundle under the same language and for the same purpose, is not read
    again: its prediction is taken from the ledger.
    """

    def __init__(
        self,
        reader: Reader | Readers,
        ledger: Ledger,
        *,
        purpose: Purpose = "production",
        promise: Promise | None = None,
    ) -> None:
        """With one `reader` and its `promise`, or with readers that know theirs."""
        self._readers = reader if isinstance(reader, Readers) else Same(
            Model(reader=reader, promise=promise or Promise())
        )  # fmt: skip
        self._ledger = ledger
        self._guard: Guard | None = None
        self._salt: str | None = None
        self.purpose = purpose
        self.spent = Spent()

    @property
    def lineup(self) -> Lineup:
        """The models behind the door at this moment."""
        return self._readers.now()

    @property
    def follows(self) -> bool:
        """Whether the models change with the champions, at the next page."""
        return self._readers.follows

    @property
    def bundle_id(self) -> str:
        """The model behind the door that reads every kind of field that has none of its own."""
        return self.lineup.general.reader.bundle_id

    @property
    def policy_digest(self) -> str:
        """How it is decided what is accepted: rules, policy, and the labels that its thresholds are chosen on."""
        return self.lineup.policy_digest

    @property
    def facts(self) -> dict[str, Any]:
        """The models behind the door, for the log."""
        return self.lineup.facts

    def read(
        self, page: PageEntry, crops: Sequence[Crop], form: Form | None, *, batch_id: str, scan_no: int
    ) -> tuple[Answer, ...]:
        """Read the crops of a page of a batch and file all of it in one transaction, with the decisions.

        Raises ScanRejected (`failed`) where the model fails on a crop; then nothing of the page is filed. Raises
        LedgerError where the ledger cannot be written.
        """
        folder = form.folder if form is not None else Path()
        lineup = self._timed(lambda: self._kept(self._readers.now()))
        named = [self._named(crop, lineup.of(crop.field.kind), folder) for crop in crops]
        known = self._timed(lambda: self._ledger.predictions([item.name for item in named]))
        fresh = [self._read(item, folder) for item in named if item.name not in known]
        if fresh:
            read_ms = sum(item.latency_ms for _, item in fresh)
            page = replace(page, stage_ms={**page.stage_ms, "read": read_ms})
        policy = lineup.general.promise
        answers = self._timed(lambda: self._file(page, named, known, fresh, form, batch_id, scan_no, policy))
        self._timed(lambda: self._watch({item.prediction_id for _, item in fresh}, answers))
        return answers

    def _kept(self, lineup: Lineup) -> Lineup:
        """The models without the parts that alarms name."""
        if self._guard is None and self.purpose == "production":
            from serving.watch.guard import Guard  # it brings what reads, which only readers wait for

            self._guard = Guard(self._ledger)
        return lineup if self._guard is None else lineup.each(self._guard.kept)

    def _watch(self, fresh: set[str], answers: Sequence[Answer]) -> None:
        """Have the parts of stacks watched, by what is new on record."""
        if self._guard is not None:
            self._guard.saw(each.prediction for each in answers if each.prediction.prediction_id in fresh)

    def read_again(self, crop: Crop, folder: Path, recorded: Prediction | None = None) -> Prediction:
        """Read a crop that the ledger has, however often it was read; what is said has the purpose of this door.

        Where that is what `recorded` says already, nothing is filed. Raises ScanRejected where the model fails on the
        crop, LedgerError where the crop was erased or the ledger cannot be written.
        """
        item = self._named(crop, self._readers.now().of(crop.field.kind), folder)
        model, fresh = self._read(item, folder)
        said = digest(fresh.reading)
        if recorded is not None and said == digest(recorded.reading):
            return recorded
        fresh = replace(fresh, prediction_id=digest(item.name, said))  # each different answer is a row, once
        return self._file_alone(model, fresh)

    def read_beside(self, crop: Crop, folder: Path) -> Prediction:
        """Read a crop that the ledger has, of which nothing is decided; what was read before is taken from there.

        Raises ScanRejected where the model fails on the crop, LedgerError where the crop was erased or the ledger
        cannot be written.
        """
        item = self._named(crop, self._readers.now().of(crop.field.kind), folder)
        known = self._ledger.predictions([item.name])
        if item.name in known:
            return known[item.name]
        return self._file_alone(*self._read(item, folder))

    def _file_alone(self, model: Model, fresh: FreshReading) -> Prediction:
        """File a reading that belongs to no page of a batch."""
        with self._ledger.writing() as writing:
            writing.refuse_erased([fresh.crop.crop_id])
            writing.bundle(model.reader.bundle_id, model.facts)
            under = writing.environment(environment(model.facts))
            writing.predictions(model.reader.bundle_id, [fresh], under)
            return writing.read_back([fresh.prediction_id])[fresh.prediction_id]

    def _named(self, crop: Crop, model: Model, folder: Path) -> "_Named":
        language = language_digest(crop.field, folder)
        name = prediction_id(crop.crop_id, model.reader.bundle_id, language, self.purpose)
        return _Named(name=name, crop=crop, language=language, model=model)

    def _read(self, item: "_Named", folder: Path) -> tuple[Model, FreshReading]:
        started = time.perf_counter()
        try:
            reading = item.model.reader.read(item.crop, folder)
        except PenfieldError:
            raise
        except Exception as error:  # a model that stumbles over one field must not end the batch
            reason = f"The model failed on the field {item.crop.field.name}: {type(error).__name__}."
            raise ScanRejected("failed", reason) from error
        seconds = time.perf_counter() - started
        self.spent.reading_s += seconds
        self.spent.readings += 1
        return item.model, FreshReading(
            prediction_id=item.name,
            crop=item.crop,
            language_digest=item.language,
            purpose=self.purpose,
            reading=reading,
            latency_ms=seconds * 1000,
        )

    def _file(
        self,
        page: PageEntry,
        named: Sequence["_Named"],
        known: Mapping[str, Prediction],
        fresh: Sequence[tuple[Model, FreshReading]],
        form: Form | None,
        batch_id: str,
        scan_no: int,
        policy: Promise,
    ) -> tuple[Answer, ...]:
        with self._ledger.writing() as writing:
            writing.page(page, [item.crop for item in named], writing.environment(environment()))
            for model in {id(model): model for model, _ in fresh}.values():
                under = writing.environment(environment(model.facts))
                writing.bundle(model.reader.bundle_id, model.facts)
                writing.predictions(model.reader.bundle_id, [item for by, item in fresh if by is model], under)
            predictions = {**known, **writing.read_back([item.prediction_id for _, item in fresh])}
            read = [
                ReadField(
                    prediction=predictions[item.name], field=item.crop.field, quality=item.crop.quality,
                    promise=item.model.promise,
                )
                for item in named
            ]  # fmt: skip
            if self._salt is None and self.purpose == "production":
                self._salt = writing.secret(AUDITS)
            decisions = decide_page(read, form, policy, self._salt)
            answers = tuple(
                Answer(field=each.field.name, prediction=each.prediction, decision=decision)
                for each, decision in zip(read, decisions, strict=True)
            )
            writing.decisions([answer.decision for answer in answers])
            asked = [item.crop for item, decision in zip(named, decisions, strict=True)
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Named:
    """A crop, who reads it in which language, and the id of the prediction that comes of it."""

    name: str
    crop: Crop
    language: str
    model: Model


def open_door(bundle: Path, ledger: Ledger, *, purpose: Purpose = "production", policy: Policy | None = None) -> Door:
    """A door with the model of a bundle folder behind it, deciding by a policy. Raises BundleError."""
    return Door(Same(load_model(bundle, policy)), ledger, purpose=purpose)
