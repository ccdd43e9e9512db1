"""The typefaces that samples are drawn with; all of them come as dependencies, none lies in the repository."""

import importlib.util
from functools import cache
from pathlib import Path

from PIL import ImageFont

from recognizer.errors import UsageError

HANDS = {
    "caveat": ("fontpkg_caveat", "files/Caveat[wght].ttf"),
    "amatic": ("font_amatic_sc", "files/AmaticSC-Regular.ttf"),
    "amatic_bold": ("font_amatic_sc", "files/AmaticSC-Bold.ttf"),
}
"""Handwriting by name: the package that brings it, and the file in it."""


@cache
def type_face(style: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A printed face: `style` is a DejaVu file's name without its ending, such as "DejaVuSans-Bold"."""
    return ImageFont.truetype(_inside("matplotlib", f"mpl-data/fonts/ttf/{style}.ttf"), size_px)


@cache
def hand_face(name: str, size_px: int, weight: int = 400) -> ImageFont.FreeTypeFont:
    """A handwriting face of `HANDS`; `weight` (400 to 700) is heeded by variable fonts.

    Raises UsageError where the package that brings the font is not installed.
    """
    face = ImageFont.truetype(_inside(*HANDS[name]), size_px)
    if name == "caveat":
        face.set_variation_by_axes([weight])
    return face


def _inside(package: str, file: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UsageError(f"the package {package} is missing - mend: pip install 'penfield[samples]'")
    return Path(spec.origin).parent / file
