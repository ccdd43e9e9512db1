"""The text network: a small fully convolutional net trained with CTC.

Few FLOPs by early stride, inverted residual blocks with depthwise convolutions (Sandler et al., MobileNetV2, 2018),
columns pooled to one row and dilated depthwise 1-D convolutions for context. During training a second, short CTC head
in front of the context layers ("CTC shortcut", Retsinas et al., Best practices for a handwritten text recognition
system, 2022) keeps the visual part honest.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

FRAME_PX = 4
"""Input pixels per output frame."""


@dataclass(frozen=True, kw_only=True)
class TextNetConfig:
    """Widths of the stages; everything that is needed to build the network again."""

    classes: int
    stem: int = 24
    stages: tuple[tuple[int, int], ...] = ((32, 1), (64, 3), (128, 4))
    context: int = 256
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)

    def as_dict(self) -> dict[str, object]:
        """The config as JSON knows it."""
        return asdict(self)


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


class Context(nn.Module):
    """A residual dilated depthwise convolution along the line. (n, c, 1, w) -> (n, c, 1, w)."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, (1, 7), 1, (0, 3 * dilation), (1, dilation), channels, bias=False),
            norm_act(channels),
            nn.Conv2d(channels, channels, 1, bias=False),
            norm_act(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x + self.layers(x)


class TextNet(nn.Module):
    """Line images to CTC logits."""

    def __init__(self, config: TextNetConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = [nn.Conv2d(1, config.stem, 5, 2, 2, bias=False), norm_act(config.stem)]
        channels = config.stem
        for number, (width, depth) in enumerate(config.stages):
            stride = ((1, 1), (2, 2), (2, 1))[number]
            for block in range(depth):
                layers.append(InvertedResidual(channels, width, stride if block == 0 else (1, 1)))
                channels = width
        self.visual = nn.Sequential(*layers)
        self.column = nn.Sequential(nn.Conv2d(channels, config.context, (4, 1), bias=False), norm_act(config.context))
        self.context = nn.Sequential(*(Context(config.context, d) for d in config.dilations))
        self.drop = nn.Dropout(0.1)
        self.head = nn.Conv2d(config.context, config.classes, 1)
        self.shortcut_head = nn.Conv2d(config.context, config.classes, (1, 3), padding=(0, 1))

    def columns(self, lines: Tensor) -> Tensor:
        """(n, 1, 32, w) float in [0, 1] -> (n, context, 1, w / 4) features that each see a narrow window."""
        return self.column(self.visual(lines))

    def forward(self, lines: Tensor) -> Tensor:
        """(n, 1, 32, w) float in [0, 1], ink 1, w a multiple of 4 -> (n, w / 4, classes) logits."""
        return self.head(self.drop(self.context(self.columns(lines))))[:, :, 0].transpose(1, 2)

    def training_logits(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the head and of the shortcut, each (n, w / 4, classes)."""
        columns = self.columns(lines)
        logits = self.head(self.drop(self.context(columns)))
        return logits[:, :, 0].transpose(1, 2), self.shortcut_head(columns)[:, :, 0].transpose(1, 2)


def pad_lines(lines: list, multiple_px: int = 32) -> Tensor:
    """Stack (32, w) uint8 lines into one (n, 1, 32, w') float tensor in [0, 1], padded with paper on the right."""
    width = -(-(max(line.shape[1] for line in lines) + 8) // multiple_px) * multiple_px
    batch = torch.zeros(len(lines), 1, lines[0].shape[0], width)
    for i, line in enumerate(lines):
        batch[i, 0, :, : line.shape[1]] = torch.from_numpy(line).float() / 255
    return batch
