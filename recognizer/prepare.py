"""One Page becomes a PreparedPage: measured, repaired, recognized as a form, aligned and cut into crops."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from recognizer.align import Alignment, FormIndex
from recognizer.clean import is_blank_survey, quality_of, repair, survey, unreadable
from recognizer.cut import CROP_DPI, cut
from recognizer.form import Form
from recognizer.page import Page, Quality, Step
from recognizer.reading import Crop

Status = Literal["read", "blank", "rescan", "unmatched"]
Clock = Callable[[], float]


PREPARATION_VERSION = 3
"""To be raised with every change that may give other crops of the same scan: nothing stored is taken for it then."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a page was aligned: an Alignment without the form, as plain data. See Alignment for the meaning."""

    method: str
    quarter_turns: int
    residual_px: float
    score: float
    matrix: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class PreparedPage:
    """All that is known of a page before a model reads it.

    Only a page with status `read` has a form, a `fit` and crops; `reason` says in a sentence why another has none.
    `width_px` and `height_px` are the page's as it came, `scanner` is what its file says of the device; `fit.matrix`
    starts from the page after `steps`, which may have turned it. `timings` are (stage, milliseconds) where the caller
    gave a clock.
    """

    page_id: str
    scan_digest: str
    page_no: int
    status: Status
    reason: str
    width_px: int
    height_px: int
    quality: Quality
    scanner: str = ""
    steps: tuple[Step, ...] = ()
    form: str = ""
    form_digest: str = ""
    fit: Fit | None = None
    crops: tuple[Crop, ...] = ()
    timings: tuple[tuple[str, float], ...] = ()


class Preparer:
    """Prepares pages of any of several forms; picklable, so that a child process can be given one."""

    def __init__(self, forms: Sequence[Form], *, crop_dpi: float = CROP_DPI, clock: Clock | None = None) -> None:
        """`clock` tells seconds, say time.perf_counter; without it nothing is timed. Raises as FormIndex does."""
        self.index = FormIndex(forms)
        self.crop_dpi = crop_dpi
        self._clock = clock

    def __call__(self, page: Page) -> PreparedPage:
        """Prepare one page. The same page always gives the same result, but for the timings."""
        watch = _Watch(self._clock)
        looked = survey(page.image, page.dpi)
        quality = page.quality or quality_of(looked, page.image)
        page = replace(page, quality=quality)
        watch.lap("measure")
        # First what the measures say: a black or smeared page must not pass for an empty one.
        if too_bad := unreadable(quality):
            return _prepared(page, page, "rescan", too_bad, watch)
        blank = is_blank_survey(looked)
        watch.lap("blank")
        if blank:
            return _prepared(page, page, "blank", "Nothing is printed or written on this page.", watch)
        repaired = repair(page, looked, geometry=False)
        watch.lap("repair")
        alignment = self.index.align(repaired, looked.grey if repaired.image is page.image else None)
        watch.lap("align")
        if alignment is None:
            known = ", ".join(form.name for form in self.index.forms)
            return _prepared(page, repaired, "unmatched", f"The page fits none of the forms: {known}.", watch)
        crops = cut(repaired, alignment, dpi=self.crop_dpi)
        watch.lap("cut")
        read = _prepared(page, repaired, "read", "", watch)
        return replace(
            read, form=alignment.form.name, form_digest=alignment.form_digest, fit=_fit(alignment), crops=crops
        )


class _Watch:
    """Stages and how long they took, by the caller's clock."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock
        self._since = clock() if clock else 0.0
        self.laps: list[tuple[str, float]] = []

    def lap(self, stage: str) -> None:
        if self._clock:
            now = self._clock()
            self.laps.append((stage, round((now - self._since) * 1000, 3)))
            self._since = now


def page_id(scan_digest: str, page_no: int) -> str:
    """A page's id: the first 32 hexadecimal digits of the SHA-256 of `scan_digest:page_no`."""
    return hashlib.sha256(f"{scan_digest}:{page_no}".encode()).hexdigest()[:32]


def _prepared(page: Page, repaired: Page, status: Status, reason: str, watch: _Watch) -> PreparedPage:
    assert page.quality is not None
    return PreparedPage(
        page_id=page_id(page.scan_digest, page.page_no),
        scan_digest=page.scan_digest,
        page_no=page.page_no,
        status=status,
        reason=reason,
        width_px=page.image.shape[1],
        height_px=page.image.shape[0],
        quality=page.quality,
        scanner=page.scanner,
        steps=repaired.steps,
        timings=tuple(watch.laps),
    )


def _fit(alignment: Alignment) -> Fit:
    return Fit(
        method=alignment.method,
        quarter_turns=alignment.quarter_turns,
        residual_px=alignment.residual_px,
        score=alignment.score,
        matrix=tuple(tuple(map(float, row)) for row in alignment.matrix),
    )
