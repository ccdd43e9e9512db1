"""Bundle: one model as a folder of weights (safetensors) and one JSON that says all else. Its id is its digest.

    bundle.json          input spec, preprocessing versions, network configs, alphabet, digests of the weights,
                         calibration, and the manifest of the training data
    text.safetensors     weights of the text network
    marks.safetensors    weights of the marks network

No pickle: a bundle from a stranger can be wrong, but it cannot run code. Every byte is covered by the id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from recognizer.alphabet import Alphabet
from recognizer.confidence import Calibration, check_calibration
from recognizer.errors import BundleError
from recognizer.frame import FRAME_PX, FRAME_VERSION
from recognizer.line import HEIGHT_PX, INK_HEIGHT_PX, LINE_VERSION, MAX_WIDTH_PX
from recognizer.net.marks import MARK_CLASSES, MarkNet, MarkNetConfig
from recognizer.net.text import TextNet, TextNetConfig

FORMAT = 1
INPUT_SPEC = {
    "line": {"version": LINE_VERSION, "height_px": HEIGHT_PX, "ink_px": INK_HEIGHT_PX, "max_width_px": MAX_WIDTH_PX},
    "frame": {"version": FRAME_VERSION, "size_px": FRAME_PX, "classes": list(MARK_CLASSES)},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A model that can read: both networks in evaluation mode, the alphabet, and how it came to be."""

    bundle_id: str
    text: TextNet
    marks: MarkNet
    alphabet: Alphabet
    calibration: Calibration
    manifest: Mapping[str, Any]


def save_bundle(
    folder: Path,
    text: TextNet,
    marks: MarkNet,
    alphabet: Alphabet,
    *,
    calibration: Calibration,
    manifest: Mapping[str, Any],
) -> str:
    """Write a bundle into a folder, which is made; returns its id. `bundle.json` is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = {
        name: _save_weights(folder / f"{name}.safetensors", net) for name, net in (("text", text), ("marks", marks))
    }
    content = {
        "format": FORMAT,
        "input": INPUT_SPEC,
        "alphabet": alphabet.characters,
        "text": {"network": "TextNet", "config": text.config.as_dict(), "sha256": digests["text"]},
        "marks": {"network": "MarkNet", "config": marks.config.as_dict(), "sha256": digests["marks"]},
        "calibration": dict(calibration),
        "manifest": dict(manifest),
    }
    data = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode()
    (folder / "bundle.json").write_bytes(data)
    return _digest(data)[:32]


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check every byte of it.

    Raises:
        BundleError: the folder is no bundle, a file is damaged, or it was made for another input or a newer Penfield.
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
    try:
        alphabet = Alphabet(characters=content["alphabet"])
        text = TextNet(_config(TextNetConfig, content["text"]["config"]))
        marks = MarkNet(_config(MarkNetConfig, content["marks"]["config"]))
        _check_fit(text, alphabet, content["calibration"])
        _load_weights(folder / "text.safetensors", text, content["text"]["sha256"])
        _load_weights(folder / "marks.safetensors", marks, content["marks"]["sha256"])
        return Bundle(
            bundle_id=_digest(data)[:32],
            text=text.eval(),
            marks=marks.eval(),
            alphabet=alphabet,
            calibration=content["calibration"],
            manifest=content["manifest"],
        )
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, IndexError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error


def _check_fit(text: TextNet, alphabet: Alphabet, calibration: Calibration) -> None:
    if text.config.classes != len(alphabet) or len(set(alphabet.characters)) + 1 != len(alphabet):
        raise ValueError(f"its alphabet: {len(alphabet)} classes with CTC's blank for {text.config.classes} of the net")
    check_calibration(calibration)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _config(kind: type, settings: Mapping[str, Any]) -> Any:
    """A network's config from JSON, where tuples have become lists."""
    frozen = {key: _tuples(value) for key, value in settings.items()}
    return kind(**frozen)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def _save_weights(path: Path, net: nn.Module) -> str:
    data = save({name: tensor.contiguous().cpu() for name, tensor in net.state_dict().items()})
    path.write_bytes(data)
    return _digest(data)


def _load_weights(path: Path, net: nn.Module, sha256: str) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    if _digest(data) != sha256:
        raise BundleError(f"{path} is not the file that bundle.json names: its digest differs; fetch the bundle again")
    try:
        net.load_state_dict(load(data), strict=True)
    except (RuntimeError, ValueError, SafetensorError) as error:
        raise BundleError(f"{path} does not fit its network: {str(error).splitlines()[0]}") from error
