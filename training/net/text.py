"""The text network: a small convolutional net trained with CTC, in one of a few designs.

What all designs share: an early stride, columns pooled to one row, a context part that looks along the line, and during
training a second, short CTC head in front of it ("CTC shortcut", Retsinas et al., Best practices for a handwritten text
recognition system, 2022), which keeps the visual part honest. `docs/DESIGNS.md` compares them.
"""

from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from training.net.context import AttentionLayer, ConvolutionLayer, Recurrent
from training.net.visual import norm_act, visual

FRAME_PX = 4
"""Input pixels per output frame."""

Block = Literal["separable", "dense"]
ContextKind = Literal["separable", "dense", "recurrent"]


@dataclass(frozen=True, kw_only=True)
class TextNetConfig:
    """Design and widths of the stages; everything that is needed to build the network again.

    Each of `stages` is (channels, blocks); `dilations` has one number per context layer, which `attention_layers`
    layers of self-attention follow.
    """

    classes: int
    block: Block = "separable"
    stem: int = 24
    stages: tuple[tuple[int, int], ...] = ((32, 1), (64, 3), (128, 4))
    context_kind: ContextKind = "separable"
    context: int = 256
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)
    attention_layers: int = 0

    def as_dict(self) -> dict[str, object]:
        """The config as JSON knows it."""
        return asdict(self)


class TextNet(nn.Module):
    """Line images to CTC logits."""

    def __init__(self, config: TextNetConfig) -> None:
        super().__init__()
        self.config = config
        self.visual = visual(config.block, config.stem, config.stages)
        channels = config.stages[-1][0]
        self.column = nn.Sequential(nn.Conv2d(channels, config.context, (4, 1), bias=False), norm_act(config.context))
        self.context = _context(config)
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


def _context(config: TextNetConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    if config.context_kind == "recurrent":
        layers.append(Recurrent(config.context, len(config.dilations)))
    else:
        separable = config.context_kind == "separable"
        layers += [ConvolutionLayer(config.context, dilation, separable=separable) for dilation in config.dilations]
    return nn.Sequential(*layers, *(AttentionLayer(config.context) for _ in range(config.attention_layers)))


def pad_lines(lines: list, multiple_px: int = 32) -> Tensor:
    """Stack (32, w) uint8 lines into one (n, 1, 32, w') float tensor in [0, 1], padded with paper on the right."""
    width = -(-(max(line.shape[1] for line in lines) + 8) // multiple_px) * multiple_px
    batch = torch.zeros(len(lines), 1, lines[0].shape[0], width)
    for i, line in enumerate(lines):
        batch[i, 0, :, : line.shape[1]] = torch.from_numpy(line).float() / 255
    return batch
