"""Samples of any kind become uint8 grey: 0 is black, 255 white."""

import numpy as np
from PIL import Image

BAND_ROWS = 512  # converting in bands keeps the memory of a page near that of its decoded samples alone
NUMERIC_MODES = ("I", "F")
ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")


def grey(image: Image.Image, *, min_is_white: bool = False) -> np.ndarray:
    """A decoded Pillow image of any mode as (height, width) uint8, transparency flattened on white.

    `min_is_white` says that 16-bit or float samples count ink, not light; Pillow inverts the smaller ones itself.
    """
    if image.mode.startswith(NUMERIC_MODES):
        values = to_uint8(np.asarray(image))
        return 255 - values if min_is_white else values
    width, height = image.size
    out = np.empty((height, width), np.uint8)
    for top in range(0, height, BAND_ROWS):
        bottom = min(height, top + BAND_ROWS)
        out[top:bottom] = _band(image.crop((0, top, width, bottom)))
    return out


def _band(band: Image.Image) -> np.ndarray:
    if band.mode == "LAB":  # L* follows the eye as the grey of a scanner does
        return np.asarray(band.getchannel(0))
    if band.mode in ALPHA_MODES or "transparency" in band.info:
        light, alpha = (np.asarray(c, np.uint16) for c in _with_alpha(band))
        return ((light * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.asarray(band if band.mode == "L" else band.convert("L"))


def _with_alpha(band: Image.Image) -> tuple[Image.Image, Image.Image]:
    rgba = band if band.mode in ("LA", "RGBA") else band.convert("RGBA")
    colour = rgba.getchannel(0) if rgba.mode == "LA" else rgba.convert("RGB").convert("L")
    return colour, rgba.getchannel("A")


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Integers or floats of any range as uint8, by the range that was really used: see `full_scale`."""
    if values.dtype == np.uint8:
        return values
    low, high = full_scale(values)
    out = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), BAND_ROWS):
        band = values[top : top + BAND_ROWS].astype(np.float32)
        scaled = (np.nan_to_num(band, nan=high, posinf=high, neginf=low) - low) * (255 / (high - low))
        out[top : top + BAND_ROWS] = np.clip(np.rint(scaled), 0, 255)
    return out


def full_scale(values: np.ndarray) -> tuple[float, float]:
    """What is black and what is white: the smallest usual bit depth that holds the samples.

    Scanners put 10, 12 or 14 bits into 16 and say nothing of it. Stretching to the least and the greatest sample
    instead would turn the noise of an empty page into ink, so that is left to samples below zero.
    """
    least, greatest = _extremes(values)
    if least < 0 or greatest >= 2**16:
        return least, max(greatest, least + 1)
    if values.dtype.kind == "b" or (values.dtype.kind == "f" and greatest <= 1):
        return 0.0, 1.0
    return 0.0, next(float(2**bits - 1) for bits in (8, 10, 12, 14, 16) if greatest < 2**bits)


def _extremes(values: np.ndarray) -> tuple[float, float]:
    """The least and the greatest finite sample, 0 and 0 where there is none."""
    found = []
    for top in range(0, len(values), BAND_ROWS):
        band = values[top : top + BAND_ROWS]
        finite = band[np.isfinite(band)]
        if finite.size:
            found += [float(finite.min()), float(finite.max())]
    return (min(found), max(found)) if found else (0.0, 0.0)
