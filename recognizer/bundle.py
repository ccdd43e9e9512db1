"""Bundle: one model as a folder. Its id is the digest of `bundle.json`, which names the digest of every other file.

    bundle.json          input spec, preprocessing versions, readers with their alphabets and network configs, digests,
                         calibration, and the manifest of the training data
    text.onnx            what reads anything: line image -> CTC logits, outcome logits
    numbers.onnx         the same for lines in which only digits and their signs can stand; smaller, and surer of them
    marks.onnx           frame of a box -> logits
    prose.xz             which characters follow which, for fields of free text; missing where nothing was learned

Beside the folder BUNDLE lies BUNDLE-masters: the networks' weights in full precision, which a training can begin with
and recognition does not need. The id covers them too.

No pickle: a bundle from a stranger can be wrong, but it cannot run code. Every byte is covered by the id.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from recognizer.alphabet import Alphabet
from recognizer.confidence import Calibration, check_calibration
from recognizer.errors import BundleError
from recognizer.frame import FRAME_PX, FRAME_VERSION
from recognizer.line import HEIGHT_PX, INK_HEIGHT_PX, LINE_VERSION, MAX_WIDTH_PX
from recognizer.marking import MARK_CLASSES
from recognizer.network import Network
from recognizer.prose import Prose, from_bytes

FORMAT = 3
INPUT_SPEC = {
    "line": {"version": LINE_VERSION, "height_px": HEIGHT_PX, "ink_px": INK_HEIGHT_PX, "max_width_px": MAX_WIDTH_PX},
    "frame": {"version": FRAME_VERSION, "size_px": FRAME_PX, "classes": list(MARK_CLASSES)},
}  # fmt: skip


GENERAL = "text"
"""The reader that can read any field; the others know less, and that better."""

Precision = Literal["fp32", "int8"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reader:
    """A network that reads lines in an alphabet: line image -> CTC logits, outcome logits."""

    name: str
    alphabet: Alphabet
    network: Network
    precision: Precision = "fp32"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A model that can read: its networks, and how it came to be.

    `readers` stand from the fewest characters to the most; the last is the general one.
    """

    bundle_id: str
    readers: tuple[Reader, ...]
    marks: Network
    calibration: Calibration
    manifest: Mapping[str, Any]
    prose: Prose | None = None

    @property
    def general(self) -> Reader:
        """The reader that can read any field."""
        return self.readers[-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """What answers for one reader: its alphabet, its network as ONNX, and the numbers that it calculates with."""

    alphabet: Alphabet
    data: bytes
    precision: Precision = "fp32"


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """What answers: the readers by name, `GENERAL` among them, the marks network and the model of prose."""

    readers: Mapping[str, Graph]
    marks: bytes
    prose: bytes | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Master:
    """One network's weights as safetensors, with what is needed to build it around them."""

    config: Mapping[str, Any]
    data: bytes


def masters_of(folder: Path) -> Path:
    """Where the weights of a bundle lie in full precision."""
    return folder.with_name(f"{folder.name}-masters")


def write_bundle(
    folder: Path,
    served: Served,
    masters: Mapping[str, Master],
    *,
    calibration: Calibration,
    manifest: Mapping[str, Any],
) -> str:
    """Write a bundle into a folder, and its masters beside it; returns its id. `bundle.json` is written last."""
    for each in (folder, masters_of(folder)):
        each.mkdir(parents=True, exist_ok=True)
    graphs = {f"{name}.onnx": graph.data for name, graph in served.readers.items()}
    files = {**graphs, "marks.onnx": served.marks, "prose.xz": served.prose}
    content = {
        "format": FORMAT,
        "input": INPUT_SPEC,
        "readers": {
            name: {"alphabet": graph.alphabet.characters, "precision": graph.precision}
            for name, graph in served.readers.items()
        },
        "sha256": {name: _write(folder / name, data) for name, data in files.items() if data is not None},
        "masters": {
            name: {"config": master.config, "sha256": _write(masters_of(folder) / f"{name}.safetensors", master.data)}
            for name, master in masters.items()
        },
        "calibration": dict(calibration),
        "manifest": dict(manifest),
    }
    data = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode()
    _write(folder / "bundle.json", data)
    return _digest(data)[:32]


def load_bundle(folder: Path, prefix: str = "") -> Bundle:
    """Read a bundle and check every byte that it reads with. As a part of a stack its files' names have a prefix.

    Raises:
        BundleError: the folder is no bundle, a file is damaged, or it was made for another input or a newer Penfield.
    """
    bundle_id, content = load_content(folder, prefix)
    try:
        check_calibration(content["calibration"])
        sha256 = content["sha256"]
        marks = Network(read_checked(folder / f"{prefix}marks.onnx", sha256["marks.onnx"]))
        if marks.classes != len(MARK_CLASSES):
            raise ValueError(f"its marks: the network does not have the classes {', '.join(MARK_CLASSES)}")
        return Bundle(
            bundle_id=bundle_id,
            readers=_readers(folder, prefix, content["readers"], sha256),
            marks=marks,
            calibration=content["calibration"],
            manifest=content["manifest"],
            prose=_prose(folder / f"{prefix}prose.xz", sha256.get("prose.xz")),
        )
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise BundleError(f"{folder / f'{prefix}bundle.json'} lacks or misstates {error}") from error


def _prose(path: Path, sha256: str | None) -> Prose | None:
    return from_bytes(read_checked(path, sha256)) if sha256 is not None else None


def in_order(readers: Iterable[Reader]) -> tuple[Reader, ...]:
    """Readers from the fewest characters to the most. Raises ValueError where the last is not the general one."""
    ordered = tuple(sorted(readers, key=lambda reader: len(reader.alphabet)))
    if not ordered or ordered[-1].name != GENERAL:
        raise ValueError(f"its readers: {GENERAL!r}, with the largest alphabet, is not among them")
    return ordered


def _readers(folder: Path, prefix: str, listed: Mapping[str, Any], sha256: Mapping[str, str]) -> tuple[Reader, ...]:
    return in_order(
        _reader(name, entry, read_checked(folder / f"{prefix}{name}.onnx", sha256[f"{name}.onnx"]))
        for name, entry in listed.items()
    )


def _reader(name: str, entry: Mapping[str, Any], data: bytes) -> Reader:
    alphabet, network = Alphabet(characters=entry["alphabet"]), Network(data)
    if network.classes != len(alphabet) or len(set(alphabet.characters)) + 1 != len(alphabet):
        raise ValueError(f"the alphabet of {name}: the network does not have its {len(alphabet)} classes")
    if entry["precision"] not in get_args(Precision):
        raise ValueError(f"the precision of {name}: it is none of {', '.join(get_args(Precision))}")
    return Reader(name=name, alphabet=alphabet, network=network, precision=entry["precision"])


def load_content(folder: Path, prefix: str = "") -> tuple[str, dict[str, Any]]:
    """A bundle's id and what its `bundle.json` says.

    Raises:
        BundleError: it is not there, is damaged, or was made for another version.
    """
    path = folder / f"{prefix}bundle.json"
    try:
        data = path.read_bytes()
        content = json.loads(data)
    except OSError as error:
        raise BundleError(f"{folder} is not a bundle: {error.strerror}: bundle.json") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path} is damaged: it holds no object")
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
