"""Page, Step, Quality: one image of one scan, what was measured on it and what was done to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

Number = float | int


@dataclass(frozen=True, kw_only=True)
class Step:
    """One preprocessing step as data, so that it can be shown, counted and done again."""

    name: str
    version: int = 1
    settings: Mapping[str, Number | str] = field(default_factory=dict)
    measured: Mapping[str, Number | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What was measured on a page or on one field of it.

    `resolution_dpi` is declared by the file or estimated; `sharpness`, `contrast`, `illumination`, `clipping`,
    `compression`, `ink_coverage`, `bleed_through` are in [0, 1]; `noise` is the standard deviation of the paper in
    grey levels; `skew_deg` is counter-clockwise. What each means exactly stands where it is measured.
    """

    resolution_dpi: float
    sharpness: float
    contrast: float
    noise: float
    skew_deg: float
    illumination: float
    clipping: float
    compression: float
    ink_coverage: float
    bleed_through: float

    def as_dict(self) -> dict[str, float]:
        """The measures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of one scan file.

    `image` is (height, width) uint8, grey, paper light and ink dark; `scan_digest` the SHA-256 of the file's bytes;
    `page_no` counts from 1; `dpi` is what the file declares, None where it says nothing credible; `scanner` what it
    says of the device, "" where it says nothing.
    """

    image: np.ndarray
    scan_digest: str
    page_no: int
    dpi: float | None = None
    scanner: str = ""
    quality: Quality | None = None
    steps: tuple[Step, ...] = ()
