"""The visual part of the text network: from a line image to features, four rows high and a quarter as wide.

Two kinds of blocks. Separable ones (inverted residuals, Sandler et al., MobileNetV2, 2018) need the fewest
multiplications; dense ones (He et al., Deep residual learning, 2016) need more and still less time, because a processor
spends its time on moving memory: it reaches 100 GFLOP/s in the former and 370 in the latter.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


def norm_act(channels: int) -> nn.Sequential:
    """Batch normalization and ReLU."""
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; a shortcut where the shape stays. (n, c, h, w) -> (n, c', h', w')."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int] = (1, 1), expansion: int = 2) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.shortcut = inputs == outputs and stride == (1, 1)
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, hidden, 1, bias=False),
            norm_act(hidden),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            norm_act(hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x + self.layers(x) if self.shortcut else self.layers(x)


class Residual(nn.Module):
    """Two 3x3 convolutions and a shortcut around them. (n, c, h, w) -> (n, c, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            norm_act(channels),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return functional.relu(x + self.layers(x))


def visual(block: str, stem: int, stages: Sequence[tuple[int, int]]) -> nn.Sequential:
    """(n, 1, 32, w) -> (n, channels of the last stage, 4, w / 4), as stem and stages of `block`s."""
    layers: list[nn.Module] = [nn.Conv2d(1, stem, 5, 2, 2, bias=False), norm_act(stem)]
    layers += _separable(stem, stages) if block == "separable" else _dense(stem, stages)
    return nn.Sequential(*layers)


def _separable(channels: int, stages: Sequence[tuple[int, int]]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for (width, depth), stride in zip(stages, ((1, 1), (2, 2), (2, 1)), strict=True):
        for number in range(depth):
            layers.append(InvertedResidual(channels, width, stride if number == 0 else (1, 1)))
            channels = width
    return layers


def _dense(channels: int, stages: Sequence[tuple[int, int]]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for (width, depth), stride in zip(stages, ((2, 2), (2, 1)), strict=True):
        layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), norm_act(width)]
        layers += [Residual(width) for _ in range(depth)]
        channels = width
    return layers
