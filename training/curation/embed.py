"""Where a line of writing lies among others: in the features of the network that reads it, and as a small picture."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from recognizer.bundle import masters_of
from recognizer.line import HEIGHT_PX, INK_HEIGHT_PX

AREA_PX = 64 * 320
PICTURE_PX = (96, 16)
"""Width and height of the small picture."""


def embeddings(bundle: Path, lines: Sequence[np.ndarray]) -> np.ndarray:
    """(n, d) float32 of length 1: mean and standard deviation of the general reader's columns over each (32, w) line.

    Of a bundle without its masters, whose network cannot be looked into, the small pictures.
    Raises BundleError where the masters are damaged.
    """
    if not masters_of(bundle).is_dir():
        return small_pictures(lines)
    import torch

    from training.net.text import FRAME_PX, pad_lines
    from training.pack import load_networks

    net = load_networks(bundle).general.text
    found: list[np.ndarray | None] = [None] * len(lines)
    with torch.inference_mode():
        for group in _like_wide(lines):
            columns = net.columns(pad_lines([lines[i] for i in group]))[:, :, 0]
            for row, i in zip(columns, group, strict=True):
                seen = row[:, : max(1, -(-lines[i].shape[1] // FRAME_PX))]  # not the paper that fills the batch
                found[i] = torch.cat([seen.mean(1), seen.std(1, unbiased=False)]).numpy()
    return _of_length_one(np.array(found, np.float32))


def small_pictures(lines: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 96 * 16) float32 of length 1: lines shrunk to one size, blurred, freed of their mean."""
    rows = [cv2.GaussianBlur(cv2.resize(_tight(line), PICTURE_PX, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
            for line in lines]  # fmt: skip
    flat = np.array(rows, np.float32).reshape(len(lines), -1)
    return _of_length_one(flat - flat.mean(axis=1, keepdims=True))


def _tight(line: np.ndarray) -> np.ndarray:
    """Without the margin that the normalization leaves around the writing."""
    margin = (HEIGHT_PX - INK_HEIGHT_PX) // 2
    return line[margin : HEIGHT_PX - margin, 4 : max(8, line.shape[1] - 4)]


def _like_wide(lines: Sequence[np.ndarray]) -> list[list[int]]:
    """Numbers of lines, those of like width together."""
    found: list[list[int]] = [[]]
    for i in sorted(range(len(lines)), key=lambda i: lines[i].shape[1]):
        if found[-1] and (len(found[-1]) + 1) * (lines[i].shape[1] + 32) > AREA_PX:
            found.append([])
        found[-1].append(i)
    return [group for group in found if group]


def _of_length_one(rows: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(norms, 1e-6) if len(rows) else rows
