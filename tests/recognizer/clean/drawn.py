"""Drawn pages and fields whose condition is known."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = (
    "The applicant declares that all answers given on this form are complete and true to the best of his or her "
    "knowledge, and agrees that the policy shall not take effect before the first premium has been paid. "
)


def page(dpi: int = 150, *, paper: int = 250, ink: int = 30, boxes: bool = True, lines: int = 18) -> np.ndarray:
    """A letter page with a paragraph of text and rows of boxes, (height, width) uint8."""
    width, height = round(8.5 * dpi), 11 * dpi
    image = Image.new("L", (width, height), paper)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=0.15 * dpi)
    for i in range(lines):
        pen.text((0.8 * dpi, (1 + 0.24 * i) * dpi), (TEXT * 2)[7 * i : 7 * i + 88], fill=ink, font=font)
    for row in range(6 if boxes else 0):
        y = round((6 + 0.7 * row) * dpi)
        for x, w in ((0.8, 2.5), (3.6, 1.8), (5.7, 2.0)):
            box = (round(x * dpi), y, round((x + w) * dpi), y + round(0.35 * dpi))
            pen.rectangle(box, outline=ink, width=max(1, dpi // 75))
            pen.text((x * dpi + 0.1 * dpi, y + 0.08 * dpi), f"{row}4{row}7 Sample", fill=ink, font=font)
    return np.asarray(image).copy()


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Turned counter-clockwise, same size, paper around."""
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=int(image.max()))


def noisy(image: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).round().astype(np.uint8)


def shaded(image: np.ndarray, darkest: float) -> np.ndarray:
    """Light falls off across the page to the share `darkest` at the far corner."""
    height, width = image.shape
    fall = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    return (image * (1 - (1 - darkest) * fall)).round().astype(np.uint8)
