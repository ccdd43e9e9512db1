"""Find a form by comparing the page with the blank form: SIFT features first, then patches, then a look at the ink.

Coarse: SIFT (Lowe 2004) in the RootSIFT metric (Arandjelovic and Zisserman 2012), ratio test, MAGSAC++; at about 42 dpi
and, where that does not find the form, at 75 dpi. Which of them found it does not matter for how exactly it is found.
Fine at WORK_DPI: patches of the blank form are found again on the page warped into the form's frame, to a fraction of
a pixel, and a homography is fitted to them, twice. A pose is believed for the printed ink that lies where it should.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np

from recognizer.align.alignment import Pose, fit, is_plausible, transform, work_size
from recognizer.align.sheet import COARSE_SIDE_PX, ROUGH_SIDE_PX, Sheet, ink, reduce
from recognizer.errors import FormError
from recognizer.form import BlankPage, Form

FEATURES = {"rough": 600, "coarse": 1200}
RATIO = 0.8
LEAST_INLIERS = 12
PATCH_PX = 33
CELLS = (12, 9)
INK_LEVEL = 80
NEAR_PX = 1
MOST_PRINTED = 20_000

Scale = Literal["rough", "coarse"]


@dataclass(frozen=True, kw_only=True)
class Features:
    """Key points (n, 2) in pixels of the full image, and their descriptors (n, 128) of length one."""

    points: np.ndarray
    descriptors: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Template:
    """What is kept of a blank form, found once for all of its pages.

    Its ink in the frame, places (n, 2) of its darkest ink, features at two scales, and the patches' top left corners
    (n, 2).
    """

    ink: np.ndarray
    printed: np.ndarray
    features: Mapping[Scale, Features]
    patches: np.ndarray
    size: tuple[int, int]


def template_of(form: Form) -> Template:
    """The template of a form registered by a blank page; FormError if its image cannot be read or is not its page."""
    image = blank_image(form)
    size = work_size(form)
    frame = cv2.resize(image, size, interpolation=cv2.INTER_AREA if image.shape[0] > size[1] else cv2.INTER_CUBIC)
    printed = ink(frame)
    y, x = np.nonzero(printed > 2 * INK_LEVEL)
    places = np.stack([x, y], axis=1)
    sides: dict[Scale, int] = {"rough": ROUGH_SIDE_PX, "coarse": COARSE_SIDE_PX}
    return Template(
        ink=printed,
        printed=places[:: max(1, len(places) // MOST_PRINTED)],
        features={scale: features_of(*reduce(printed, side / max(size)), scale=scale) for scale, side in sides.items()},
        patches=_patches(printed),
        size=size,
    )


def blank_image(form: Form) -> np.ndarray:
    """The image of the blank form, (height, width) uint8; its aspect must be that of the form's page."""
    assert isinstance(form.registration, BlankPage)
    path = form.folder / form.registration.image
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        image = None
    if image is None:
        raise FormError(f"form {form.name}: {path} is no readable image; set registration.image to the blank form")
    height, width = image.shape
    if abs(np.log(width / height * form.page.height / form.page.width)) > 0.02:
        raise FormError(
            f"form {form.name}: {path} is {width}x{height} but the form's page {form.page.width}x{form.page.height}; "
            "crop the image or set page to its size"
        )
    return image


def features_of(image: np.ndarray, to_image: np.ndarray, *, scale: Scale) -> Features:
    """The strongest SIFT features of an ink image; `to_image` leads from its pixels to those to report points in."""
    keypoints, descriptors = _detector(FEATURES[scale]).detectAndCompute(image, None)
    if descriptors is None:
        return Features(points=np.zeros((0, 2)), descriptors=np.zeros((0, 128), np.float32))
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float64)
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return Features(points=transform(to_image, points), descriptors=root.astype(np.float32))


@cache
def _detector(features: int) -> cv2.SIFT:
    return cv2.SIFT.create(features)


def coarse(template: Template, page: Features, *, scale: Scale) -> tuple[np.ndarray, int] | None:
    """(homography image to form's frame, inliers) by the features of the page at one scale alone."""
    form = template.features[scale]
    if len(page.points) < LEAST_INLIERS or len(form.points) < LEAST_INLIERS:
        return None
    likeness = form.descriptors @ page.descriptors.T
    each = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    top = likeness[each, best]
    likeness[each, best] = -1
    distance, next_distance = np.sqrt(np.maximum(2 - 2 * top, 0)), np.sqrt(2 - 2 * likeness.max(axis=1))
    good = distance < RATIO * next_distance
    source, target = page.points[best[good]], form.points[good]
    fitted = fit(source, target, 4.0)
    if fitted is None or not is_plausible(fitted[0], template.size):
        return None
    # Several features of the form may claim one of the page: count places, not claims.
    inliers = len(np.unique(np.rint(source[fitted[1]]), axis=0))
    return (fitted[0], inliers) if inliers >= LEAST_INLIERS else None


def refine(sheet: Sheet, matrix: np.ndarray, template: Template) -> Pose | None:
    """The pose near `matrix` that lays the form's patches on the page's."""
    pairs = None
    for reach in (10, 4, 3):
        frame = sheet.warped(matrix, template.size)
        target, seen = _matches(frame, template, reach)
        if len(target) < LEAST_INLIERS:
            return None
        # Paper that does not lie flat puts many patches a pixel off: all of them must have their say.
        fitted = fit(seen, target, 1.5 if reach > 4 else 1.0)
        if fitted is None:
            return None
        correction, agree = fitted
        matrix = correction @ matrix
        if agree.sum() < LEAST_INLIERS or not is_plausible(matrix, template.size):
            return None
        pairs = np.hypot(*(transform(correction, seen[agree]) - target[agree]).T)
    assert pairs is not None
    score = printed_ink_found(sheet, matrix, template)
    return Pose(matrix=matrix, inliers=len(pairs), residual_px=float(np.median(pairs)), score=score)


def printed_ink_found(sheet: Sheet, matrix: np.ndarray, template: Template) -> float:
    """How much of the printed ink is on the page where it should be, in [0, 1]; 0 is what chance would give.

    Only what the page's image shows of the form counts, and less than a quarter of the form counts for nothing.
    """
    frame = sheet.warped(matrix, template.size)
    dark = cv2.threshold(frame, INK_LEVEL, 255, cv2.THRESH_BINARY)[1]
    near = cv2.dilate(dark, np.ones((2 * NEAR_PX + 1, 2 * NEAR_PX + 1), np.uint8))
    seen = sheet.seen(template.printed, matrix)
    if not len(seen) or seen.mean() < 0.25:
        return 0.0
    x, y = template.printed[seen].T
    found = near[y, x].mean() / 255
    # What ink in the neighbourhood would hit by chance: the share of covered pixels within a centimetre.
    chance = cv2.blur(near, (61, 61))[y, x].mean() / 255
    return float(np.clip((found - chance) / max(1 - chance, 1e-6), 0, 1))


def _patches(printed: np.ndarray) -> np.ndarray:
    """(n, 2) top left corners of the patches with most structure in two directions, one or two per cell of a grid."""
    response = cv2.blur(cv2.cornerMinEigenVal(printed, 5), (PATCH_PX - 8, PATCH_PX - 8))
    height, width = printed.shape
    half, margin = PATCH_PX // 2, PATCH_PX // 2 + 1
    corners = []
    for top in np.linspace(margin, height - margin, CELLS[0] + 1)[:-1].astype(int):
        for left in np.linspace(margin, width - margin, CELLS[1] + 1)[:-1].astype(int):
            cell = response[top : min(top + height // CELLS[0], height - margin)]
            cell = cell[:, left : min(left + width // CELLS[1], width - margin)]
            y, x = np.unravel_index(int(cell.argmax()), cell.shape)
            if cell[y, x] > 1e-5:
                corners.append((left + x - half, top + y - half))
    return np.array(corners, dtype=int).reshape(-1, 2)


def _matches(frame: np.ndarray, template: Template, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """(where patches are on the form, where they were seen in the frame), each (n, 2), of those that were."""
    padded = cv2.copyMakeBorder(frame, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    target, seen = [], []
    side = PATCH_PX + 2 * reach
    for x, y in template.patches:
        patch = template.ink[y : y + PATCH_PX, x : x + PATCH_PX]
        likeness = cv2.matchTemplate(padded[y : y + side, x : x + side], patch, cv2.TM_CCOEFF_NORMED)
        shift = _peak(likeness)
        if shift is not None:
            middle = np.array([x, y]) + PATCH_PX // 2
            target.append(middle)
            seen.append(middle + shift - reach)
    return np.array(target, np.float64).reshape(-1, 2), np.array(seen, np.float64).reshape(-1, 2)


def _peak(likeness: np.ndarray) -> np.ndarray | None:
    """(x, y) of the maximum to a fraction of a pixel, by parabolas; None if it is low or on the rim."""
    _, top, _, (x, y) = cv2.minMaxLoc(likeness)
    if top < 0.45 or not (0 < x < likeness.shape[1] - 1 and 0 < y < likeness.shape[0] - 1):
        return None
    around = likeness[y - 1 : y + 2, x - 1 : x + 2].astype(np.float64)
    dx, dy = around[1, 2] - around[1, 0], around[2, 1] - around[0, 1]
    bend_x = around[1, 2] - 2 * around[1, 1] + around[1, 0]
    bend_y = around[2, 1] - 2 * around[1, 1] + around[0, 1]
    return np.array([x - dx / (2 * min(bend_x, -1e-9)), y - dy / (2 * min(bend_y, -1e-9))])
