"""The marks network: is a box empty, marked, or was its mark taken back?"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from recognizer.frame import stack_frames
from recognizer.marking import MARK_CLASSES


@dataclass(frozen=True, kw_only=True)
class MarkNetConfig:
    """Channels of the convolutions, each of which halves the image."""

    channels: tuple[int, ...] = (16, 32, 48, 64)

    def as_dict(self) -> dict[str, object]:
        """The config as JSON knows it."""
        return asdict(self)


class MarkNet(nn.Module):
    """(n, 1, 32, 32) float in [0, 1], ink 1 -> (n, 3) logits of `MARK_CLASSES`."""

    def __init__(self, config: MarkNetConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        inputs = 1
        for width in config.channels:
            layers += [nn.Conv2d(inputs, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            layers += [nn.MaxPool2d(2)]
            inputs = width
        self.visual = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(inputs * 4, len(MARK_CLASSES)))

    def forward(self, frames: Tensor) -> Tensor:
        """See the class."""
        return self.head(self.visual(frames))


def frames_tensor(frames: list) -> Tensor:
    """Stack (32, 32) uint8 frames into one (n, 1, 32, 32) float tensor in [0, 1]."""
    return torch.from_numpy(stack_frames(frames))
