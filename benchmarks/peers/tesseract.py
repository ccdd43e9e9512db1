"""Tesseract 5 through its C interface, so that its model is loaded once and not for every crop."""

import atexit
import ctypes
from collections.abc import Sequence
from ctypes.util import find_library
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from benchmarks.peers.job import Answer, Job
from benchmarks.peers.trim import trimmed

TRIM = 0.1
HEIGHT_PX = 36
PADDING_PX = 12
"""Of heights from 32 to 96 px, with and without trimming, modes 6, 7, 8 and 13, and binarization, the best together
on writers of the tune split."""

LINE, WORD = 7, 8
"""Page segmentation modes."""


class Tesseract:
    """One interface per language; mode and whitelist are set for each crop."""

    def __init__(self, folder: Path) -> None:
        self._library = ctypes.CDLL(find_library("tesseract") or "libtesseract.so.5")
        pointer = ctypes.c_void_p
        for name in ("TessBaseAPICreate", "TessBaseAPIGetUTF8Text"):
            getattr(self._library, name).restype = pointer
        self._folder = folder
        self._interfaces = cache(self._interface)
        self._lexicons = cache(lambda name: (folder / name).read_text(encoding="utf-8").splitlines())

    def prepare(self, job: Job, image: np.ndarray) -> tuple[Job, np.ndarray]:
        """The crop in the size and with the white margin that Tesseract wants."""
        image = trimmed(image, TRIM)
        scale = HEIGHT_PX / image.shape[0]
        sampling = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(image, (max(1, round(image.shape[1] * scale)), HEIGHT_PX), interpolation=sampling)
        paper = int(np.percentile(scaled, 80))
        return job, np.pad(scaled, PADDING_PX, constant_values=paper)

    def read(self, prepared: Sequence[tuple[Job, np.ndarray]]) -> list[Answer]:
        """One crop at a time: it has no batches."""
        return [self._answer(job, image) for job, image in prepared]

    def _answer(self, job: Job, image: np.ndarray) -> Answer:
        text, confidence = self._recognize(job, np.ascontiguousarray(image))
        if not job.lexicon:
            return Answer(text=text, confidence=confidence)
        found = process.extractOne(text, self._lexicons(job.lexicon), scorer=Levenshtein.normalized_similarity)
        return Answer(text=found[0], confidence=confidence * found[1])

    def _recognize(self, job: Job, image: np.ndarray) -> tuple[str, float]:
        api, library = self._interfaces(job.language), self._library
        library.TessBaseAPISetVariable(api, b"tessedit_char_whitelist", job.characters.encode())
        library.TessBaseAPISetPageSegMode(api, WORD if job.is_word else LINE)
        height, width = image.shape
        library.TessBaseAPISetImage(api, image.ctypes.data_as(ctypes.c_char_p), width, height, 1, width)
        library.TessBaseAPISetSourceResolution(api, 300)
        pointer = library.TessBaseAPIGetUTF8Text(api)
        text = ctypes.string_at(pointer).decode("utf-8", "replace") if pointer else ""
        library.TessDeleteText(ctypes.c_void_p(pointer))
        return text.strip(), max(0, library.TessBaseAPIMeanTextConf(api)) / 100

    def _interface(self, language: str) -> ctypes.c_void_p:
        api = ctypes.c_void_p(self._library.TessBaseAPICreate())
        if self._library.TessBaseAPIInit3(api, None, language.encode()) != 0:
            raise SystemExit(f"Tesseract lacks the language {language}: apt-get install tesseract-ocr-{language}")
        atexit.register(self._library.TessBaseAPIDelete, api)
        return api
