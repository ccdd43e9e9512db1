"""Bundles that can be told apart: the model that ships, with another note in its manifest."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parents[3] / "data" / "bundle"


def variant(folder: Path, name: str, change: Callable[[dict[str, Any]], None] = lambda content: None) -> Path:
    """The model that ships, as a bundle of another id: the same networks, and a name in its manifest."""
    made = folder / name
    shutil.copytree(SHIPPED, made)
    content = json.loads((made / "bundle.json").read_text())
    content["manifest"]["made"] = name
    change(content)
    (made / "bundle.json").write_text(json.dumps(content))
    return made


def without(character: str) -> Callable[[dict[str, Any]], None]:
    """The networks' class of this character means another one, which no form asks for: the model cannot write it."""

    def change(content: dict[str, Any]) -> None:
        for reader in content["readers"].values():
            reader["alphabet"] = reader["alphabet"].replace(character, "¡")

    return change


def swapped(one: str, other: str) -> Callable[[dict[str, Any]], None]:
    """Two characters are taken for each other, as surely as the model is sure of them."""

    def change(content: dict[str, Any]) -> None:
        for reader in content["readers"].values():
            reader["alphabet"] = reader["alphabet"].translate(str.maketrans(one + other, other + one))

    return change


def flip(path: Path) -> None:
    """One bit of a file is wrong."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
