"""Find how far a page is turned, and turn it back."""

import cv2
import numpy as np

WIDEST_DEG = 15.0
MOST_POINTS = 15_000
CLEAREST = 1.25
"""The best angle's profile must be this much sharper than the typical angle's; otherwise no skew is claimed."""


def skew_deg(ink: np.ndarray) -> float:
    """How far the page is turned counter-clockwise, in (-15, 15) degrees; 0 where nothing tells.

    `ink` is (height, width), 1 where ink is. Lines and text baselines pile up in the projection profile across them
    (Postl 1986): the angle at which the profile of edge points is sharpest, rows and columns together, is searched
    coarse to fine.
    """
    profiles = _edge_points(ink)
    if sum(len(along) for along, _ in profiles) < 100:
        return 0.0
    coarse = np.arange(-WIDEST_DEG, WIDEST_DEG + 0.1, 0.5)
    scores = _scores([(along[::4], across[::4]) for along, across in profiles], coarse, 4.0)
    best = float(coarse[np.argmax(scores)])
    if scores.max() < CLEAREST * np.median(scores):
        return 0.0
    for step, bin_px in ((0.125, 2.0), (0.04, 1.0)):
        angles = best + step * np.arange(-5, 6)
        best = _peak(angles, _scores(profiles, angles, bin_px))
    return round(best, 3)


def deskew(image: np.ndarray, turned_deg: float, paper: int) -> np.ndarray:
    """Turn `image` back by `turned_deg`; the canvas grows so that no corner is lost, filled with `paper`."""
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -turned_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size = int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos))
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return cv2.warpAffine(image, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper)


def _edge_points(ink: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Lower edges for the row profile and right edges for the column profile: (along, across) of each point."""
    lower = ink[:-1, :] > ink[1:, :]
    right = ink[:, :-1] > ink[:, 1:]
    y, x = _some(lower)
    rows = (x - ink.shape[1] / 2, y)
    y, x = _some(right)
    return [rows, (-(y - ink.shape[0] / 2), x)]


def _some(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = np.flatnonzero(edges)
    found = found[:: max(1, len(found) // MOST_POINTS)]
    y, x = np.divmod(found, edges.shape[1])
    return y.astype(np.float32), x.astype(np.float32)


def _scores(profiles: list[tuple[np.ndarray, np.ndarray]], angles_deg: np.ndarray, bin_px: float) -> np.ndarray:
    """Sharpness of the profiles at each angle: the sum of squares of their bins."""
    scores = np.zeros(len(angles_deg))
    for along, across in profiles:
        if not len(along):
            continue
        reach = np.abs(along).max() * np.tan(np.radians(WIDEST_DEG + 2)) + 1
        for i, tangent in enumerate(np.tan(np.radians(angles_deg))):
            bins = ((across + along * tangent + reach) / bin_px).astype(np.int32)
            scores[i] += float(np.square(np.bincount(bins).astype(np.float64)).sum())
    return scores


def _peak(angles: np.ndarray, scores: np.ndarray) -> float:
    """The angle of the highest score, between the sampled angles by a parabola."""
    i = int(np.argmax(scores))
    if i in (0, len(angles) - 1):
        return float(angles[i])
    left, top, right = scores[i - 1 : i + 2]
    bend = left - 2 * top + right
    return (
        float(angles[i] + (angles[i] - angles[i - 1]) * 0.5 * (left - right) / bend) if bend < 0 else float(angles[i])
    )
