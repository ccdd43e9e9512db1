"""Multi-page TIFF: Pillow (with libtiff) decodes, tifffile stands in for the sample types that Pillow does not know."""

import io
import logging
import struct
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from recognizer.errors import ScanRejected
from recognizer.page import Step
from recognizer.scan.book import Sheet
from recognizer.scan.grey import grey, to_uint8
from recognizer.scan.limits import Limits
from recognizer.scan.picture import decode, open_image, upright
from recognizer.scan.scale import check_size, credible_dpi, plan, resize
from recognizer.scan.scanner import MAKE, MODEL, SOFTWARE, scanner_of

PHOTOMETRIC, STRIP_OFFSETS, STRIP_BYTES, X_DPI, Y_DPI, UNIT, TILE_OFFSETS, TILE_BYTES = (
    262, 273, 279, 282, 283, 296, 324, 325,
)  # fmt: skip
ORIENTATION = 274
MIN_IS_WHITE = 0
PER_INCH = {2: 1.0, 3: 2.54, 4: 25.4}  # inch, centimetre; millimetre is an old extension


logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it has to say of a page, its rejection says


class TiffBook:
    """A TIFF file. Opening walks its chain of pages."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._data, self._limits = data, limits
        self._offsets = page_offsets(data, limits.max_pages + 1)
        self._image: Image.Image | None = None
        try:
            self._image = open_image(data, "tiff")
        except Exception as error:  # the first page may be of a kind that only tifffile knows
            self._why_not = error

    def __len__(self) -> int:
        return len(self._offsets)

    def sheet(self, index: int) -> Sheet:
        """Decode the page at `index`, counted from 0 along the chain of directories."""
        if self._offsets[index] >= len(self._data):
            raise ScanRejected("truncated", "The TIFF ends before this page's directory: transfer or scan it again.")
        if self._image is None:
            return self._by_tifffile(index, self._why_not)
        try:
            return self._by_pillow(self._image, index)
        except (ScanRejected, MemoryError):
            raise
        except Exception as error:
            return self._by_tifffile(index, error)

    def close(self) -> None:
        """Let go of the bytes."""
        if self._image is not None:
            self._image.close()

    def _by_pillow(self, image: Image.Image, index: int) -> Sheet:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.seek(index)
        tags = image.tag_v2  # type: ignore[attr-defined]
        if ends_early(tags, len(self._data)):
            raise ScanRejected("truncated", "The TIFF ends before this page's pixels: transfer or scan it again.")
        declared = (tags.get(X_DPI), tags.get(Y_DPI))
        inverted = tags.get(PHOTOMETRIC) == MIN_IS_WHITE
        return decode(image, in_inches(declared, tags.get(UNIT, 2)), self._limits, min_is_white=inverted)

    def _by_tifffile(self, index: int, pillow_error: Exception) -> Sheet:
        try:
            with tifffile.TiffFile(io.BytesIO(self._data)) as file:
                page = file.pages[index]
                assert isinstance(page, tifffile.TiffPage)
                return _sheet(page, self._limits)
        except (ScanRejected, MemoryError):
            raise
        except Exception:  # what Pillow said of it is the better explanation
            raise pillow_error from None


def page_offsets(data: bytes, most: int) -> list[int]:
    """Where the pages' directories lie, at most `most`; a chain that bites its own tail ends there.

    A link that leads behind the end of the file is kept: that page will be rejected, not forgotten.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\x00", b"\x00+")
    count_format, link_format, entry_bytes = (order + "Q", order + "Q", 20) if big else (order + "H", order + "I", 12)
    (link,) = struct.unpack_from(link_format, data, 8 if big else 4)
    offsets: list[int] = []
    while link and link not in offsets and len(offsets) < most:
        offsets.append(link)
        try:
            (entries,) = struct.unpack_from(count_format, data, link)
            (link,) = struct.unpack_from(
                link_format, data, link + struct.calcsize(count_format) + entries * entry_bytes
            )
        except (struct.error, OverflowError):
            break
    return offsets


def in_inches(declared: tuple[object, object], unit: object) -> tuple[float, float] | None:
    """Resolution per inch from TIFF's values and unit; None where the unit is none."""
    factor = PER_INCH.get(unit) if isinstance(unit, int) else None
    try:
        return tuple(float(value) * factor for value in declared)  # type: ignore
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def ends_early(tags: Mapping[int, Any], size: int) -> bool:
    """Whether a strip or tile of the page begins behind the end of the file, or most of the last one is missing.

    Byte counts of old scanners are often too great by a few bytes, so those alone prove nothing.
    """
    offsets = tags.get(STRIP_OFFSETS) or tags.get(TILE_OFFSETS) or ()
    counts = tags.get(STRIP_BYTES) or tags.get(TILE_BYTES) or ()
    ends = [start + max(1, count // 2) for start, count in zip(offsets, counts, strict=False)]
    return any(end > size for end in ends)


def _sheet(page: tifffile.TiffPage, limits: Limits) -> Sheet:
    width, height = page.imagewidth, page.imagelength
    check_size(width, height, limits)
    dpi = credible_dpi(in_inches(page.resolution, page.resolutionunit), width, height)
    goal = plan(width, height, dpi, limits)
    pixels = resize(_grey(page), goal.width_px, goal.height_px)
    orientation = int(page.tags.valueof(ORIENTATION, default=1))
    decoded = Step(
        name="decode",
        settings={"format": "TIFF", "mode": f"{page.dtype} x {page.samplesperpixel}"},
        measured={"width_px": width, "height_px": height, "orientation": orientation},
    )
    scaled = goal.step(width, height)
    tags = {tag: page.tags.valueof(tag) for tag in (MAKE, MODEL, SOFTWARE)}
    return Sheet(
        image=upright(pixels, orientation), dpi=goal.dpi, steps=(decoded, scaled) if scaled else (decoded,),
        scanner=scanner_of(tags),
    )  # fmt: skip


def _grey(page: tifffile.TiffPage) -> np.ndarray:
    if page.imagedepth != 1 or page.samplesperpixel not in (1, 3):
        raise ScanRejected("unsupported", f"A TIFF page with {page.samplesperpixel} samples of {page.dtype} per pixel.")
    samples = page.asarray(maxworkers=1)
    if page.samplesperpixel == 3 and samples.shape[0] == 3 and samples.ndim == 3:
        samples = np.moveaxis(samples, 0, -1)
    values = to_uint8(samples)
    if values.ndim == 3:
        return grey(Image.fromarray(np.ascontiguousarray(values)))
    return 255 - values if page.photometric == MIN_IS_WHITE else values
