"""Bundles that can be told apart: the small model that ships with the tests, with another note in its manifest."""

import json
import shutil
from pathlib import Path

SHIPPED = Path(__file__).parents[3] / "data" / "bundle"


def variant(folder: Path, name: str) -> Path:
    """The model that ships, as a bundle of another id: the same networks, and a name in its manifest."""
    made = folder / name
    shutil.copytree(SHIPPED, made)
    content = json.loads((made / "bundle.json").read_text())
    content["manifest"]["made"] = name
    (made / "bundle.json").write_text(json.dumps(content))
    return made


def flip(path: Path) -> None:
    """One bit of a file is wrong."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
