"""Find a form by the constellation of its printed boxes.

Boxes are found on the page as holes in the ink with four sides; that one detected box is a certain box of the form,
in one of four turns, gives a similarity; the similarity under which most other boxes meet theirs becomes a homography,
which `lines.refine` then lays exactly.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from recognizer.align import lines
from recognizer.align.alignment import Pose, fit, is_plausible, transform
from recognizer.align.sheet import Sheet

SMALLEST_SIDE_PX = 10
MOST_QUADS = 120
CANDIDATES = 8
AT_ONCE = 6
SURE = 0.6
"""The page's largest boxes are tried first, so many at once, until so large a share of the form's boxes meet theirs."""

NEAR = 0.12
"""How far perspective may displace a box, as a share of its distance from the box that the similarity rests on."""


def quads(sheet: Sheet) -> np.ndarray:
    """(n, 4, 2) corners, in pixels of the full image and clockwise, of everything with four sides; largest first."""
    ink, to_image = sheet.fine
    dark = cv2.threshold(ink, 90, 255, cv2.THRESH_BINARY)[1]
    found = []
    for closing in (1, 4):
        closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((closing, closing), np.uint8))
        contours, hierarchy = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        holes = (
            [c for c, (_, _, _, parent) in zip(contours, hierarchy[0], strict=True) if parent >= 0] if contours else []
        )
        found += [quad for hole in holes if (quad := _quad(hole)) is not None]
    found.sort(key=lambda quad: -cv2.contourArea(quad.astype(np.float32)))
    corners = np.array(_distinct(found)[:MOST_QUADS]).reshape(-1, 4, 2)
    return transform(to_image, corners)


def _quad(contour: np.ndarray) -> np.ndarray | None:
    """The four corners (4, 2) of a contour, clockwise from one at the upper left, if its hull has four sides."""
    center, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < SMALLEST_SIDE_PX or max(width, height) < 14:
        return None
    hull = cv2.convexHull(contour).reshape(-1, 2).astype(np.float64)
    box = cv2.boxPoints((center, (width, height), angle)).astype(np.float64)
    u = (box[1] - box[0]) / np.hypot(*(box[1] - box[0]))
    v = (box[3] - box[0]) / np.hypot(*(box[3] - box[0]))
    corners = np.array([hull[np.argmax(hull @ direction)] for direction in (-u - v, u - v, u + v, v - u)])
    area = cv2.contourArea(hull.astype(np.float32))
    if cv2.contourArea(corners.astype(np.float32)) < 0.9 * area or area < 0.8 * width * height:
        return None
    if cv2.contourArea(contour) < 0.6 * area:
        return None
    if np.linalg.det(np.stack([u, v])) < 0:
        corners = corners[::-1]
    return np.roll(corners, -int(np.argmin(corners.sum(axis=1))), axis=0)


def _distinct(found: list[np.ndarray]) -> list[np.ndarray]:
    kept: list[np.ndarray] = []
    for quad in found:
        if not any(np.abs(quad - other).max() < 6 for other in kept):
            kept.append(quad)
    return kept


def locate(sheet: Sheet, found: np.ndarray, boxes: np.ndarray, edges: lines.Edges) -> Pose | None:
    """The best pose (image to form's frame) of a form with printed `boxes` (m, 4, 2), given the page's quads."""
    if not len(found) or not len(boxes):
        return None
    best: Pose | None = None
    for matrix in _candidates(found, boxes):
        matched = _grown(matrix, found, boxes)
        if matched is None or not is_plausible(matched, edges.size):
            continue
        pose = lines.refine(sheet, matched, edges)
        if pose and (best is None or pose.score > best.score):
            best = pose
        if best and best.score > 0.85:
            break
    return best


def _candidates(found: np.ndarray, boxes: np.ndarray) -> list[np.ndarray]:
    """The similarities (3, 3), image to form's frame, that let most boxes meet, best first and all different."""
    ranked: list[tuple[float, np.ndarray]] = []
    for first in range(0, len(found), AT_ONCE):
        for matrix, turned, at in _similarities(found, boxes, slice(first, first + AT_ONCE)):
            moved = transform(matrix, turned)
            tolerance = 8 + NEAR * np.hypot(*(boxes.mean(axis=1) - at).T)
            apart = np.abs(moved[:, None] - boxes[None]).max(axis=(2, 3))
            ranked.append((float(np.maximum(1 - apart.min(axis=0) / tolerance, 0).sum()), matrix))
        if ranked and max(agreement for agreement, _ in ranked) > SURE * len(boxes):
            break
    ranked.sort(key=lambda pair: -pair[0])
    middle = boxes.reshape(-1, 2).mean(axis=0) + np.array([[0, 0], [300, 0]])
    chosen: list[np.ndarray] = []
    for _agreement, matrix in ranked:
        places = transform(np.linalg.inv(matrix), middle)
        if all(np.abs(transform(other, places) - middle).max() > 60 for other in chosen):
            chosen.append(matrix)
        if len(chosen) == CANDIDATES:
            break
    return chosen


def _similarities(
    found: np.ndarray, boxes: np.ndarray, tried: slice
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each box `tried` and each of the form with like sides: (similarity, `found` so turned, the form's centre)."""
    for turn in range(4):
        turned = np.roll(found, -turn, axis=1)
        wide = np.hypot(*(turned[:, 1] - turned[:, 0] + turned[:, 2] - turned[:, 3]).T)
        high = np.hypot(*(turned[:, 3] - turned[:, 0] + turned[:, 2] - turned[:, 1]).T)
        aspect = np.log(wide / high)
        wanted = np.log((boxes[:, 1, 0] - boxes[:, 0, 0]) / (boxes[:, 2, 1] - boxes[:, 1, 1]))
        for i, j in np.argwhere(np.abs(aspect[tried, None] - wanted[None]) < 0.15):
            yield _similarity(turned[tried][i], boxes[j]), turned, boxes[j].mean(axis=0)


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity (3, 3) nearest to four point pairs, by least squares over complex numbers."""
    a, b = source @ [1, 1j], target @ [1, 1j]
    centered = a - a.mean()
    factor = np.vdot(centered, b - b.mean()) / np.vdot(centered, centered)
    shift = b.mean() - factor * a.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1]])


def _grown(matrix: np.ndarray, found: np.ndarray, boxes: np.ndarray) -> np.ndarray | None:
    """A homography from all boxes that meet theirs, nearer ones first, so that perspective unfolds as it grows."""
    for share in (NEAR, 0.03, 0.01):
        moved = transform(matrix, found)
        # A detected box meets one box of the form in the turn that its corners are in under the present matrix.
        turns = np.stack([np.roll(moved, -turn, axis=1) for turn in range(4)])
        apart = np.abs(turns[:, :, None] - boxes[None, None]).max(axis=(3, 4))
        turn, quad = np.unravel_index(apart.reshape(-1, len(boxes)).argmin(axis=0), apart.shape[:2])
        least = apart.reshape(-1, len(boxes)).min(axis=0)
        middle = boxes.reshape(-1, 2).mean(axis=0)
        tolerance = 8 + share * (np.hypot(*(boxes.mean(axis=1) - middle).T) + 200)
        met = np.flatnonzero(least < tolerance)
        if len(met) < max(2, min(4, 0.25 * len(boxes))):
            return None
        source = np.concatenate([np.roll(found[quad[k]], -turn[k], axis=0) for k in met])
        fitted = fit(source, boxes[met].reshape(-1, 2), 4.0)
        if fitted is None:
            return None
        matrix = fitted[0]
    return matrix
