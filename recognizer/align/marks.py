"""Find a form by its printed marks: corner squares, ArUco markers, QR codes.

Codes say which mark they are, and one alone gives four point pairs. Squares look alike: every assignment that a scan
or a photo could show is a candidate. Where the form prints boxes, their lines refine a candidate and judge it.
"""

from collections.abc import Iterator
from itertools import combinations, permutations

import cv2
import numpy as np

from recognizer.align import lines
from recognizer.align.alignment import WORK_DPI, Pose, fit, is_plausible, rectangle, scaling, transform
from recognizer.align.sheet import Sheet, reduce
from recognizer.errors import FormError
from recognizer.form import Form, Mark, Marks

CODE_SIDE_PX = 2200
MOST_SQUARES = 9
CANDIDATES = 8
FEWEST_STATIONS = 100
"""A form with fewer stations than this on printed edges is judged by its marks alone."""

Pairs = tuple[np.ndarray, np.ndarray]
"""Points (n, 2) in pixels of the full image, and the same in the form's frame."""


def locate(sheet: Sheet, form: Form, edges: lines.Edges) -> Pose | None:
    """The best pose (image to form's frame) of a form that is registered by marks."""
    assert isinstance(form.registration, Marks)
    marks = form.registration.marks
    codes = _codes(sheet, form, marks)
    wanted = [mark for mark in marks if mark.kind == "square"]
    if codes is None and len(wanted) < 3:
        return None
    squares = _squares(sheet) if wanted else np.zeros((0, 3))
    poses = []
    for matrix in _candidates(codes, squares, wanted, form, edges):
        pairs = _all_pairs(matrix, codes, squares, wanted, form)
        pose = _judged(sheet, matrix, pairs, len(marks), edges)
        if pose is not None:
            poses.append(pose)
    return max(poses, key=lambda pose: pose.score, default=None)


def _judged(sheet: Sheet, matrix: np.ndarray, pairs: Pairs, marks: int, edges: lines.Edges) -> Pose | None:
    source, target = pairs
    if len(source) >= 4:
        fitted = fit(source, target, 3.0)
        if fitted is None or not is_plausible(fitted[0], edges.size):
            return None
        matrix = fitted[0]
    if len(edges.points) >= FEWEST_STATIONS:
        return lines.refine(sheet, matrix, edges)
    residual = np.hypot(*(transform(matrix, source) - target).T)
    score = min(1.0, (residual < 3).sum() / max(4, marks))
    return Pose(matrix=matrix, inliers=len(source), residual_px=float(np.median(residual)), score=float(score))


def _place(mark: Mark, form: Form) -> np.ndarray:
    """Corners (4, 2) of a mark in the form's frame."""
    half = mark.size / 2
    corners = rectangle((mark.center[0] - half, mark.center[1] - half, mark.size, mark.size))
    return transform(scaling(WORK_DPI / form.page.dpi), corners)


def _codes(sheet: Sheet, form: Form, marks: tuple[Mark, ...]) -> Pairs | None:
    """The corners of all ArUco markers and QR codes of the form that the page shows."""
    image, to_image = reduce(sheet.image, CODE_SIDE_PX / max(sheet.image.shape))
    source, target = [], []
    for mark in marks:
        if mark.kind == "square":
            continue
        corners = _aruco(image, mark) if mark.kind == "aruco" else _qr(image, mark)
        if corners is not None:
            source.append(transform(to_image, corners))
            target.append(_place(mark, form))
    return (np.concatenate(source), np.concatenate(target)) if source else None


def _aruco(image: np.ndarray, mark: Mark) -> np.ndarray | None:
    name = getattr(cv2.aruco, mark.dictionary, None)
    if name is None:
        raise FormError(f"{mark.dictionary} is no ArUco dictionary of OpenCV; write for example DICT_4X4_50")
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    corners, ids, _ = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(name), settings).detectMarkers(image)
    known = [] if ids is None else np.ravel(ids).tolist()
    found = [c for c, code in zip(corners, known, strict=True) if mark.id is None or code == mark.id] if known else []
    return np.asarray(found[0], np.float64).reshape(4, 2) if len(found) == 1 else None


def _qr(image: np.ndarray, mark: Mark) -> np.ndarray | None:
    found, texts, corners, _ = cv2.QRCodeDetector().detectAndDecodeMulti(image)
    if not found:
        return None
    for text, points in zip(texts, corners, strict=True):
        if text and (mark.text is None or text == mark.text):
            return np.asarray(points, np.float64).reshape(4, 2)
    return None


def _squares(sheet: Sheet) -> np.ndarray:
    """(n, 3): centre and edge length, in pixels of the full image, of solid dark squares; largest first."""
    image, to_image = reduce(sheet.image, 1700 / max(sheet.image.shape))
    tiny, _ = reduce(image, 0.125)
    paper = cv2.morphologyEx(tiny, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    paper = cv2.resize(cv2.GaussianBlur(paper, (0, 0), 4), image.shape[::-1])
    dark = (image < paper * 0.6).astype(np.uint8)
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = [square for contour in contours if (square := _square(contour, dark)) is not None]
    found.sort(key=lambda square: -square[2])
    squares = np.array(found[:MOST_SQUARES]).reshape(-1, 3)
    squares[:, :2] = transform(to_image, squares[:, :2])
    squares[:, 2] *= to_image[0, 0]
    return squares


def _square(contour: np.ndarray, dark: np.ndarray) -> tuple[float, float, float] | None:
    _, (width, height), _ = cv2.minAreaRect(contour)
    short, long = sorted((width + 1, height + 1))
    if short < 8 or long > 150 or long > 1.5 * short:
        return None
    x, y, w, h = cv2.boundingRect(contour)
    outline = np.zeros((h, w), np.uint8)
    cv2.drawContours(outline, [contour], -1, 1, cv2.FILLED, offset=(-x, -y))
    solid = cv2.moments(outline * dark[y : y + h, x : x + w], binaryImage=True)
    if solid["m00"] < 0.85 * short * long or solid["m00"] < 0.95 * outline.sum():
        return None
    return x + solid["m10"] / solid["m00"], y + solid["m01"] / solid["m00"], float(np.sqrt(solid["m00"]))


def _candidates(
    codes: Pairs | None, squares: np.ndarray, wanted: list[Mark], form: Form, edges: lines.Edges
) -> list[np.ndarray]:
    """Rough homographies: the codes', or those of the assignments of squares whose sizes fit best."""
    if codes is not None:
        fitted = fit(*codes, 3.0)
        return [fitted[0]] if fitted is not None and is_plausible(fitted[0], edges.size) else []
    centers = np.array([_place(mark, form).mean(axis=0) for mark in wanted])
    sides = np.array([mark.size for mark in wanted]) * (WORK_DPI / form.page.dpi)
    ranked: list[tuple[float, np.ndarray]] = []
    for matrix, chosen, marks in _assignments(squares[:, :2], centers):
        if is_plausible(matrix, edges.size):
            beside = transform(matrix, squares[chosen, :2] + np.array([[1.0, 0.0]])) - centers[marks]
            misfit = np.abs(np.log(squares[chosen, 2] * np.hypot(*beside.T) / sides[marks]))
            if misfit.max() < 0.35:
                ranked.append((float(misfit.max()) - len(chosen), matrix))
    ranked.sort(key=lambda pair: pair[0])
    return [matrix for _, matrix in ranked[:CANDIDATES]]


def _assignments(squares: np.ndarray, centers: np.ndarray) -> Iterator[tuple[np.ndarray, list[int], list[int]]]:
    """(homography, indices of squares, indices of marks): four squares give a homography, three an affine map."""
    for count in range(min(4, len(centers)), 2, -1):
        for marks in combinations(range(len(centers)), count):
            for chosen in permutations(range(len(squares)), count):
                source, target = squares[list(chosen)].astype(np.float32), centers[list(marks)].astype(np.float32)
                if count == 4:
                    matrix = cv2.getPerspectiveTransform(source, target)
                else:
                    matrix = np.vstack([cv2.getAffineTransform(source, target), [0, 0, 1]])
                yield matrix, list(chosen), list(marks)


def _all_pairs(matrix: np.ndarray, codes: Pairs | None, squares: np.ndarray, wanted: list[Mark], form: Form) -> Pairs:
    """The codes' corners and every square that lies where a mark should be."""
    source = [codes[0]] if codes is not None else []
    target = [codes[1]] if codes is not None else []
    for mark in wanted:
        corners = _place(mark, form)
        middle, side = corners.mean(axis=0), corners[1, 0] - corners[0, 0]
        if len(squares):
            apart = np.hypot(*(transform(matrix, squares[:, :2]) - middle).T)
            nearest = int(apart.argmin())
            if apart[nearest] < side:
                source.append(squares[nearest, :2][None])
                target.append(middle[None])
    if not source:
        return np.zeros((0, 2)), np.zeros((0, 2))
    return np.concatenate(source), np.concatenate(target)
