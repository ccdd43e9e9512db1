"""Pack networks into a bundle, and take them out again to train on.

What serves is an ONNX graph per network, beside the weights in full precision that a training can begin with. The
text network's shortcut head, which only training needs, is left out; it learns anew within minutes.
"""

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from recognizer.alphabet import Alphabet
from recognizer.bundle import Served, Weights, load_content, read_checked, write_bundle
from recognizer.confidence import Calibration
from recognizer.errors import BundleError
from training.net.marks import MarkNet, MarkNetConfig
from training.net.outcome import OutcomeHead, OutcomeHeadConfig
from training.net.text import TextNet, TextNetConfig

ONLY_TRAINING = "shortcut_head."
OPSET = 17


@dataclass(frozen=True, kw_only=True, eq=False)
class Networks:
    """The networks of a bundle as torch knows them."""

    text: TextNet
    outcome: OutcomeHead
    marks: MarkNet


class Line(nn.Module):
    """Text network and outcome head as one graph: a line -> (logits, outcome logits)."""

    def __init__(self, text: TextNet, outcome: OutcomeHead) -> None:
        super().__init__()
        self.text, self.outcome = text, outcome

    def forward(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, 32, w) float in [0, 1] -> (n, w / 4, classes), (n, 4)."""
        columns = self.text.columns(lines)
        return self.text.head(self.text.context(columns))[:, :, 0].transpose(1, 2), self.outcome(columns)


def export(networks: Networks) -> Served:
    """The graphs in full precision."""
    axes = {"frames": {0: "count"}, "logits": {0: "count"}}
    marks = _graph(networks.marks, torch.rand(2, 1, 32, 32), ("frames",), ("logits",), axes)
    return Served(text=graph_of_text(networks.text, networks.outcome), marks=marks, precision="fp32")


def graph_of_text(text: TextNet, outcome: OutcomeHead) -> bytes:
    """Text network and outcome head as one ONNX graph, for any number of lines of any one width."""
    axes = {"lines": {0: "count", 3: "width_px"}, "logits": {0: "count", 1: "frames"}, "outcomes": {0: "count"}}
    return _graph(Line(text, outcome), torch.rand(2, 1, 32, 128), ("lines",), ("logits", "outcomes"), axes)


def _graph(net: nn.Module, example: Tensor, inputs: tuple[str, ...], outputs: tuple[str, ...], axes: dict) -> bytes:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "graph.onnx"  # the newer exporter takes half a minute instead of two seconds
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.cpu().eval(), (example,), path, input_names=list(inputs), output_names=list(outputs),
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        return path.read_bytes()


def save_bundle(
    folder: Path,
    networks: Networks,
    alphabet: Alphabet,
    *,
    calibration: Calibration,
    manifest: Mapping[str, Any],
    served: Served | None = None,
) -> str:
    """Write a bundle into a folder, which is made; returns its id. Without `served` it serves in full precision."""
    weights = {
        "text": Weights(kind="TextNet", config=networks.text.config.as_dict(), data=_weights(networks.text)),
        "outcome": Weights(
            kind="OutcomeHead", config=networks.outcome.config.as_dict(), data=_weights(networks.outcome)
        ),
        "marks": Weights(kind="MarkNet", config=networks.marks.config.as_dict(), data=_weights(networks.marks)),
    }
    return write_bundle(
        folder, served or export(networks), weights, alphabet, calibration=calibration, manifest=manifest
    )


def _weights(net: nn.Module) -> bytes:
    state = net.state_dict().items()
    return save({name: tensor.contiguous().cpu() for name, tensor in state if not name.startswith(ONLY_TRAINING)})


def load_networks(folder: Path) -> Networks:
    """The networks of a bundle, in evaluation mode; the text network's shortcut head is new.

    Raises:
        BundleError: the folder is no bundle, or damaged.
    """
    _, content = load_content(folder)
    try:
        nets = content["networks"]
        return Networks(
            text=_filled(folder, "text", TextNet(_config(TextNetConfig, nets["text"]["config"])), nets),
            outcome=_filled(
                folder, "outcome", OutcomeHead(_config(OutcomeHeadConfig, nets["outcome"]["config"])), nets
            ),
            marks=_filled(folder, "marks", MarkNet(_config(MarkNetConfig, nets["marks"]["config"])), nets),
        )
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, IndexError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error


def _filled(folder: Path, name: str, net: Any, nets: Mapping[str, Any]) -> Any:
    path = folder / f"{name}.safetensors"
    data = read_checked(path, nets[name]["sha256"])
    try:
        missing, unexpected = net.load_state_dict(load(data), strict=False)
    except (RuntimeError, ValueError, SafetensorError) as error:
        raise BundleError(f"{path} does not fit its network: {str(error).splitlines()[0]}") from error
    if unexpected or any(not key.startswith(ONLY_TRAINING) for key in missing):
        raise BundleError(f"{path} does not fit its network: {(unexpected or missing)[0]}")
    return net.eval()


def _config(kind: type, settings: Mapping[str, Any]) -> Any:
    """A network's config from JSON, where tuples have become lists."""
    return kind(**{key: _tuples(value) for key, value in settings.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
