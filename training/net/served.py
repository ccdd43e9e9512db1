"""A text network in the form in which it is exported: the same function in fewer and larger steps.

A runtime pays a few microseconds for each step of a graph, whatever it computes, and a short line has 24 columns. As
torch writes it, a transformer layer is 80 steps, a third of which work out shapes, and takes a third of the
network's time for a tenth of its multiplications.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.net.context import AttentionLayer
from training.net.text import TextNet


def served_form(net: TextNet) -> TextNet:
    """A copy whose transformer layers are written for a runtime; weights and results are the same but for rounding."""
    net = copy.deepcopy(net).cpu().eval()
    for number, layer in enumerate(net.context):
        if isinstance(layer, AttentionLayer):
            net.context[number] = ServedAttention(layer)
    return net


class ServedAttention(nn.Module):
    """What an `AttentionLayer` computes, (n, c, 1, w) -> (n, c, 1, w), its linear layers as convolutions of width one,
    which add their bias and round in one step, and its scale a part of their weights.
    """

    def __init__(self, layer: AttentionLayer) -> None:
        super().__init__()
        channels = layer.out.in_features
        self.channels, self.heads = channels, layer.heads
        self.where = nn.Conv2d(channels, channels, (1, 7), padding=(0, 3), groups=channels)
        self.where.load_state_dict({"weight": layer.where.weight[:, :, None], "bias": layer.where.bias})
        self.norm, self.norm_mlp = layer.norm, layer.norm_mlp
        self.queries_keys_values = _pointwise(layer.queries_keys_values)
        with torch.no_grad():
            for part in self.queries_keys_values.parameters():
                part[:channels] *= (channels // self.heads) ** -0.5
        self.out = _pointwise(layer.out)
        self.mlp = nn.Sequential(_pointwise(layer.mlp[0]), nn.GELU(), _pointwise(layer.mlp[2]))  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = x + self.where(x)
        x = x + self.out(self._seen(self.queries_keys_values(_normed(self.norm, x))))
        return x + self.mlp(_normed(self.norm_mlp, x))

    def _seen(self, parts: Tensor) -> Tensor:
        """What each column gathers from all others, (n, 3 c, 1, w) -> (n, c, 1, w)."""
        heads = _Shaped.apply(parts, 3 * self.heads, self.channels // self.heads, -1)
        queries, keys, values = torch.split(heads, self.heads, 1)  # each (n, heads, c / heads, w)
        weights = functional.softmax(queries.transpose(2, 3) @ keys, -1)
        return _Shaped.apply(values @ weights.transpose(2, 3), self.channels, 1, -1)


class _Shaped(torch.autograd.Function):
    """`reshape` of all but the first axis, exported with the numbers as they stand: torch would have the runtime work
    them out of the input's shape each time.
    """

    @staticmethod
    def forward(_: object, x: Tensor, *sizes: int) -> Tensor:
        return x.reshape(x.shape[0], *sizes)

    @staticmethod
    def symbolic(graph, x, *sizes):  # type: ignore[no-untyped-def]
        """What the exporter writes; 0 is the first axis as it is."""
        return graph.op("Reshape", x, graph.op("Constant", value_t=torch.tensor([0, *sizes])))


def _pointwise(linear: nn.Linear) -> nn.Conv2d:
    convolution = nn.Conv2d(linear.in_features, linear.out_features, 1)
    convolution.load_state_dict({"weight": linear.weight[:, :, None, None], "bias": linear.bias})
    return convolution


def _normed(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Over the channels of (n, c, 1, w)."""
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
