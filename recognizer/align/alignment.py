"""Alignment: where a form lies on a page. And the plane geometry that finding it takes."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from recognizer.form import Form

WORK_DPI = 150
"""Resolution of the form's frame in which alignment is measured and refined."""

Method = Literal["blank_page", "marks", "boxes"]


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """A form found on a page.

    `matrix` is a 3x3 float64 homography from pixels of the page's image to pixels of `form.page` (pixel centres have
    whole coordinates). `inliers` counts the correspondences it rests on, `residual_px` is their median distance at
    150 dpi, and `score` in [0, 1] is how much of what the form prints was found where it should be.
    """

    form: Form
    form_digest: str
    matrix: np.ndarray
    method: Method
    inliers: int
    residual_px: float
    score: float

    @property
    def quarter_turns(self) -> int:
        """How many counter-clockwise quarter turns of the page bring it upright."""
        x, y = self.form.page.width / 2, self.form.page.height / 2
        middle, right = transform(np.linalg.inv(self.matrix), np.array([[x, y], [x * 1.2, y]]))
        angle = np.degrees(np.arctan2(right[1] - middle[1], right[0] - middle[0]))
        return round(angle / 90) % 4


@dataclass(frozen=True, kw_only=True)
class Pose:
    """A matrix (page's image to form's frame at WORK_DPI) with the evidence for it; an Alignment in the making."""

    matrix: np.ndarray
    inliers: int
    residual_px: float
    score: float


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., 2) through a homography (3, 3); same shape, float64."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped[..., :2] / mapped[..., 2:]


def scaling(factor_x: float, factor_y: float | None = None) -> np.ndarray:
    """The homography of an image resized by these factors; pixel centres have whole coordinates, as in OpenCV."""
    factor_y = factor_x if factor_y is None else factor_y
    return np.array([[factor_x, 0, (factor_x - 1) / 2], [0, factor_y, (factor_y - 1) / 2], [0, 0, 1]])


def work_size(form: Form) -> tuple[int, int]:
    """(width, height) of the form's page at WORK_DPI."""
    factor = WORK_DPI / form.page.dpi
    return round(form.page.width * factor), round(form.page.height * factor)


def rectangle(box: tuple[float, float, float, float]) -> np.ndarray:
    """The corners (4, 2) of a box (x, y, width, height): top left, then clockwise."""
    x, y, w, h = box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=np.float64)


def fit(source: np.ndarray, target: np.ndarray, tolerance_px: float) -> tuple[np.ndarray, np.ndarray] | None:
    """A homography from point pairs (n, 2), n >= 4, and the mask (n,) of those that agree; None where none fits.

    Robust by MAGSAC++ (Barath et al., CVPR 2020) with a fixed seed.
    """
    if len(source) < 4:
        return None
    matrix, mask = cv2.findHomography(
        source.astype(np.float64), target.astype(np.float64), cv2.USAC_MAGSAC, tolerance_px, None, 2000, 0.999
    )
    if matrix is None or not np.isfinite(matrix).all():
        return None
    return matrix, mask.ravel().astype(bool)


def is_plausible(matrix: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a homography from an image to a form's frame of `size` could come from a scan or a photo.

    No mirror image, no fold, no part of the page shrunk by more than two and a half against another.
    """
    width, height = size
    if abs(np.linalg.det(matrix)) < 1e-12:
        return False
    back = np.linalg.inv(matrix)
    homogeneous = rectangle((0, 0, width, height)) @ back[:, :2].T + back[:, 2]
    if (homogeneous[:, 2] * homogeneous[0, 2] <= 0).any():
        return False
    corners = homogeneous[:, :2] / homogeneous[:, 2:]
    sides = np.roll(corners, -1, axis=0) - corners
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    lengths = np.hypot(*sides.T) / np.array([width, height, width, height])
    right_angled = np.abs((sides * following).sum(1)) < 0.45 * np.hypot(*sides.T) * np.hypot(*following.T)
    return bool((turns > 0).all() and lengths.min() * 2.5 > lengths.max() and right_angled.all())
