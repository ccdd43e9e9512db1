"""Repair a page: each repair that it needs, and none that it does not."""

from dataclasses import replace

import numpy as np

from recognizer.clean import contrast, deskew, despeckle, illumination, orientation
from recognizer.clean.measure import quality_of
from recognizer.clean.survey import DARKEST_PAPER, Survey, survey
from recognizer.page import Page, Quality, Step

LEAST_SKEW_DEG = 0.2
"""Less is left to the alignment, which turns the page anyway when it cuts the fields."""

TURN_CERTAINTY = 0.6
"""How sure the direction of the text must be before a page is turned; below, the alignment tries all four."""


def repair(page: Page, looked: Survey | None = None, *, geometry: bool = True) -> Page:
    """Measure `page` and repair what needs it.

    `quality` stays that of the page as it came; each repair adds a Step. The same page always gets the same pixels.
    `looked` is the survey of the page's image where there is one already; the page's `quality`, if any, was then
    measured on it. Without `geometry` the page is neither turned nor deskewed: alignment finds a form any way round,
    and its pixels are interpolated only once then.
    """
    quality = page.quality if looked else None
    looked = looked or survey(page.image, page.dpi)
    quality = quality or quality_of(looked, page.image)
    page = replace(page, quality=quality)
    if looked.paper_level < DARKEST_PAPER:
        return page
    page = _flattened(page, looked, quality)
    page = _despeckled(page, looked)
    page = _stretched(page, looked, quality)
    return _deskewed(_turned(page, looked), quality) if geometry else page


def _done(page: Page, image: np.ndarray, step: Step) -> Page:
    return replace(page, image=image, steps=(*page.steps, step))


def _despeckled(page: Page, looked: Survey) -> Page:
    per_sqin = despeckle.specks_per_sqin(page.image, looked.page_dpi, looked.noise)
    if per_sqin < despeckle.WORTH_PER_SQIN:
        return page
    image, specks = despeckle.despeckle(page.image, looked.page_dpi, looked.noise)
    settings = {
        "tiny_inch": despeckle.TINY_INCH, "small_inch": despeckle.SMALL_INCH, "far_inch": despeckle.FAR_INCH,
        "dpi": round(looked.page_dpi, 1),
    }  # fmt: skip
    measured = {"specks_per_sqin": round(per_sqin, 2), "pepper": specks.pepper, "salt": specks.salt}
    return _done(page, image, Step(name="despeckle", settings=settings, measured=measured))


def _flattened(page: Page, looked: Survey, quality: Quality) -> Page:
    if not illumination.is_uneven(quality.illumination, looked.paper_level):
        return page
    image = illumination.flatten(page.image, looked.paper, looked.paper_level)
    measured = {"illumination": round(quality.illumination, 4), "paper_level": round(looked.paper_level, 1)}
    return _done(page, image, Step(name="flatten", settings={"target": illumination.TARGET}, measured=measured))


def _stretched(page: Page, looked: Survey, quality: Quality) -> Page:
    flattened = any(step.name == "flatten" for step in page.steps)
    paper_level = illumination.TARGET if flattened else looked.paper_level
    ratio = paper_level / max(1.0, looked.paper_level)
    gain = contrast.gain_for(quality.contrast * ratio, quality.noise * ratio, quality.ink_coverage)
    if gain < 1.05:
        return page
    image = contrast.stretch(page.image, paper_level, gain)
    measured = {"contrast": round(quality.contrast * ratio, 4), "paper_level": round(paper_level, 1)}
    return _done(page, image, Step(name="contrast", settings={"gain": round(gain, 4)}, measured=measured))


def _turned(page: Page, looked: Survey) -> Page:
    turns, certainty = orientation.turns_of(looked.ink)
    if turns == 0 or certainty < TURN_CERTAINTY:
        return page
    image = np.ascontiguousarray(np.rot90(page.image, turns))
    step = Step(name="turn", settings={"quarter_turns": turns}, measured={"certainty": round(certainty, 3)})
    return _done(page, image, step)


def _deskewed(page: Page, quality: Quality) -> Page:
    turned_deg = quality.skew_deg
    if abs(turned_deg) < LEAST_SKEW_DEG:
        return page
    image = deskew.deskew(page.image, turned_deg, paper=int(np.percentile(page.image[::16, ::16], 90)))
    step = Step(name="deskew", settings={"turned_deg": -turned_deg}, measured={"skew_deg": turned_deg})
    return _done(page, image, step)
