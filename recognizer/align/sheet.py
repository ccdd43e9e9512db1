"""Sheet: a page's image reduced to what alignment looks at, the ink, at the resolutions it looks at it."""

from functools import cached_property

import cv2
import numpy as np

from recognizer.align.alignment import scaling, transform

LONG_SIDE_PX = 1700
COARSE_SIDE_PX = 850
ROUGH_SIDE_PX = 480
WHOLE = 0.75, 1.05
"""A reduction becomes one by a whole number, which is much faster, where that lies within these shares of it."""

LEAST_CONTRAST = 24.0


class Sheet:
    """An image (height, width) uint8 with its reductions, each made once.

    `ink` images are (height, width) uint8: 0 is paper, whatever its shade, 255 the darkest strokes of the page.
    """

    def __init__(self, image: np.ndarray, small: np.ndarray | None = None) -> None:
        """`small` is a reduction of the image where there is one already."""
        self.image = image
        self._reduced: dict[float, tuple[np.ndarray, np.ndarray]] = {}
        if small is not None:
            factors = small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]
            self._reduced[min(factors)] = ink(small), np.linalg.inv(scaling(*factors))

    def reduced(self, factor: float) -> tuple[np.ndarray, np.ndarray]:
        """(ink image, 3x3 matrix from it to the full image), reduced by about `factor`, never enlarged."""
        factor = min(1.0, factor)
        for known, result in self._reduced.items():
            if 0.83 < known / factor < 1.2:
                return result
        small, to_image = reduce(self.image, factor)
        self._reduced[factor] = ink(small), to_image
        return self._reduced[factor]

    @cached_property
    def fine(self) -> tuple[np.ndarray, np.ndarray]:
        """As `reduced`: about 150 dpi of a letter page that fills the image."""
        return self.reduced(LONG_SIDE_PX / max(self.image.shape))

    @cached_property
    def coarse(self) -> tuple[np.ndarray, np.ndarray]:
        """As `reduced`: about 75 dpi."""
        return self._coarser(COARSE_SIDE_PX)

    @cached_property
    def rough(self) -> tuple[np.ndarray, np.ndarray]:
        """As `reduced`: about 42 dpi, where words are still to be told from one another, and letters are not."""
        return self._coarser(ROUGH_SIDE_PX)

    def _coarser(self, side_px: int) -> tuple[np.ndarray, np.ndarray]:
        finer, to_image = self.fine
        small, to_finer = reduce(finer, side_px / max(finer.shape))
        return small, to_image @ to_finer

    def seen(self, points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Which points (n, 2) of a frame lie on the image, where `matrix` leads from the image to the frame."""
        x, y = transform(np.linalg.inv(matrix), points).T
        height, width = self.image.shape
        return (x >= 2) & (y >= 2) & (x < width - 2) & (y < height - 2)

    def warped(self, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The ink as a frame of `size` (width, height) shows it; `matrix` leads from the full image to the frame.

        The reduction to start from is the one whose pixels are as large as the frame's, so that nothing aliases.
        """
        width, height = size
        middle = np.array([width / 2, height / 2])
        a, b, c = transform(np.linalg.inv(matrix), middle + np.array([[0, 0], [50, 0], [0, 50]]))
        area = abs(np.linalg.det(np.stack([b - a, c - a])))
        finer, to_image = self.reduced(50 / np.sqrt(np.clip(area, 50**2, 2000**2)))
        return cv2.warpPerspective(finer, matrix @ to_image, size, flags=cv2.INTER_LINEAR, borderValue=0)


def reduce(image: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The image reduced by about `factor` (never enlarged), and the 3x3 matrix from the result to the image."""
    if factor >= 1:
        return image, np.eye(3)
    height, width = image.shape
    times = int(WHOLE[1] / factor)
    if times > 1 and times * factor > WHOLE[0] and min(height, width) >= times:
        whole = image[: height // times * times, : width // times * times]
        small = cv2.resize(whole, (width // times, height // times), interpolation=cv2.INTER_AREA)
        return small, scaling(times)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small, scaling(width / size[0], height / size[1])


def ink(image: np.ndarray) -> np.ndarray:
    """How much darker than the paper around it each pixel is, stretched so that strokes come to 255.

    The paper is a grey-level closing, so thin dark things are ink and shadows are not; it is taken of a reduced image
    in which noise is averaged out. What the paper's grain makes of it is subtracted. The stretch never makes less than
    LEAST_CONTRAST grey levels into full ink: an empty page stays empty.
    """
    tiny, _ = reduce(image, 0.25)
    side = max(7, round(max(tiny.shape) / 60)) | 1
    paper = cv2.morphologyEx(tiny, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    paper = cv2.resize(cv2.GaussianBlur(paper, (0, 0), side / 4), image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    depth = cv2.subtract(paper, image)
    sample = depth[::5, ::3]
    grain = float(np.percentile(sample, 70))
    strokes = sample[sample > max(LEAST_CONTRAST / 2, 2.5 * grain)]
    full = float(np.percentile(strokes, 60)) if strokes.size > 50 else 0.0
    stretch = (np.arange(256) - grain) * (255 / max(full - grain, LEAST_CONTRAST))
    return cv2.LUT(depth, np.clip(stretch, 0, 255).astype(np.uint8))
