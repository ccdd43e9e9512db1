"""Save pages as the files that companies get; the same pages give the same bytes."""

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

LONG_AGO = time.gmtime(1_700_000_000)
"""Stands in the PDFs, which would otherwise hold the time of writing."""

UPRIGHT_BY = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""How to turn an image so that a viewer that heeds this EXIF orientation shows it upright."""
EXIF_ORIENTATION, EXIF_MAKE, EXIF_MODEL = 0x0112, 271, 272


def save_pdf(path: Path, pages: Sequence[np.ndarray], dpi: int, quality: int = 60) -> None:
    """A multi-page PDF of JPEG images."""
    first, *rest = [Image.fromarray(page) for page in pages]
    first.save(
        path,
        save_all=True,
        append_images=rest,
        resolution=dpi,
        quality=quality,
        creationDate=LONG_AGO,
        modDate=LONG_AGO,
    )


def save_fax(path: Path, pages: Sequence[np.ndarray], dpi: int) -> None:
    """A multi-page TIFF, 1 bit, CCITT group 4."""
    first, *rest = [Image.fromarray(page).convert("1", dither=Image.Dither.NONE) for page in pages]
    first.save(path, save_all=True, append_images=rest, compression="group4", dpi=(dpi, dpi))


def save_jpeg(
    path: Path, page: np.ndarray, dpi: int, quality: int = 60, orientation: int = 1, scanner: tuple[str, str] = ("", "")
) -> None:  # fmt: skip
    """A JPEG, grey or colour; with an `orientation` of `UPRIGHT_BY` the pixels lie turned and EXIF says how. It says
    make and model of the `scanner`, too, if there is one."""
    image = Image.fromarray(page)
    exif = Image.Exif()
    if orientation != 1:
        image = image.transpose(UPRIGHT_BY[orientation])
        exif[EXIF_ORIENTATION] = orientation
    if any(scanner):
        exif[EXIF_MAKE], exif[EXIF_MODEL] = scanner
    image.save(path, quality=quality, optimize=True, dpi=(dpi, dpi), exif=exif)


def save_cmyk_jpeg(path: Path, page: np.ndarray, dpi: int, quality: int = 60) -> None:
    """A JPEG in the four colours of print, as copiers in print shops send it."""
    Image.fromarray(page).convert("RGB").convert("CMYK").save(path, quality=quality, optimize=True, dpi=(dpi, dpi))


def save_png16(path: Path, page: np.ndarray, dpi: int, levels: int = 24) -> None:
    """A 16-bit PNG; few grey levels keep it small."""
    step = 255 / (levels - 1)
    few = np.round(np.round(page / step) * step).astype(np.uint16) * 257
    Image.fromarray(few).save(path, optimize=True, dpi=(dpi, dpi))


def save_png_palette(path: Path, page: np.ndarray, dpi: int, colors: int = 12) -> None:
    """A PNG of a few palette colours."""
    image = Image.fromarray(page).convert("RGB").quantize(colors, dither=Image.Dither.NONE)
    image.save(path, optimize=True, dpi=(dpi, dpi))


def save_png1(path: Path, page: np.ndarray, dpi: int) -> None:
    """A 1-bit PNG."""
    image = Image.fromarray(page).convert("1", dither=Image.Dither.NONE)
    image.save(path, optimize=True, dpi=(dpi, dpi))


def tinted(page: np.ndarray, paper: tuple[int, int, int]) -> np.ndarray:
    """A grey page as a colour photograph under a light of that colour: (height, width, 3) uint8 RGB."""
    grey = cv2.cvtColor(page, cv2.COLOR_GRAY2RGB).astype(np.float32)
    return np.round(grey * np.array(paper, np.float32) / 255).astype(np.uint8)
