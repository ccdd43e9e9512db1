"""Book and Sheet: an opened file whose pages are decoded one at a time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recognizer.page import Step


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One decoded page: upright (height, width) uint8 grey, the resolution it now has, and how it was made.

    `scanner` is what the file says of the device, "" where it says nothing.
    """

    image: np.ndarray
    dpi: float | None
    steps: tuple[Step, ...]
    scanner: str = ""


class Book(Protocol):
    """An opened file. Opening reads headers only; `sheet` decodes, and may raise anything at all."""

    def __len__(self) -> int: ...

    def sheet(self, index: int) -> Sheet:
        """Decode the page at `index`, counted from 0."""

    def close(self) -> None:
        """Give back what the decoder holds."""
