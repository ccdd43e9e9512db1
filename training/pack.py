"""Pack networks into a bundle, and take them out again to train on.

What serves is an ONNX graph per network; beside the bundle lie its masters, the weights in full precision that a
training can begin with. A text network's shortcut head, which only training needs, is left out; it learns anew.
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
from recognizer.bundle import GENERAL, Graph, Master, Served, load_content, masters_of, read_checked, write_bundle
from recognizer.confidence import Calibration
from recognizer.errors import BundleError
from training.net.marks import MarkNet, MarkNetConfig
from training.net.outcome import OutcomeHead, OutcomeHeadConfig
from training.net.served import served_form
from training.net.text import TextNet, TextNetConfig

ONLY_TRAINING = "text.shortcut_head."
OPSET = 17


class LineNet(nn.Module):
    """A text network with its outcome head: what reads the lines of an alphabet."""

    def __init__(self, alphabet: Alphabet, text: TextNet, outcome: OutcomeHead) -> None:
        super().__init__()
        self.alphabet, self.text, self.outcome = alphabet, text, outcome

    def forward(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, 32, w) float in [0, 1] -> (n, w / 4, classes), (n, 4)."""
        columns = self.text.columns(lines)
        return self.text.head(self.text.context(columns))[:, :, 0].transpose(1, 2), self.outcome(columns)

    @property
    def config(self) -> dict[str, object]:
        """All that is needed to build it again, as JSON knows it."""
        return {
            "alphabet": self.alphabet.characters,
            "text": self.text.config.as_dict(),
            "outcome": self.outcome.config.as_dict(),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Networks:
    """The networks of a bundle as torch knows them; `readers` by name, `GENERAL` among them."""

    readers: Mapping[str, LineNet]
    marks: MarkNet

    @property
    def general(self) -> LineNet:
        """The reader that can read any field."""
        return self.readers[GENERAL]


def export(networks: Networks) -> Served:
    """The graphs in full precision."""
    axes = {"frames": {0: "count"}, "logits": {0: "count"}}
    marks = _graph(networks.marks, torch.rand(2, 1, 32, 32), ("frames",), ("logits",), axes)
    readers = {name: Graph(alphabet=net.alphabet, data=graph_of(net)) for name, net in networks.readers.items()}
    return Served(readers=readers, marks=marks)


def graph_of(net: LineNet) -> bytes:
    """A reader as one ONNX graph, for any number of lines of any one width."""
    axes = {"lines": {0: "count", 3: "width_px"}, "logits": {0: "count", 1: "frames"}, "outcomes": {0: "count"}}
    served = LineNet(net.alphabet, served_form(net.text), net.outcome)
    return _graph(served, torch.rand(2, 1, 32, 128), ("lines",), ("logits", "outcomes"), axes)


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
    *,
    calibration: Calibration,
    manifest: Mapping[str, Any],
    served: Served | None = None,
) -> str:
    """Write a bundle into a folder, and its masters beside it; returns its id.

    Without `served` it serves in full precision.
    """
    readers = {name: Master(config=net.config, data=_weights(net)) for name, net in networks.readers.items()}
    marks = Master(config=networks.marks.config.as_dict(), data=_weights(networks.marks))
    return write_bundle(
        folder, served or export(networks), {**readers, "marks": marks}, calibration=calibration, manifest=manifest
    )


def _weights(net: nn.Module) -> bytes:
    state = net.state_dict().items()
    return save({name: tensor.contiguous().cpu() for name, tensor in state if not name.startswith(ONLY_TRAINING)})


def load_networks(folder: Path) -> Networks:
    """The networks of a bundle from its masters, in evaluation mode; the readers' shortcut heads are new.

    Raises:
        BundleError: the folder is no bundle, its masters are not beside it, or they are damaged.
    """
    _, content = load_content(folder)
    try:
        listed = content["masters"]
        readers = {
            name: _filled(folder, name, _line_net(listed[name]["config"]), listed[name]["sha256"])
            for name in content["readers"]
        }
        marks = MarkNet(_config(MarkNetConfig, listed["marks"]["config"]))
        return Networks(readers=readers, marks=_filled(folder, "marks", marks, listed["marks"]["sha256"]))
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, IndexError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error


def _line_net(config: Mapping[str, Any]) -> LineNet:
    return LineNet(
        Alphabet(characters=config["alphabet"]),
        TextNet(_config(TextNetConfig, config["text"])),
        OutcomeHead(_config(OutcomeHeadConfig, config["outcome"])),
    )


def _filled(folder: Path, name: str, net: Any, sha256: str) -> Any:
    path = masters_of(folder) / f"{name}.safetensors"
    data = read_checked(path, sha256)
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
