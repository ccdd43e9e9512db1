"""PNG and JPEG through Pillow: one page each."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from recognizer.errors import ScanRejected
from recognizer.page import Step
from recognizer.scan.book import Sheet
from recognizer.scan.formats import Format
from recognizer.scan.grey import grey
from recognizer.scan.limits import Limits
from recognizer.scan.scale import Plan, check_size, credible_dpi, plan, resize
from recognizer.scan.scanner import scanner_of

PILLOW_FORMATS: dict[Format, list[str]] = {"png": ["PNG"], "jpeg": ["JPEG"], "tiff": ["TIFF"]}
END: dict[Format, bytes] = {"png": b"IEND", "jpeg": b"\xff\xd9"}
ORIENTATION = 0x0112
SWAPS_AXES = (5, 6, 7, 8)
MIDDLE_GREY = 128


class PictureBook:
    """A PNG or JPEG. Opening reads its header. Raises ScanRejected (`too_large`, `truncated`, ...)."""

    def __init__(self, data: bytes, format_: Format, limits: Limits) -> None:
        self._limits = limits
        self._image = open_image(data, format_)

    def __len__(self) -> int:
        return 1

    def sheet(self, index: int) -> Sheet:
        """Decode the only page."""
        return decode(self._image, self._image.info.get("dpi"), self._limits)

    def close(self) -> None:
        """Let go of the bytes."""
        self._image.close()


def open_image(data: bytes, format_: Format) -> Image.Image:
    """Open by header with the decoder of the sniffed format alone; Pillow would try forty more."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken metadata, and Pillow's own idea of a large image
            return Image.open(io.BytesIO(data), formats=PILLOW_FORMATS[format_])
    except UnidentifiedImageError as error:
        end = END.get(format_)
        if end is not None and end not in data:
            raise ScanRejected("truncated", "The image ends before its pixels: transfer or scan it again.") from error
        raise ScanRejected("damaged", "The image's header makes no sense: export or scan it again.") from error


def decode(image: Image.Image, declared_dpi: object, limits: Limits, *, min_is_white: bool = False) -> Sheet:
    """Decode the current frame of an opened Pillow image into an upright grey Sheet, scaled down where it is large.

    `declared_dpi` is (horizontal, vertical) along the stored rows, or nothing of use.
    """
    width, height = image.size
    check_size(width, height, limits)
    dpi, mode = credible_dpi(declared_dpi, width, height), image.mode
    is_tiff = image.format == "TIFF"  # Pillow turns a TIFF upright while it loads, and reports the turned size
    tags = _tags(image) if is_tiff else {}
    orientation = _orientation(tags)
    if dpi and orientation in SWAPS_AXES:
        dpi = dpi[::-1]
    goal = plan(width, height, dpi, limits)
    pixels = _pixels(image, goal, min_is_white=min_is_white)
    if not is_tiff:  # asked only now: a PNG loads itself when asked, and a second load would hide a broken first one
        tags = _tags(image)
        orientation = _orientation(tags)
        pixels = upright(pixels, orientation)
    decoded = Step(
        name="decode",
        settings={"format": str(image.format), "mode": mode},
        measured={"width_px": width, "height_px": height, "orientation": orientation},
    )
    scaled = goal.step(width, height)
    return Sheet(
        image=pixels, dpi=goal.dpi, steps=(decoded, scaled) if scaled else (decoded,),
        scanner=scanner_of(tags, image.info.get("Software")),
    )  # fmt: skip


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF or TIFF orientation (1-8) of a (height, width) image."""
    if orientation in SWAPS_AXES:
        pixels = pixels.T
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _pixels(image: Image.Image, goal: Plan, *, min_is_white: bool) -> np.ndarray:
    is_jpeg = image.format in ("JPEG", "MPO")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if is_jpeg and image.mode in ("RGB", "L"):
            image.draft("L", (goal.width_px, goal.height_px))  # only the brightness, and coarser where that is enough
        image.load()
    pixels = grey(image, min_is_white=min_is_white)
    if is_jpeg and is_filled_in(pixels):
        raise ScanRejected("truncated", "The JPEG's pixels end before the page does: transfer or scan it again.")
    return resize(pixels, goal.width_px, goal.height_px)


def is_filled_in(pixels: np.ndarray) -> bool:
    """Whether the decoder made up the last rows of a JPEG.

    Where the data of a JPEG stop but its closing mark stands, libjpeg fills the blocks that are missing with exact
    middle grey and tells nobody. No scanner makes a whole row of blocks of it at the foot of a page.
    """
    foot = pixels[-8:]
    return bool((foot == MIDDLE_GREY).all()) and bool((pixels != MIDDLE_GREY).any())


def _tags(image: Image.Image) -> Mapping[int, Any]:
    """What an image says of itself, by EXIF's tags; nothing where its metadata is broken."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(image.getexif())
    except Exception:  # metadata must not cost a page
        return {}


def _orientation(tags: Mapping[int, Any]) -> int:
    """The orientation that the file declares, 1 (upright) where that makes no sense."""
    value = tags.get(ORIENTATION, 1)
    return value if value in range(1, 9) else 1
