"""A text network small enough to learn a few printed digit strings by heart while a test waits, and their crops."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional

from recognizer.alphabet import Alphabet
from recognizer.bundle import GENERAL
from recognizer.confidence import UNCALIBRATED
from recognizer.cut import cut_image
from recognizer.form import Field
from recognizer.line import line_image
from recognizer.reading import Crop
from training.net.marks import MarkNet, MarkNetConfig
from training.net.outcome import OutcomeHead, OutcomeHeadConfig
from training.net.text import FRAME_PX, TextNet, TextNetConfig, pad_lines
from training.pack import LineNet, Networks, save_bundle

ALPHABET = Alphabet()
SMALL = TextNetConfig(
    classes=len(ALPHABET), stem=8, stages=((8, 1), (16, 1), (32, 1)), context=48, dilations=(1, 2)
)  # fmt: skip
TEXTS = ("170", "4827", "95", "3061", "2", "66")


def printed(text: str, scale: float = 1.2) -> np.ndarray:
    """A field with a printed text in it: (h, w) uint8."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    image = np.full((height + 40, width + 60), 250, np.uint8)
    cv2.putText(image, text, (30, height + 20), cv2.FONT_HERSHEY_SIMPLEX, scale, 30, 2, cv2.LINE_AA)
    return image


def field(kind: str = "digits", **settings: object) -> Field:
    return Field(name="f", kind=kind, box=(0, 0, 200, 40), printed_box=False, **settings)  # type: ignore[arg-type]


def crop(text: str, asked: Field | None = None) -> Crop:
    """The text as a pre-cut field."""
    return cut_image(printed(text), asked or field(), dpi=200, lines=False)


@cache
def text_net() -> TextNet:
    """Knows `TEXTS` by heart."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net = TextNet(SMALL)
    images = [crop(text).image for text in TEXTS]
    lines = pad_lines([line for image in images if (line := line_image(image)) is not None])
    targets = torch.cat([torch.from_numpy(ALPHABET.encode(text)) for text in TEXTS])
    frames, lengths = torch.full((len(TEXTS),), lines.shape[3] // FRAME_PX), torch.tensor([len(t) for t in TEXTS])
    optimizer = torch.optim.AdamW(net.parameters(), 4e-3)
    for _ in range(160):
        log_probs = net.train()(lines).log_softmax(2).transpose(0, 1)
        loss = functional.ctc_loss(log_probs, targets, frames, lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


def trusting_head(context: int) -> OutcomeHead:
    """Takes everything for an answer."""
    head = OutcomeHead(OutcomeHeadConfig(columns=context)).eval()
    with torch.no_grad():
        head.classify[-1].weight.zero_()
        head.classify[-1].bias.copy_(torch.tensor([9.0, 0.0, 0.0, 0.0]))
    return head


def small_networks(text: TextNet | None = None) -> Networks:
    """The small text network, or another one, and marks that were never trained."""
    torch.manual_seed(1)
    text = text or text_net()
    reader = LineNet(ALPHABET, text, trusting_head(text.config.context))
    return Networks(readers={GENERAL: reader.eval()}, marks=MarkNet(MarkNetConfig()).eval())


def save_small(folder: Path) -> str:
    """Write a bundle with the small network; returns its id."""
    return save_bundle(folder, small_networks(), calibration=UNCALIBRATED, manifest={"made": "by a test"})
