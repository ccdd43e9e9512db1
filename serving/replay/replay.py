"""Replayer: from a prediction's id to what came of making it again, stage by stage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, Self

from recognizer.errors import LedgerError, ScanRejected
from recognizer.form import Form
from recognizer.reading import Crop, Reading
from serving.environment import environment
from serving.intake.forms import restored
from serving.ledger import Ledger
from serving.ledger.erased import erased_words
from serving.ledger.origin import Origin
from serving.ledger.plain import canonical
from serving.ledger.values import Prediction
from serving.models import Shelf
from serving.promise import Policy
from serving.replay.cause import cause, made_otherwise
from serving.replay.decision import Decisions
from serving.replay.files import Files
from serving.replay.forms import FIELD, Forms
from serving.replay.models import Bundles
from serving.replay.page import Made, Pages, compare_crop, compare_page
from serving.replay.setup import limits_of, setup_of
from serving.replay.stage import STAGES, Course, Otherwise, Replay


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """The setup of then, and its forms; none where the page is an image of one field."""

    setup: Mapping[str, Any]
    forms: tuple[Form, ...] = ()


class Replayer:
    """Makes predictions again. Keeps models, forms and the last page, so many replays go best through `all`."""

    def __init__(
        self,
        ledger: Ledger,
        shelf: Shelf,
        *,
        scans: Sequence[Path] = (),
        forms: Iterable[Form] = (),
        policy: Policy | None = None,
    ) -> None:
        """`scans` are folders to look for files in, `forms` such whose files lie elsewhere now, `policy` that under
        which decisions are made again."""
        self._ledger = ledger
        self._files = Files(scans)
        self._forms = Forms(ledger, forms)
        self._bundles = Bundles(ledger, shelf, policy)
        self._decisions = Decisions(ledger, self._forms, self._bundles)
        self._pages = Pages()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pages.close()

    def all(self, prediction_ids: Iterable[str]) -> Iterator[Replay]:
        """Make many again, page by page, and note in the ledger what came of each."""
        with self._ledger.replaying_to_read() as rows:
            ordered = rows.by_page(prediction_ids)
        yield from map(self.one, ordered)

    def one(self, prediction_id: str) -> Replay:
        """Make one again, and note in the ledger what came of it."""
        return self._noted(self._replay(self.origin(prediction_id), prediction_id))

    def origin(self, prediction_id: str) -> Origin | None:
        """How a prediction came to be; None where the ledger has no page for it."""
        with self._ledger.replaying_to_read() as rows:
            return rows.origin(prediction_id)

    def _noted(self, replay: Replay) -> Replay:
        with self._ledger.replaying() as rows:
            rows.file([replay.replayed], environment())
        return replay

    def _replay(self, origin: Origin | None, name: str) -> Replay:
        course = Course()
        recorded = course.go("record", lambda: (self._recorded(origin), ""))
        if recorded is None or origin is None:
            for stage in STAGES[1:]:
                course.leave(stage, "there is nothing to hold it against")
            return Replay(prediction_id=name, origin=origin, stages=tuple(course.stages))
        crop = self._crop(course, origin, recorded)
        now = self._reading(course, origin, crop or recorded)
        self._decision(course, origin)
        return Replay(prediction_id=name, origin=origin, stages=tuple(course.stages), now=now)

    def _recorded(self, origin: Origin | None) -> Crop:
        """The crop as it was filed."""
        if origin is None:
            raise Otherwise("missing", "not_recorded", "the ledger has no page to which this prediction belongs")
        if origin.erased_at is not None:
            raise Otherwise("missing", "erased", erased_words(origin.erased_at))
        try:
            return restored(origin.crop, self._forms.field(origin)[0])
        except LedgerError as error:
            raise Otherwise("differs", "damaged", str(error)) from error

    def _crop(self, course: Course, origin: Origin, recorded: Crop) -> Crop | None:
        """The crop from the file's bytes, None where it does not come out as recorded."""
        try:
            setup = setup_of(origin)
        except Otherwise as other:
            setup, unknown = {}, other
        limits = limits_of(origin, setup) if setup else None
        path = course.go("scan", lambda: self._files.find(origin, limits.max_bytes if limits else 2**40))
        sheet = course.go("form", lambda: (self._sheet(setup) if setup else _raise(unknown), ""))
        if path is None or sheet is None or limits is None:
            missing = "without the file" if path is None else "without the setup of then"
            for stage in ("page", "crop"):
                course.leave(stage, f"{missing}: what follows is made from the crop in the ledger")
            return None
        made: list[Made] = []

        def page() -> tuple[bool, str]:
            made.append(self._prepare(origin, path, sheet, limits))
            return True, compare_page(origin, made[0], setup)

        course.go("page", page)
        if not made:
            course.leave("crop", "without the page: what follows is made from the crop in the ledger")
            return None
        return course.go("crop", lambda: compare_crop(origin, made[0], recorded, setup))

    def _sheet(self, setup: Mapping[str, Any]) -> _Sheet:
        return _Sheet(setup=setup, forms=tuple(self._forms.form(each) for each in setup.get("forms", ())))

    def _prepare(self, origin: Origin, path: Path, sheet: _Sheet, limits: Any) -> Made:
        if FIELD in sheet.setup:
            return self._pages.of_field(origin, path, self._forms.field(origin)[0], limits)
        return self._pages.of_form(origin, path, sheet.forms, limits)

    def _reading(self, course: Course, origin: Origin, crop: Crop) -> Prediction | None:
        spoken = course.go("language", lambda: (self._forms.language(origin), ""))
        if spoken is None:
            course.leave("reading", "without the language of then")
            return None
        now: list[Prediction] = []

        def read() -> tuple[bool, str]:
            door = self._bundles.door(origin.prediction.bundle_id)
            try:
                now.append(door.read_again(crop, spoken[1], origin.prediction))
            except ScanRejected as error:
                raise Otherwise("differs", error.code, error.reason) from error
            under = environment(self._bundles.model(origin.prediction.bundle_id).facts)
            other = _other(origin.prediction.reading, now[0].reading)
            if other:
                code, why = cause(origin.environment, under)
                raise Otherwise("differs", code, f"other than recorded: {', '.join(other)}; {why}")
            return True, made_otherwise(origin.environment, under)

        course.go("reading", read)
        return now[0] if now else None

    def _decision(self, course: Course, origin: Origin) -> None:
        use = origin.use
        if use is None:
            course.leave("decision", f"nothing was decided: made for purpose {origin.prediction.purpose}")
            return

        course.go("decision", lambda: (self._decisions.again(origin, use), ""))


def _other(then: Reading, now: Reading) -> list[str]:
    """What of a reading is other than it was, as they lie in the ledger."""
    names = [each.name for each in fields(Reading)]
    return [name for name in names if canonical(getattr(then, name)) != canonical(getattr(now, name))]


def _raise(other: Otherwise) -> NoReturn:
    raise other
