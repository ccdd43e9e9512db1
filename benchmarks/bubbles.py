"""Filled or not? Real photographed bubble sheets, with letters printed in the bubbles: right and wrong ones.

    python benchmarks/bubbles.py [--data ../shared/data] [--bundle data/bundle]

Three photos of the shared data's omr_checker: 690 bubbles in 170 questions of one answer at most. Where they lie on the
photos (to about two pixels) and which are filled was keyed by hand; training sees none of them.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from recognizer.frame import ink_level, mark_frame
from recognizer.marking import checkbox, choice_group
from training.net.marks import MarkNet, frames_tensor
from training.pack import load_networks

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Questions below each other: centres of the four corner bubbles (top left, top right, bottom left, bottom right).

    `answers` has a letter per question, "-" where nothing is filled.
    """

    corners: Corners
    answers: str
    options: str = "ABCD"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A photo, the side of its bubbles in pixels, its blocks, in pixels times `scale`."""

    path: str
    side_px: int
    blocks: tuple[Block, ...]
    scale: float = 1.0


SHEETS = (
    Sheet(
        path="sample3/colored-thick-sheet/rgb-100-gsm.jpg",
        side_px=16,
        scale=1200 / 952,
        blocks=(
            Block(
                corners=((360, 527), (430, 525.5), (362, 1032), (432, 1031.5)),
                answers="DDA-CCB-ACCDADACADBDDCDDDD-BADDC-B-CD--A",
            ),
            Block(
                corners=((477, 525), (546, 524), (479, 1031.5), (550, 1031.5)),
                answers="-ACCBCAAC-C-DBC-BCD--CC-CABC----DDCDA--B",
            ),
            Block(
                corners=((592, 524), (662, 523), (597, 1031.5), (667, 1031.5)),
                answers="-BDCC-D-DCDA-A--ACBA" + 20 * "-",
            ),
            Block(corners=((710, 523), (780, 522), (715, 1031), (787, 1031)), answers=40 * "-"),
        ),
    ),
    Sheet(
        path="sample2/AdrianSample/adrian_omr.png",
        side_px=33,
        blocks=(
            Block(corners=((208, 276), (374, 276), (207, 485), (381, 485)), answers="BEACB", options="ABCDE"),
        ),
    ),
    Sheet(
        path="sample2/AdrianSample/adrian_omr_2.png",
        side_px=30,
        blocks=(
            Block(corners=((96, 117), (246, 117), (97, 302), (246, 300)), answers="CEABB", options="ABCDE"),
        ),
    ),
)  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    options = arguments.parse_args()
    folder = options.data / "forms/omr_checker"
    if not folder.exists():
        raise SystemExit(f"{folder} is not there: this benchmark needs the optional shared data folder")
    torch.set_num_threads(1)
    net = load_networks(options.bundle).marks
    for sheet in SHEETS:
        report(net, sheet, folder)


def report(net: MarkNet, sheet: Sheet, folder: Path) -> None:
    """Print how many bubbles and questions of a sheet are right, at all and among those accepted at 0.9."""
    image = cv2.imread(str(folder / sheet.path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SystemExit(f"{folder / sheet.path} cannot be read as an image")
    ink = ink_level(around(image, sheet, block) for block in sheet.blocks)
    bubbles, questions = [], []
    for block in sheet.blocks:
        for probs, answer in zip(read(net, image, sheet, block, ink), block.answers, strict=True):
            for row, letter in zip(probs, block.options, strict=True):
                said = checkbox(row)
                bubbles.append((said.text == ("yes" if letter == answer else "no"), said.confidence, said.outcome))
            group = choice_group(probs, list(block.options), multiple=False)
            text = "-" if group.outcome == "blank" else group.text
            questions.append((text == answer, group.confidence, group.outcome))
    for name, rows in (("bubbles", bubbles), ("questions", questions)):
        right, unclear = sum(row[0] for row in rows), sum(row[2] == "ambiguous" for row in rows)
        accepted = [row for row in rows if row[1] >= 0.9 and row[2] != "ambiguous"]
        wrong = sum(not row[0] for row in accepted)
        print(f"{sheet.path}: {right} of {len(rows)} {name} right, {unclear} ambiguous; "
              f"{len(accepted)} accepted, {wrong} of them wrong")  # fmt: skip


def around(image: np.ndarray, sheet: Sheet, block: Block) -> np.ndarray:
    """The part of a photo with one block, as crops show it: a quarter of a bubble more on every side."""
    corners, reach = np.array(block.corners) * sheet.scale, 0.75 * sheet.side_px
    left, top = (max(0, round(v)) for v in corners.min(axis=0) - reach)
    right, bottom = (round(v) for v in corners.max(axis=0) + reach)
    return image[top:bottom, left:right]


@torch.inference_mode()
def read(net: MarkNet, image: np.ndarray, sheet: Sheet, block: Block, ink: float) -> np.ndarray:
    """(questions, options, 3) probabilities; `ink` is the sheet's `ink_level`."""
    rows, columns = len(block.answers), len(block.options)
    top_left, top_right, bottom_left, bottom_right = (np.array(corner) * sheet.scale for corner in block.corners)
    frames = []
    for down in np.linspace(0, 1, rows):
        for across in np.linspace(0, 1, columns):
            upper = (1 - across) * top_left + across * top_right
            lower = (1 - across) * bottom_left + across * bottom_right
            x, y = (1 - down) * upper + down * lower - sheet.side_px / 2
            frames.append(mark_frame(image, (round(x), round(y), sheet.side_px, sheet.side_px), ink))
    return net.eval()(frames_tensor(frames)).double().softmax(1).numpy().reshape(rows, columns, 3)


if __name__ == "__main__":
    main()
