"""How people write, as the network that reads them sees it: an embedding for each page.

A network tells letters apart by features of strokes, so the columns before its last layer know the hand, too: mean and
spread of what a CNN sees of pieces of writing tell writers apart (Christlein et al., Unsupervised feature learning for
writer identification and writer retrieval, ICDAR 2017). What people write in the same fields of a form is much alike
from page to page, so what moves in them is hand, pen or language.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recognizer.errors import BundleError, LedgerError
from recognizer.line import line_image, pad_line
from recognizer.network import Network
from serving.ledger import Ledger
from serving.models import Shelf

if TYPE_CHECKING:
    import pandas as pd

MONITOR = "style_drift"
DIMENSIONS = 32
"""Directions, drawn once and for all, onto which embeddings are projected. Distances stay about as they are (Johnson
and Lindenstrauss 1984), and a classifier has few weights to learn from a hundred pages."""
MEASURES = tuple(f"style {number}" for number in range(DIMENSIONS))
LINES = 4
"""Of a page its longest texts are looked at, so many."""
AT_ONCE = 200
"""Pages that are asked for together."""
GRAPH = "text.onnx"
LAST = ("Conv", "Gemm", "MatMul")
"""What a last layer is."""
CHOSEN = """
    SELECT page_id, crop_id, bundle_id FROM _fields
    WHERE page_id IN ({pages}) AND fresh AND outcome = 'text' AND kind NOT IN ('checkbox', 'choice', 'choice_group')
          AND kind <> 'signature'
    QUALIFY row_number() OVER (PARTITION BY page_id ORDER BY characters DESC, field, crop_id) <= {lines}
    ORDER BY page_id, field, crop_id"""

Features = Callable[[np.ndarray], np.ndarray]
"""From a line as the network reads it to (channels, frames)."""


class Styles:
    """Embeddings of pages, by the network of the bundle that read them; NaN where that cannot be looked into."""

    def __init__(self, ledger: Ledger, ask: Callable[[str], Any], shelf: Shelf) -> None:
        self._ledger, self._ask, self._shelf = ledger, ask, shelf
        self._networks: dict[str, Features | None] = {}

    def of(self, pages: "pd.DataFrame") -> np.ndarray:
        """(n, `DIMENSIONS`) of the pages whose ids are `unit`."""
        ids, found = list(pages["unit"]), dict[str, np.ndarray]()
        for start in range(0, len(ids), AT_ONCE):
            found |= self._pages(ids[start : start + AT_ONCE])
        nothing = np.full(DIMENSIONS, np.nan)
        return np.array([found.get(page, nothing) for page in ids]).reshape(-1, DIMENSIONS)

    def _pages(self, page_ids: Sequence[str]) -> dict[str, np.ndarray]:
        lines: dict[str, list[np.ndarray]] = {}
        listed = ", ".join(f"'{page}'" for page in page_ids)
        for row in self._ask(CHOSEN.format(pages=listed, lines=LINES)).to_pylist():
            seen = self._line(row["bundle_id"], row["crop_id"])
            if seen is not None:
                lines.setdefault(row["page_id"], []).append(seen)
        return {page: np.mean(seen, axis=0) for page, seen in lines.items()}

    def _line(self, bundle_id: str, crop_id: str) -> np.ndarray | None:
        features = self._features(bundle_id)
        if features is None:
            return None
        try:
            line = line_image(_grey(self._ledger.crop_png(crop_id)))
        except LedgerError:  # erased
            return None
        if line is None:
            return None
        columns = features(pad_line(line))
        embedding = np.concatenate([columns.mean(axis=1), columns.std(axis=1)])
        return np.asarray(embedding @ directions(len(embedding)))

    def _features(self, bundle_id: str) -> Features | None:
        if bundle_id not in self._networks:
            try:
                self._networks[bundle_id] = features_of(self._shelf.folder(bundle_id) / GRAPH)
            except (BundleError, OSError, ValueError):  # no longer there, or a stack, which has several
                self._networks[bundle_id] = None
        return self._networks[bundle_id]


def features_of(graph: Path) -> Features:
    """What comes into the last layer of a text network. Raises OSError without the file, ValueError for another one."""
    import onnx

    data = graph.read_bytes()
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own has no ancestor of ours
        raise ValueError(f"{graph.name} is no network") from error
    made = {output: node for node in model.graph.node for output in node.output}
    name = next((output.name for output in model.graph.output), "")
    while name in made and made[name].op_type not in LAST:
        name = made[name].input[0]
    if name not in made:
        raise ValueError(f"{graph.name} has no last layer")
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(made[name].input[0]))
    network = Network(model.SerializeToString())

    def features(line: np.ndarray) -> np.ndarray:
        found = network(line)[0][0]
        return found.reshape(len(found), -1)

    return features


@lru_cache(maxsize=4)
def directions(size: int) -> np.ndarray:
    """(size, `DIMENSIONS`), the same ones always."""
    drawn = np.random.default_rng(0).normal(size=(size, DIMENSIONS))
    return np.asarray(drawn / np.sqrt(DIMENSIONS))


def _grey(png: bytes) -> np.ndarray:
    import cv2

    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise LedgerError("a crop is no picture")
    return image
