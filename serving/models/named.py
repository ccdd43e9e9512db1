"""A model as people name it: a bundle's folder, its id, or the beginning of its id."""

import re
from pathlib import Path

from recognizer.errors import BundleError, UsageError
from serving.models.shelf import Shelf

LEAST = 4
"""So many characters of an id are a name."""


def bundle_id_of(name: str, shelf: Shelf) -> str:
    """The id of the bundle on the shelf that a name stands for. Raises BundleError where there is none, and UsageError
    where there are several.
    """
    found = [bundle_id for bundle_id in shelf.ids() if bundle_id.startswith(name)] if _is_id(name) else []
    if len(found) > 1:
        raise UsageError(f"{name} is the beginning of {len(found)} models - mend: write more of {', '.join(found)}")
    if not found:
        raise BundleError(
            f"there is no model {name}: neither a folder, nor an id on the shelf ({LEAST} characters of it do) - mend: "
            "`penfield models` lists them, `penfield publish FOLDER` adds one"
        )
    return found[0]


def folder_of(name: Path, shelf: Shelf) -> Path:
    """The folder of a bundle that is named by its folder, or by its id or the beginning of it. Raises as above."""
    return name if name.is_dir() else shelf.folder(bundle_id_of(str(name), shelf))


def _is_id(name: str) -> bool:
    return re.fullmatch(rf"[0-9a-f]{{{LEAST},32}}", name) is not None
