"""What a file says of the device that scanned its pages: make and model, or else the program that wrote it.

Nothing that names a person or one device among its like is asked for: no owner, host, author or serial number.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

MAKE, MODEL, SOFTWARE = 271, 272, 305
"""Tags of TIFF and EXIF."""
MOST_CHARACTERS = 80


def scanner_of(tags: Mapping[int, Any], *programs: Any) -> str:
    """The name of a scanner from its TIFF or EXIF tags; from the tag of the software, or the first of these `programs`
    that has a name, where no device is named. "" where nothing is."""
    make, model = clean(tags.get(MAKE)), clean(tags.get(MODEL))
    names_itself = bool(set(_words(model)[:1]) & set(_words(make)) - {""})  # Borealis Borealis S300
    device = clean(model if names_itself else f"{make} {model}")
    return device or next((name for name in map(clean, (tags.get(SOFTWARE), *programs)) if name), "")


def clean(said: Any) -> str:
    """One line of at most 80 visible characters; "" for what is no text. Files say anything at all."""
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    if not isinstance(said, str):
        return ""
    visible = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in said[: 8 * MOST_CHARACTERS])
    return unicodedata.normalize("NFC", " ".join(visible.split()))[:MOST_CHARACTERS].strip()


def _words(name: str) -> list[str]:
    return re.split(r"[\s-]+", name.casefold())
