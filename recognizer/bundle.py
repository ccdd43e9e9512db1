"""Bundle: one model as a folder. Its id is the digest of `bundle.json`, which names the digest of every other file.

    bundle.json          input spec, preprocessing versions, network configs, alphabet, digests, calibration, and the
                         manifest of the training data
    text.onnx            what serves: line image -> CTC logits, outcome logits
    marks.onnx           what serves: frame of a box -> logits
    prose.xz            which characters follow which, for fields of free text; missing where nothing was learned
    *.safetensors        the networks' weights in full precision, for training to go on from; serving does not need them

No pickle: a bundle from a stranger can be wrong, but it cannot run code. Every byte is covered by the id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recognizer.alphabet import Alphabet
from recognizer.confidence import Calibration, check_calibration
from recognizer.errors import BundleError
from recognizer.frame import FRAME_PX, FRAME_VERSION
from recognizer.line import HEIGHT_PX, INK_HEIGHT_PX, LINE_VERSION, MAX_WIDTH_PX
from recognizer.marking import MARK_CLASSES
from recognizer.network import Network
from recognizer.prose import Prose, from_bytes

FORMAT = 2
INPUT_SPEC = {
    "line": {"version": LINE_VERSION, "height_px": HEIGHT_PX, "ink_px": INK_HEIGHT_PX, "max_width_px": MAX_WIDTH_PX},
    "frame": {"version": FRAME_VERSION, "size_px": FRAME_PX, "classes": list(MARK_CLASSES)},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A model that can read: its networks, the alphabet, and how it came to be."""

    bundle_id: str
    text: Network
    marks: Network
    alphabet: Alphabet
    calibration: Calibration
    manifest: Mapping[str, Any]
    precision: str = "fp32"
    prose: Prose | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """What answers: the graphs, as ONNX, the numbers that the text network calculates with, and the model of prose."""

    text: bytes
    marks: bytes
    precision: Literal["fp32", "int8"]
    prose: bytes | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """One network's weights as safetensors, with what is needed to build it around them."""

    kind: str
    config: Mapping[str, Any]
    data: bytes


def write_bundle(
    folder: Path,
    served: Served,
    weights: Mapping[str, Weights],
    alphabet: Alphabet,
    *,
    calibration: Calibration,
    manifest: Mapping[str, Any],
) -> str:
    """Write a bundle into a folder, which is made; returns its id. `bundle.json` is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"text.onnx": served.text, "marks.onnx": served.marks, "prose.xz": served.prose}
    digests = {name: _write(folder / name, data) for name, data in files.items() if data is not None}
    networks = {
        name: {"network": w.kind, "config": dict(w.config), "sha256": _write(folder / f"{name}.safetensors", w.data)}
        for name, w in weights.items()
    }
    content = {
        "format": FORMAT,
        "input": INPUT_SPEC,
        "alphabet": alphabet.characters,
        "served": {"precision": served.precision, "sha256": digests},
        "networks": networks,
        "calibration": dict(calibration),
        "manifest": dict(manifest),
    }
    data = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode()
    _write(folder / "bundle.json", data)
    return _digest(data)[:32]


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check every byte that it reads with.

    Raises:
        BundleError: the folder is no bundle, a file is damaged, or it was made for another input or a newer Penfield.
    """
    bundle_id, content = load_content(folder)
    try:
        alphabet = Alphabet(characters=content["alphabet"])
        check_calibration(content["calibration"])
        sha256 = content["served"]["sha256"]
        text, marks = (Network(read_checked(folder / name, sha256[name])) for name in ("text.onnx", "marks.onnx"))
        if text.classes != len(alphabet) or len(set(alphabet.characters)) + 1 != len(alphabet):
            raise ValueError(f"its alphabet: {len(alphabet)} classes with CTC's blank, which the network does not have")
        if marks.classes != len(MARK_CLASSES):
            raise ValueError(f"its marks: the network does not have the classes {', '.join(MARK_CLASSES)}")
        return Bundle(
            bundle_id=bundle_id,
            text=text,
            marks=marks,
            alphabet=alphabet,
            calibration=content["calibration"],
            manifest=content["manifest"],
            precision=content["served"]["precision"],
            prose=from_bytes(read_checked(folder / "prose.xz", sha256["prose.xz"])) if "prose.xz" in sha256 else None,
        )
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error


def load_content(folder: Path) -> tuple[str, dict[str, Any]]:
    """A bundle's id and what its `bundle.json` says.

    Raises:
        BundleError: it is not there, is damaged, or was made for another version.
    """
    try:
        data = (folder / "bundle.json").read_bytes()
        content = json.loads(data)
    except OSError as error:
        raise BundleError(f"{folder} is not a bundle: {error.strerror}: bundle.json") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{folder / 'bundle.json'} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{folder / 'bundle.json'} is damaged: it holds no object")
    if content.get("format") != FORMAT or content.get("input") != INPUT_SPEC:
        raise BundleError(
            f"{folder} was made for another version of Penfield's preprocessing; train or fetch a new one"
        )
    return _digest(data)[:32], content


def read_checked(path: Path, sha256: str) -> bytes:
    """A file's bytes. Raises BundleError where it cannot be read or is not the file with that digest."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    if _digest(data) != sha256:
        raise BundleError(f"{path} is not the file that bundle.json names: its digest differs; fetch the bundle again")
    return data


def _write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return _digest(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
