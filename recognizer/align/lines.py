"""Printed lines: where a form's boxes have edges, and how a matrix is refined until the page's lines lie on them.

Each edge is a row of stations; at each station the line is looked for along the edge's normal, to a fraction of a
pixel. The matrix is then corrected by a robust least-squares fit of point-to-line distances (iteratively reweighted,
Cauchy), in which writing that crosses a line is an outlier among many. Everything in the form's frame at WORK_DPI.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.align.alignment import WORK_DPI, Pose, is_plausible, rectangle, scaling, transform, work_size
from recognizer.align.sheet import Sheet
from recognizer.form import Form, PrintedBoxes

STEP_PX = 5
LEAST_INK = 60
FOUND_WITHIN_PX = 1.5
REACHES_PX = (16, 8, 4, 4)
NEAR_ENOUGH = 0.1
"""A round is left out where the one before moved nothing farther than this share of its reach."""

FLANK_PX = 5
"""How far from a line's middle there must be paper: lines are up to 4 px thick and blurred."""


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Stations on the printed edges of a form: `points` (n, 2) int, and whether their edge is horizontal (n,)."""

    points: np.ndarray
    horizontal: np.ndarray
    size: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What was seen at each station: `offset` (n,) px along the normal to the line, and whether one `found` (n,)."""

    offset: np.ndarray
    found: np.ndarray


def printed_boxes(form: Form) -> np.ndarray:
    """(n, 4, 2) corners at WORK_DPI of every box that the form prints."""
    boxes = [field.box for field in form.fields if field.printed_box]
    boxes += [option.box for field in form.fields for option in field.options if option.box]
    if isinstance(form.registration, PrintedBoxes):
        boxes += form.registration.boxes
    corners = [rectangle(box) for box in dict.fromkeys(boxes)]
    return transform(scaling(WORK_DPI / form.page.dpi), np.array(corners).reshape(-1, 4, 2))


def edges_of(form: Form) -> Edges:
    """The stations of all printed boxes, some pixels away from their corners."""
    points, horizontal = [], []
    for corners in printed_boxes(form):
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            length = float(np.hypot(*(end - start)))
            inset = min(6.0, length / 4)
            along = np.arange(inset, length - inset + 0.5, STEP_PX)[:, None] / length
            points.append(start + along * (end - start))
            horizontal.append(np.full(len(along), abs(end - start)[0] > abs(end - start)[1]))
    if not points:
        return Edges(points=np.zeros((0, 2)), horizontal=np.zeros(0, bool), size=work_size(form))
    return Edges(points=np.concatenate(points), horizontal=np.concatenate(horizontal), size=work_size(form))


def refine(sheet: Sheet, matrix: np.ndarray, edges: Edges) -> Pose | None:
    """The pose near `matrix` (image to form's frame; right to about REACHES_PX[0]) that lays lines on edges."""
    moved_px = np.inf
    for reach in REACHES_PX:
        if moved_px < NEAR_ENOUGH * reach:
            continue
        seen = sheet.seen(edges.points, matrix)
        sighting = look(sheet.warped(matrix, edges.size), edges, reach)
        usable = sighting.found & seen
        if usable.sum() < 24:
            return None
        correction = corrected(edges, sighting, usable)
        moved_px = float(np.abs(transform(correction, edges.points) - edges.points).max())
        matrix = correction @ matrix
        if not is_plausible(matrix, edges.size):
            return None
    return judge(sheet, matrix, edges)


def judge(sheet: Sheet, matrix: np.ndarray, edges: Edges) -> Pose:
    """The pose with its score: the share of the stations on the page at which a line was found."""
    seen = sheet.seen(edges.points, matrix)
    sighting = look(sheet.warped(matrix, edges.size), edges, REACHES_PX[-1])
    near = sighting.found & seen & (np.abs(sighting.offset) < FOUND_WITHIN_PX)
    residual = float(np.median(np.abs(sighting.offset[near]))) if near.any() else float("inf")
    score = float(near.sum() / max(1, seen.sum())) if seen.mean() >= 0.25 else 0.0
    return Pose(matrix=matrix, inliers=int(near.sum()), residual_px=residual, score=score)


def look(frame: np.ndarray, edges: Edges, reach: int) -> Sighting:
    """Look for a line up to `reach` px to both sides of each station of the warped ink image `frame`."""
    margin = reach + FLANK_PX
    padded = cv2.copyMakeBorder(frame, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    profiles = np.empty((len(edges.points), 2 * margin + 1), dtype=np.float32)
    base = np.rint(edges.points).astype(int) + margin
    base = np.clip(base, margin, np.array(edges.size) + margin - 1)
    steps = np.arange(-margin, margin + 1)
    rows = edges.horizontal
    along_rows, along_columns = cv2.blur(padded, (9, 1)), cv2.blur(padded, (1, 9))
    profiles[rows] = along_rows[base[rows, 1:] + steps, base[rows, :1]]
    profiles[~rows] = along_columns[base[~rows, 1:], base[~rows, :1] + steps]
    across = np.where(rows, edges.points[:, 1], edges.points[:, 0])
    peak, found = ridge(profiles, reach)
    return Sighting(offset=peak + np.rint(across) - across, found=found)


def ridge(profiles: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """(offset of the line from the middle, whether there is one) of each profile (n, 2 * (reach + FLANK_PX) + 1).

    A line is a peak with paper on both sides of it; its place is the centroid of its ink.
    """
    middle = profiles.shape[1] // 2
    smooth = cv2.blur(profiles, (3, 1), borderType=cv2.BORDER_REPLICATE)
    offsets = np.arange(-middle, middle + 1)
    preferred = smooth * np.exp(-0.5 * (offsets / max(reach, 1)) ** 2)
    inside = slice(middle - reach, middle + reach + 1)
    peak = preferred[:, inside].argmax(axis=1) + middle - reach
    each = np.arange(len(profiles))
    window = peak[:, None] + np.arange(-FLANK_PX, FLANK_PX + 1)
    ink = profiles[each[:, None], window]
    flanks = np.maximum(ink[:, 0], ink[:, -1])
    weight = np.maximum(ink - flanks[:, None], 0)
    height = ink[:, FLANK_PX - 1 : FLANK_PX + 2].max(axis=1)
    found = (height > LEAST_INK) & (flanks < 0.6 * height)
    offset = (weight * (window - middle)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-6)
    return offset, found


def corrected(edges: Edges, sighting: Sighting, usable: np.ndarray) -> np.ndarray:
    """The homography (3, 3), near the identity, that moves the lines seen onto their edges."""
    size = np.array(edges.size, dtype=np.float64)
    normalize = np.array([[2 / size.max(), 0, -size[0] / size.max()], [0, 2 / size.max(), -size[1] / size.max()]])
    rows = edges.horizontal[usable]
    seen = edges.points[usable].copy()
    seen[np.arange(len(seen)), rows.astype(int)] += sighting.offset[usable]
    x, y = (seen @ normalize[:, :2].T + normalize[:, 2]).T
    wanted = -sighting.offset[usable] * 2 / size.max()
    across = np.where(rows, y, x)
    straight = np.stack([x, y, np.ones_like(x)], axis=1)
    system = np.column_stack([straight * ~rows[:, None], straight * rows[:, None], -across * x, -across * y])
    solution = _robust(system, wanted, size.max() / 2)
    change = np.eye(3)
    change[0] += solution[:3]
    change[1] += solution[3:6]
    change[2, :2] = solution[6:]
    frame = np.vstack([normalize, [0, 0, 1]])
    return np.linalg.inv(frame) @ change @ frame


def _robust(system: np.ndarray, wanted: np.ndarray, px: float) -> np.ndarray:
    """Least squares, reweighted by Cauchy's weights; `px` is what one unit of `wanted` is in pixels."""
    ridge_penalty = np.diag([1e-6] * 6 + [1e-4] * 2) * len(wanted)
    weight = np.ones(len(wanted))
    solution = np.zeros(system.shape[1])
    for _ in range(8):
        weighted = system * weight[:, None]
        solution = np.linalg.solve(weighted.T @ system + ridge_penalty, weighted.T @ wanted)
        residual = np.abs(system @ solution - wanted) * px
        scale = max(1.5 * float(np.median(residual)), 0.05)
        weight = 1 / (1 + (residual / (1.5 * scale)) ** 2)
    return solution
