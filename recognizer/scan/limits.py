"""Limits: how much of a stranger's file we are willing to take in."""

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file, and one page of it, may cost.

    A page of more than `working_pixels` is scaled down while it is decoded: to `working_dpi` where its resolution is
    known, else to `working_pixels`. Handwriting gains nothing above 300 dpi, and every later stage pays for it.
    `seconds_per_page` and `memory_bytes` are kept by whoever runs the decoding in a process of its own; the other
    limits are kept by `pages`.
    """

    max_bytes: int = 256 * MEBIBYTE
    max_pages: int = 500
    max_pixels: int = 50_000_000
    max_edge_px: int = 32_000  # OpenCV's warps index pixels with 16 bits
    min_edge_px: int = 64
    working_dpi: int = 300
    working_pixels: int = 12_000_000
    pdf_dpi: int = 200
    seconds_per_page: float = 30.0
    memory_bytes: int = 1024 * MEBIBYTE
