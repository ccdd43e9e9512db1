"""What scanners, phones, fax machines and desks do to a page; grey uint8 pages, paper light."""

import cv2
import numpy as np


def warp(
    image: np.ndarray,
    rng: np.random.Generator,
    *,
    scale: float = 1.0,
    turn_deg: float = 0.0,
    shift: float = 0.0,
    perspective: float = 0.0,
    surround: int = 250,
) -> np.ndarray:
    """Scale, turn (counter-clockwise), shift and tilt a page in one resampling.

    `shift` and `perspective` are shares of the width by which the page and each of its corners may move;
    `surround` is the grey of what lies beside the paper.
    """
    height, width = image.shape[:2]
    out = (round(width * scale), round(height * scale))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    radians = np.radians(turn_deg)
    turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    centre = np.array([width / 2, height / 2])
    moved = (corners - centre) @ turn.T + centre + rng.uniform(-shift, shift, 2) * width
    moved = moved + rng.uniform(-perspective, perspective, (4, 2)) * width
    matrix = cv2.getPerspectiveTransform(corners, (moved * scale).astype(np.float32))
    if scale < 0.8:  # a scanner averages over what falls on one of its cells
        image = cv2.GaussianBlur(image, (0, 0), 0.35 / scale)
    return cv2.warpPerspective(image, matrix, out, flags=cv2.INTER_CUBIC, borderValue=surround)


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Out of focus."""
    return cv2.GaussianBlur(image, (0, 0), sigma_px)


def noise(image: np.ndarray, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Sensor noise: normal, with a standard deviation of `sigma` grey levels, correlated over neighbours."""
    grain = cv2.GaussianBlur(rng.normal(0, 1, image.shape).astype(np.float32), (0, 0), 0.6)
    return _grey(image + grain * (sigma / grain.std()))


def contrast(image: np.ndarray, dark: int, light: int) -> np.ndarray:
    """Map black to `dark` and white to `light`: a worn toner, a faint copy."""
    return _grey(dark + image.astype(np.float32) * (light - dark) / 255)


def shadow(image: np.ndarray, rng: np.random.Generator, depth: float) -> np.ndarray:
    """A soft shadow over one side, with an edge across the page; `depth` in [0, 1] is how dark it gets."""
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * (columns / image.shape[1] - 0.5) + np.sin(angle) * (rows / image.shape[0] - 0.5)
    edge = 1 / (1 + np.exp(-(along - rng.uniform(-0.1, 0.15)) * 9))
    return _grey(image * (1 - depth * edge))


def fax(image: np.ndarray, rng: np.random.Generator, level: int = 150) -> np.ndarray:
    """Black or white by a threshold that swings a little from line to line."""
    swing = cv2.GaussianBlur(rng.normal(0, 60, (image.shape[0], 1)).astype(np.float32), (0, 0), 3)
    return np.where(image + swing > level, 255, 0).astype(np.uint8)


def speckle(image: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Dirt on the glass: `share` of the pixels become dark grains of one to three pixels."""
    grains = np.full(image.shape, 255, np.uint8)
    count = int(share * image.size)
    spots = zip(rng.integers(0, image.shape[1], count), rng.integers(0, image.shape[0], count), strict=True)
    for x, y in spots:
        cv2.circle(grains, (int(x), int(y)), int(rng.integers(0, 3)), int(rng.integers(0, 120)), -1)
    return np.minimum(image, grains)


def bleed_through(image: np.ndarray, back: np.ndarray, strength: float) -> np.ndarray:
    """What is on the back of the sheet shines through, mirrored, blurred and faint."""
    seen = cv2.GaussianBlur(cv2.resize(back[:, ::-1], image.shape[::-1]), (0, 0), 2.5)
    return _grey(image - (255 - seen.astype(np.float32)) * strength)


def stain(image: np.ndarray, rng: np.random.Generator, *, dark: float) -> np.ndarray:
    """The ring that a cup left, uneven and darkest at its rim."""
    height, width = image.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y, radius = rng.uniform(0.3, 0.8) * width, rng.uniform(0.35, 0.75) * height, rng.uniform(0.1, 0.16) * width
    angle = np.arctan2(rows - y, columns - x)
    distance = np.hypot(columns - x, rows - y) / radius + 0.02 * np.sin(3 * angle + 1) + 0.01 * np.sin(7 * angle)
    rim = np.exp(-(((distance - 1) / 0.045) ** 2)) * (0.55 + 0.45 * np.sin(angle + rng.uniform(0, 6)))
    inside = 0.125 * (1 - np.tanh((distance - 1) * 30))
    return _grey(image * (1 - dark * np.clip(rim + inside, 0, 1)))


def punch_holes(image: np.ndarray, dpi: int) -> np.ndarray:
    """Two holes at the left edge, through which the scanner's dark lid is seen."""
    out = image.copy()
    for share in (0.37, 0.63):
        cv2.circle(out, (round(0.3 * dpi), round(share * image.shape[0])), round(0.11 * dpi), 70, -1, cv2.LINE_AA)
    return out


def edge_shadow(image: np.ndarray, dpi: int) -> np.ndarray:
    """The dark band beside a sheet that lay askew on the glass."""
    band = np.exp(-np.arange(image.shape[1], dtype=np.float32)[::-1] / (0.07 * dpi))
    return _grey(image * (1 - 0.75 * band))


def _grey(image: np.ndarray) -> np.ndarray:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)
