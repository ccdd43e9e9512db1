"""Crop and Reading: what a model gets to see of one field, and what it says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recognizer.form import Box, Field
from recognizer.page import Quality, Step

Outcome = Literal["text", "blank", "illegible", "struck_out", "wrong_crop", "ambiguous", "unaligned"]


@dataclass(frozen=True, kw_only=True)
class View:
    """A field on its page, upright: `jpeg` (8 bit grey) at `dpi`; `box` is the field's, in pixels of the image."""

    jpeg: bytes
    dpi: float
    box: Box


@dataclass(frozen=True, kw_only=True)
class Crop:
    """One field of one page, cut out, upright and freed of its printed box.

    `image` is (height, width) uint8, paper light, at `dpi`; `crop_id` its digest together with where it came from;
    `field` says what may stand in it. `marks` are the option boxes of a checkbox or choice group, as (x, y, width,
    height) in pixels of `image`, in the order of the field's options. `view` is what people are shown; nothing that is
    read or identified depends on it.
    """

    crop_id: str
    image: np.ndarray
    dpi: float
    field: Field
    quality: Quality
    steps: tuple[Step, ...] = ()
    marks: tuple[tuple[int, int, int, int], ...] = ()
    view: View | None = None

    @property
    def ink_level(self) -> float | None:
        """How much darker than paper the page's ink is, in grey levels; None where the cut saw no page."""
        found = [step.measured["ink_level"] for step in self.steps if "ink_level" in step.measured]
        return float(found[0]) if found else None


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another text that may stand there."""

    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one model says of one crop.

    `outcome` is `text` where `text` holds the answer; otherwise it is an explicit non-answer and `text` is "".
    A checkbox reads "yes" or "no", a signature "signed", a choice group the value of the marked option (several,
    where the field allows it, joined by "|"). `confidence` in [0, 1] is that of the outcome and text together.
    `alternatives` are the next best texts, best first. `parts` are the readings that this one was made of.
    """

    text: str
    outcome: Outcome
    confidence: float
    alternatives: tuple[Alternative, ...] = ()
    parts: tuple["Reading", ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
