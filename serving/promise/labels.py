"""Labelled predictions: how sure the model was, whether it was right, and in whose hand; what thresholds learn from.

They come with the bundle, as the file `promise.json.xz` whose digest the bundle's manifest holds: readings of writers
that neither the networks nor the calibration have seen, and that no accuracy is reported on.
"""

import hashlib
import json
import lzma
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.errors import BundleError

FILE = "promise.json.xz"
GRAIN = 1_000_000_000
"""Confidences are kept as whole billionths, rounded down: what a threshold of so many billionths accepts, and what
not, is the same with all their digits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """The labels of one kind: (n,) float confidences, (n,) bool right, (n,) int writers.

    What was no answer, and could not be accepted, has the confidence 0.
    """

    confidences: np.ndarray
    right: np.ndarray
    writers: np.ndarray


Labels = Mapping[str, Labelled]

NO_LABELS = Labelled(confidences=np.zeros(0), right=np.zeros(0, bool), writers=np.zeros(0, int))


def labelled(rows: Iterable[tuple[float, bool, str]]) -> Labelled:
    """The labels of one kind from rows of (confidence, right, writer)."""
    listed = list(rows)
    sure = np.floor(np.array([row[0] for row in listed], float) * GRAIN) / GRAIN
    _, writers = np.unique([row[2] for row in listed], return_inverse=True)
    return Labelled(confidences=sure, right=np.array([row[1] for row in listed], bool), writers=writers.astype(int))


def save_labels(folder: Path, labels: Labels) -> dict[str, Any]:
    """Write `promise.json.xz` into a bundle's folder; returns what its manifest has to hold under `promise`."""
    data = packed(labels)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(data)
    counts = {kind: len(of.right) for kind, of in sorted(labels.items())}
    return {"sha256": hashlib.sha256(data).hexdigest(), "labels": counts}


def packed(labels: Labels) -> bytes:
    """Labels as the compressed bytes of a file."""
    content = {kind: _written(of) for kind, of in sorted(labels.items())}
    return lzma.compress(json.dumps(content, sort_keys=True, separators=(",", ":")).encode(), preset=9)


def unpacked(data: bytes) -> Labels:
    """Labels from the bytes of their file."""
    return {kind: _read(of) for kind, of in json.loads(lzma.decompress(data)).items()}


def load_labels(folder: Path, manifest: Mapping[str, Any]) -> Labels:
    """The labels of a bundle; none where its manifest names none. Raises BundleError for a file that is not its own."""
    data = check_labels(folder, manifest)
    return {} if data is None else unpacked(data)


def check_labels(folder: Path, manifest: Mapping[str, Any]) -> bytes | None:
    """The bytes of a bundle's labels, compressed; None where its manifest names none. Raises BundleError for a file
    that is not its own.
    """
    named = manifest.get("promise")
    if not named:
        return None
    path = folder / FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror} - fetch the bundle again") from error
    if hashlib.sha256(data).hexdigest() != named["sha256"]:
        raise BundleError(f"{path} is not the file that bundle.json names: its digest differs; fetch the bundle again")
    return data


def _written(of: Labelled) -> dict[str, Any]:
    """In the order of confidence, and of that the steps: the order means nothing, and steps are short."""
    order = np.argsort(of.confidences, kind="stable")
    return {
        "steps": np.diff(np.rint(of.confidences[order] * GRAIN).astype(int), prepend=0).tolist(),
        "right": "".join("1" if right else "0" for right in of.right[order]),
        "writer": of.writers[order].tolist(),
    }


def _read(of: Mapping[str, Any]) -> Labelled:
    return Labelled(
        confidences=np.cumsum(np.array(of["steps"], int)) / GRAIN,
        right=np.array([flag == "1" for flag in of["right"]], bool),
        writers=np.array(of["writer"], int),
    )
