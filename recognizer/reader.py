"""What reads crops, whichever it is: the one way from a model's folder to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from recognizer.reading import Crop, Reading


class Reader(Protocol):
    """What reads a crop. The same crop gives the same reading, bit for bit, whatever was read before."""

    @property
    def bundle_id(self) -> str:
        """The digest of everything that the reading depends on beside the crop."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it reads, for the log."""

    @property
    def version(self) -> str:
        """The version of the program that reads."""

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        """What stands in the crop; its field's relative lexicons start at `folder`."""


def load_reader(folder: Path) -> Reader:
    """The model of a folder, one bundle or a stack, ready to read.

    Raises BundleError where it is damaged or does not fit.
    """
    from recognizer.bundle import load_bundle, load_content  # these bring the runtime, which only readers wait for
    from recognizer.engine import Engine

    if "stack" not in load_content(folder)[1]:
        return Engine(load_bundle(folder))
    from recognizer.stack.bundle import load_stack

    return load_stack(folder)
