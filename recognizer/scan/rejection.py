"""PageRejected, the codes of rejection, and how whatever a decoder raises becomes one of them."""

import struct
from dataclasses import dataclass

import cv2
from PIL import Image, UnidentifiedImageError

from recognizer.errors import ScanRejected

CODES: dict[str, str] = {
    "unsupported": "not a PDF, TIFF, PNG or JPEG, or a variant of them that cannot be decoded",
    "empty": "no bytes, or no pages",
    "unreadable": "the file cannot be opened or is not a regular file",
    "too_large": "more bytes or pixels than the limits allow",
    "too_many_pages": "more pages than the limits allow",
    "too_small": "too few pixels for a page",
    "encrypted": "a password is needed",
    "truncated": "the file ends before the page does",
    "damaged": "the file contradicts itself or cannot be decoded",
    "timeout": "the page took too long",
    "out_of_memory": "the page needed too much memory",
    "crashed": "a decoder crashed on the page",
    "failed": "the page was decoded, but the work on it raised an error: our fault, not the file's",
}
"""Every code with what it means. Codes are stable: they stand in records and are counted over years."""


@dataclass(frozen=True, kw_only=True)
class PageRejected:
    """One page that cannot be taken in, or the whole file where `page_no` is None."""

    page_no: int | None
    code: str
    reason: str


def rejected(error: Exception, page_no: int | None) -> PageRejected:
    """Turn what a decoder raised into a rejection; Pillow alone raises a dozen unrelated types on hostile files."""
    if isinstance(error, ScanRejected):
        return PageRejected(page_no=page_no, code=error.code, reason=error.reason)
    code = code_of(error)
    return PageRejected(page_no=page_no, code=code, reason=f"{CODES[code]} ({_in_one_line(error)})")


def code_of(error: Exception) -> str:
    """The code for an error that a decoder raised."""
    if isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem):
        return "out_of_memory"
    if isinstance(error, Image.DecompressionBombError):
        return "too_large"
    text = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in text or "premature end" in text:
        return "truncated"
    if isinstance(error, struct.error) and "requires a buffer" in text:
        return "truncated"
    return "damaged"


def _in_one_line(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):  # its text is the address of a BytesIO
        return "the header makes no sense"
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
