"""A page prepared again, in a child process as then, and held against the record: the page itself, and one crop."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.cut import cut_image
from recognizer.form import Field, Form
from recognizer.page import Page
from recognizer.prepare import PREPARATION_VERSION, PreparedPage, Preparer
from recognizer.reading import Crop
from recognizer.scan import Limits, PageRejected
from serving.batch.readings import whole_pages
from serving.environment import environment
from serving.intake.again import ERASED_TIMES, Again
from serving.intake.workshop import Workshop
from serving.ledger.origin import Origin
from serving.ledger.plain import canonical
from serving.replay.cause import cause, made_otherwise
from serving.replay.stage import Otherwise


@dataclass(frozen=True, kw_only=True)
class Made:
    """A page that was prepared again: what was found of it, as plain data, and its crops by field."""

    facts: Mapping[str, Any]
    crops: Mapping[str, Crop]


class Pages:
    """Prepares pages again. Keeps the last page, and the child process while setup and limits stay the same: replays
    in the order of setups and pages prepare each page once."""

    def __init__(self) -> None:
        self._workshop: Workshop[Any] | None = None
        self._key: tuple[Any, ...] = ()
        self._last: tuple[Any, Made | Otherwise] | None = None

    def close(self) -> None:
        """End the child process."""
        if self._workshop is not None:
            self._workshop.close()
        self._workshop = None

    def of_form(self, origin: Origin, path: Path, forms: tuple[Form, ...], limits: Limits) -> Made:
        """The page of a file, as one of these forms. Raises Otherwise where the file is not taken in."""
        key = ("forms", origin.page.setup_digest, limits)
        return self._made(origin, path, limits, key, partial(Preparer, forms), _prepared)

    def of_field(self, origin: Origin, path: Path, field: Field, limits: Limits) -> Made:
        """The page of a file that is an image of one field."""
        key = ("field", origin.page.setup_digest, limits)
        return self._made(origin, path, limits, key, whole_pages, partial(_cut, field=field, recorded=origin))

    def _made(self, origin: Origin, path: Path, limits: Limits, key: tuple[Any, ...], worker: Any, take: Any) -> Made:
        place = (*key, path, origin.page.scan_digest, origin.page.page_no)
        if self._last is None or self._last[0] != place:
            if self._key != key:
                self.close()
                self._workshop, self._key = Workshop(worker, limits), key
            assert self._workshop is not None
            try:
                self._last = place, take(_one_page(self._workshop, origin, path, limits))
            except Otherwise as other:
                self._last = place, other
        made = self._last[1]
        if isinstance(made, Otherwise):
            raise Otherwise(made.state, made.code, made.why)
        return made


def _one_page(workshop: Workshop[Any], origin: Origin, path: Path, limits: Limits) -> Any:
    wanted = origin.page.page_no
    others = frozenset(range(1, limits.max_pages + 1)) - {wanted}
    items = list(workshop.pages(path, skip=others))  # to the end: who stops listening costs the child its life
    if not items:
        raise Otherwise("differs", "rejected", f"{path} has no page {wanted}")
    if isinstance(items[0], PageRejected):
        why = f"the page is not taken in: rejected: {items[0].code}: {items[0].reason}"
        raise Otherwise("differs", "rejected", why)
    if items[0].result.scan_digest != origin.page.scan_digest:
        raise Otherwise("differs", "scan_changed", f"{path} was changed meanwhile")
    return items[0].result


def _prepared(page: PreparedPage) -> Made:
    facts = {
        **_flat(page.status, page.reason, page.width_px, page.height_px, page.quality, page.steps),
        "form": page.form_digest or None,
        **_named("alignment", asdict(page.fit) if page.fit is not None else {}),
    }
    return Made(facts=facts, crops={crop.field.name: crop for crop in page.crops})


def _cut(page: Page, field: Field, recorded: Origin) -> Made:
    crop = cut_image(page.image, field, page.dpi)
    height, width = page.image.shape
    facts = {**_flat("read", "", width, height, crop.quality, ()), "form": None}
    return Made(facts=facts, crops={recorded.field: crop})


def _flat(status: str, reason: str, width: int | None, height: int | None, quality: Any, steps: Any) -> dict[str, Any]:
    measures = {} if quality is None else quality.as_dict()
    return {
        "status": status, "reason": reason, "width": width, "height": height, **_named("quality", measures),
        "steps": [step.name for step in steps], **{f"step {step.name}": step for step in steps},
    }  # fmt: skip


def _named(group: str, items: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group} {name}": value for name, value in items.items()}


def compare_page(origin: Origin, made: Made, setup: Mapping[str, Any]) -> str:
    """A word on a page that came out as recorded. Raises Otherwise where it did not, which names what and why."""
    page = origin.page
    then = {
        **_flat(page.status, page.reason, page.width_px, page.height_px, page.quality, page.steps),
        "form": page.form_digest,
        **_named("alignment", page.alignment),
    }
    names = [*then, *(name for name in made.facts if name not in then)]
    other = [name for name in names if not _same(then.get(name), made.facts.get(name))]
    if other:
        raise _other(origin, setup, f"other than recorded: {_few(other)}")
    return _noted(origin, setup)


def compare_crop(origin: Origin, made: Made, recorded: Crop, setup: Mapping[str, Any]) -> tuple[Crop, str]:
    """The crop, which came out as recorded, with a word on it. Raises Otherwise where it did not."""
    found = made.crops.get(origin.field)
    if found is None:
        raise _other(origin, setup, f"the page has no field {origin.field} now")
    crop = Again(times=setup.get(ERASED_TIMES, 0)).crops([found])[0]
    pixels = _pixels(recorded.image, crop.image)
    if crop.crop_id == recorded.crop_id and pixels:
        why = f"the picture in the ledger is not the one that its digest names: {pixels}"
        raise Otherwise("differs", "damaged", why)
    beside = {"dpi": (recorded.dpi, crop.dpi), "quality": (recorded.quality, crop.quality),
              "steps": (recorded.steps, crop.steps), "marks": (recorded.marks, crop.marks)}  # fmt: skip
    other = [name for name, (then, now) in beside.items() if not _same(then, now)]
    if crop.crop_id != recorded.crop_id or other:
        raise _other(origin, setup, "; ".join([part for part in (pixels, _few(other)) if part]) or "another digest")
    return crop, _noted(origin, setup)


def _other(origin: Origin, setup: Mapping[str, Any], what: str) -> Otherwise:
    code, why = cause(origin.page_environment, environment(), _versions(setup))
    return Otherwise("differs", code, f"{what}; {why}")


def _noted(origin: Origin, setup: Mapping[str, Any]) -> str:
    then, now = _versions(setup)
    older = f"prepared by preprocessing version {then}, the same by {now}" if then != now else ""
    return "; ".join(part for part in (older, made_otherwise(origin.page_environment, environment())) if part)


def _versions(setup: Mapping[str, Any]) -> tuple[Any, Any]:
    return setup["preparation"], PREPARATION_VERSION


def _pixels(then: np.ndarray, now: np.ndarray) -> str:
    if then.shape != now.shape:
        return f"{then.shape[1]} x {then.shape[0]} pixels then, {now.shape[1]} x {now.shape[0]} now"
    count = int(np.count_nonzero(then != now))
    most = int(np.abs(then.astype(int) - now.astype(int)).max(initial=0))
    return f"{count:,} of {then.size:,} pixels differ, by {most} grey levels at most" if count else ""


def _same(then: Any, now: Any) -> bool:
    """Whether two values are the same as they lie in the ledger."""
    return json.loads(canonical(then)) == json.loads(canonical(now))


def _few(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
