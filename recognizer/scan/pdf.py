"""PDF through pypdfium2: pages are rendered, with form fields and annotations drawn."""

import math
import re

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from recognizer.errors import ScanRejected
from recognizer.page import Step
from recognizer.scan.book import Sheet
from recognizer.scan.formats import pdf_start
from recognizer.scan.limits import Limits
from recognizer.scan.scale import MAX_PAPER_IN, check_size
from recognizer.scan.scanner import scanner_of

POINTS_PER_INCH = 72
PROGRAMS = ("Creator", "Producer")
"""Where a PDF names its maker: scanners name themselves as the first, or as both."""
OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")


class PdfBook:
    """A PDF document. Opening raises ScanRejected (`encrypted`, `truncated`, `damaged`)."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._pdf = _open(data[max(0, pdf_start(data)) :])
        if len(self._pdf) <= limits.max_pages:  # a longer document will be refused
            self._pdf.init_forms()
        self._scanner = scanner_of({}, *(_said(self._pdf, name) for name in PROGRAMS))

    def __len__(self) -> int:
        return len(self._pdf)

    def sheet(self, index: int) -> Sheet:
        """Render the page at `index`, counted from 0."""
        page = self._pdf[index]
        try:
            return self._render(page)
        finally:
            page.close()

    def close(self) -> None:
        """Free PDFium's document."""
        self._pdf.close()

    def _render(self, page: pdfium.PdfPage) -> Sheet:
        width_pt, height_pt = page.get_size()
        dpi = render_dpi(width_pt, height_pt, self._limits)
        scale = dpi / POINTS_PER_INCH
        check_size(math.ceil(width_pt * scale), math.ceil(height_pt * scale), self._limits)
        bitmap = page.render(scale=scale)
        try:
            image = _grey(bitmap.to_numpy())
        finally:
            bitmap.close()
        on_paper = max(width_pt, height_pt) / POINTS_PER_INCH <= MAX_PAPER_IN
        step = Step(
            name="render", settings={"dpi": dpi}, measured={"width_pt": float(width_pt), "height_pt": float(height_pt)}
        )
        return Sheet(image=image, dpi=dpi if on_paper else None, steps=(step,), scanner=self._scanner)


def render_dpi(width_pt: float, height_pt: float, limits: Limits) -> float:
    """The resolution to render at: `pdf_dpi`, or what keeps a large page within `working_pixels`.

    Programs that know no resolution write pixels as points, so a page of 35 x 46 inches is often a letter. It is taken
    as long as it would not be too large if its points were pixels.
    """
    if not (math.isfinite(width_pt) and math.isfinite(height_pt) and width_pt > 0 and height_pt > 0):
        raise ScanRejected("damaged", f"The page claims to measure {width_pt} x {height_pt} points.")
    if width_pt * height_pt > limits.max_pixels:
        size = f"{width_pt / POINTS_PER_INCH:.0f} x {height_pt / POINTS_PER_INCH:.0f} inches"
        raise ScanRejected("too_large", f"The page claims to measure {size}: export it on paper of the usual size.")
    area_in = width_pt * height_pt / POINTS_PER_INCH**2
    return round(min(float(limits.pdf_dpi), math.sqrt(limits.working_pixels / area_in)), 2)


def _open(data: bytes) -> pdfium.PdfDocument:
    if _is_cut_off(data):
        raise ScanRejected("truncated", "The PDF ends before its closing mark: transfer or export it again.")
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise ScanRejected("encrypted", "The PDF needs a password: save it without one.") from error
        raise ScanRejected("damaged", f"The PDF cannot be opened: export it again. ({error})") from error


def _is_cut_off(data: bytes) -> bool:
    """Whether objects, but no closing mark, are the last of the file.

    PDFium repairs what it can and would show the first half of such a document as if it were whole.
    """
    end = data.rfind(b"%%EOF")
    return OBJECT.search(data, max(0, end)) is not None


def _said(pdf: pdfium.PdfDocument, name: str) -> str:
    """What the document says of itself; "" where it says nothing that can be read."""
    try:
        return str(pdf.get_metadata_value(name))
    except Exception:  # metadata must not cost a page
        return ""


def _grey(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim == 2:
        return pixels.copy()  # the bitmap's memory is PDFium's
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY if pixels.shape[2] == 3 else cv2.COLOR_BGRA2GRAY)
