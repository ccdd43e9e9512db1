"""Serve a reader in 8-bit integers where that loses nothing: three times as fast, a quarter of the size."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from rapidfuzz.distance import Levenshtein
from scipy.stats import binomtest

from recognizer.alphabet import normal_text
from recognizer.bundle import Graph
from recognizer.line import pad_line
from recognizer.network import Network
from training.evaluate import greedy

LOSS = 0.002
"""How much larger the character error rate may become for integers to serve."""
CHANCE = 0.05
"""Integers lose texts where so many more than they gain would come about by chance less often than this."""
CALIBRATION_LINES = 160
QUANTIZED = ["Conv", "Gemm", "Add", "Relu"]
"""`Relu` among them becomes a part of the convolution before it, whose range then has no half that is cut off."""

Pair = tuple[np.ndarray, str]
"""(32, w) uint8 line and its text."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """How a served network reads: share of exact texts and character error rate, greedily, and its size."""

    exact: float
    cer: float
    kilobytes: int


def served_best(full: Graph, pairs: Sequence[Pair]) -> tuple[Graph, dict[str, Precision]]:
    """A reader's network in integers, unless that loses accuracy on `pairs`; and both accuracies."""
    if not pairs:
        return full, {}
    integers = replace(full, data=quantized(full.data, [line for line, _ in pairs]), precision="int8")
    edits = {graph.precision: edits_of(graph, pairs) for graph in (full, integers)}
    sizes = {graph.precision: len(graph.data) // 1000 for graph in (full, integers)}
    characters = max(1, sum(len(text) for _, text in pairs))
    table: dict[str, Precision] = {
        name: Precision(exact=float(np.mean(wrong == 0)), cer=float(wrong.sum() / characters), kilobytes=sizes[name])
        for name, wrong in edits.items()
    }
    loses = table["int8"].cer > table["fp32"].cer + LOSS or loses_texts(edits["fp32"] == 0, edits["int8"] == 0)
    return full if loses else integers, table


def loses_texts(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether what was right before is wrong after more often than the other way round: an exact sign test."""
    lost, gained = int(np.sum(before & ~after)), int(np.sum(~before & after))
    return lost > gained and bool(binomtest(lost, lost + gained, alternative="greater").pvalue < CHANCE)


def quantized(model: bytes, lines: Sequence[np.ndarray]) -> bytes:
    """A graph with weights per channel and activations in 8 bits, whose ranges are those that `lines` give.

    Weights use 7 of their 8 bits: processors without integer dot products saturate otherwise, and would answer
    differently from those that have them. The first convolution stays as it is: it reads one channel, in which integers
    save nothing, and what it rounds is lost to all that follows.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, small = (Path(folder) / f"{name}.onnx" for name in ("plain", "prepared", "small"))
        plain.write_bytes(model)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared, small, _Lines(lines), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8, op_types_to_quantize=QUANTIZED,
            nodes_to_exclude=_full(onnx.load(prepared)),
        )  # fmt: skip
        return small.read_bytes()


def _full(model: onnx.ModelProto) -> list[str]:
    """Names of the steps that stay in full precision: the first convolution, and the sums within a GELU."""
    first = next((node.name for node in model.graph.node if node.op_type == "Conv"), "")
    erf = {name for node in model.graph.node if node.op_type == "Erf" for name in node.output}
    return [first, *(node.name for node in model.graph.node if node.op_type == "Add" and erf & set(node.input))]


class _Lines(CalibrationDataReader):
    """Some of the lines, evenly picked, as the quantizer asks for them."""

    def __init__(self, lines: Sequence[np.ndarray]) -> None:
        step = max(1, len(lines) // CALIBRATION_LINES)
        self._lines: Iterator[np.ndarray] = iter(lines[::step])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """What onnxruntime calls."""
        line = next(self._lines, None)
        return None if line is None else {"lines": pad_line(line)}


def edits_of(graph: Graph, pairs: Sequence[Pair]) -> np.ndarray:
    """Edits between what a served reader reads, by the best path, and what is written."""
    network, alphabet = Network(graph.data), graph.alphabet
    reads = (greedy(torch.from_numpy(network(pad_line(line))[0]), alphabet)[0] for line, _ in pairs)
    return np.array(
        [
            Levenshtein.distance(normal_text(read), alphabet.written(text))
            for read, (_, text) in zip(reads, pairs, strict=True)
        ]
    )
