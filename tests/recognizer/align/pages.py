"""Pages and forms that the tests of alignment, cutting and preparing share."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from recognizer.align import FormIndex
from recognizer.form import Form, load_form
from recognizer.page import Page

ROOT = Path(__file__).resolve().parents[3]
NIST_PAGE = ROOT.parent / "shared" / "data" / "forms" / "nist_hsf" / "page.png"


@cache
def _form(name: str) -> Form:
    return load_form(ROOT / "data" / "forms" / f"{name}.yaml")


def insurance() -> Form:
    return _form("insurance_application")


def nist() -> Form:
    return _form("nist_hsf")


@cache
def both() -> FormIndex:
    return FormIndex([insurance(), nist()])


def blank_insurance() -> np.ndarray:
    return cv2.imread(str(ROOT / "data/forms/insurance_application/blank.png"), cv2.IMREAD_GRAYSCALE)


def page(image: np.ndarray, dpi: float | None = None) -> Page:
    return Page(image=np.ascontiguousarray(image), scan_digest="0" * 64, page_no=1, dpi=dpi)
