"""PP-OCRv6's recognizer as a component of a stack: its weights, Penfield's decoding within the field's language.

The weights come with the package `rapidocr` (Apache-2.0; the extra `peer`), of which nothing else is used: no code of
it runs, and nothing is fetched. PP-OCRv6 reads text lines; it knows no marks, and no non-answers but by the mass that
it gives a field's language.
"""

import hashlib
import importlib.metadata
import importlib.util
import math
from pathlib import Path

import cv2
import numpy as np

from recognizer.alphabet import Alphabet
from recognizer.clean import has_ink, is_written
from recognizer.engine import blank_confidence, decode_text, is_prose, least_mass, text_reading, texts_of
from recognizer.errors import BundleError
from recognizer.form import Field
from recognizer.form.characters import lacking
from recognizer.form.language import automaton_of
from recognizer.line import line_image
from recognizer.look import Lines, Look
from recognizer.network import Network
from recognizer.prose import Prose
from recognizer.reading import Crop, Reading

PPOCR_VERSION = "1"
PACKAGE, MODEL = "rapidocr", "PP-OCRv6_rec_small.onnx"
HEIGHT_PX, LEAST_WIDTH_PX, MOST_WIDTH_PX = 48, 320, 3200
MARGIN = 0.15
"""Paper around the ink, as a share of its height: PP-OCRv6's own detector would hand it such boxes."""
INK = 0.7
"""Darker than this share of the paper's shade is ink."""


class PPOCR:
    """Reads crops of text with PP-OCRv6; free text with the model of prose that it is given.

    The characters are those of an alphabet; those that PP-OCRv6 does not know have no probability.
    """

    def __init__(self, model: bytes, alphabet: Alphabet, prose: Prose | None = None) -> None:
        self._network, self._alphabet, self._prose = Network(model), alphabet, prose
        numbers = {character: number for number, character in enumerate(characters_of(self._network), 1)}
        self._known = np.array([c in numbers for c in alphabet.characters])
        self._columns = np.array([0, *(numbers[c] for c in alphabet.characters if c in numbers)])
        self.bundle_id = hashlib.sha256(model).hexdigest()[:32]

    def can_read(self, field: Field, folder: Path = Path()) -> bool:
        """Whether it is a field of text in characters that are known."""
        return not field.is_marks and field.kind != "signature" and not lacking(field, self._alphabet, folder)

    def look(self, crop: Crop, folder: Path = Path()) -> Look:
        """The reading with the network's own probabilities as confidences. Raises FormError as the engine does."""
        written = is_written(crop.image, crop.dpi)
        if not written or line_image(crop.image) is None:
            coverage = has_ink(crop.image, crop.dpi).coverage if written else 0.0
            blank = Reading(text="", outcome="blank", confidence=blank_confidence(crop), measured={"ink": coverage})
            return Look(reading=blank)
        automaton = automaton_of(crop.field, self._alphabet, folder)
        log_probs, prose = self._log_probs(crop.image), self._prose if is_prose(crop.field) else None
        decoded = decode_text(log_probs, automaton, prose)
        reading = text_reading(decoded, texts_of(decoded, automaton), {"not_text": 0.0}, least_mass(crop.field))
        return Look(reading=reading, lines=Lines(log_probs, automaton, prose, decoded))

    def _log_probs(self, image: np.ndarray) -> np.ndarray:
        """(frames, 1 + characters) float64, natural logarithms; what is no character of the alphabet is left out."""
        probs = self._network(line_of(image))[0][0]
        found = np.full((len(probs), 1 + len(self._known)), 1e-12)
        found[:, np.flatnonzero(np.append(True, self._known))] = np.maximum(probs[:, self._columns], 1e-12)
        return np.log(found.astype(np.float64))


def line_of(image: np.ndarray) -> np.ndarray:
    """(1, 3, 48, w) float32 in [-1, 1] from (h, w) uint8: cut to its ink, as PaddleOCR scales and pads lines."""
    part = trimmed(image, MARGIN)
    width = min(math.ceil(HEIGHT_PX * part.shape[1] / part.shape[0]), MOST_WIDTH_PX)
    scaled = cv2.resize(part, (max(1, width), HEIGHT_PX)).astype(np.float32) / 127.5 - 1
    padded = np.zeros((HEIGHT_PX, max(LEAST_WIDTH_PX, scaled.shape[1])), np.float32)
    padded[:, : scaled.shape[1]] = scaled
    return np.ascontiguousarray(np.broadcast_to(padded, (1, 3, *padded.shape)))


def trimmed(image: np.ndarray, margin: float) -> np.ndarray:
    """The (h, w) uint8 part that holds ink, with `margin` of its height as paper around it; all of it without ink."""
    paper = int(np.percentile(image, 80))
    rows, columns = np.nonzero(image < INK * paper)
    if len(rows) == 0:
        return image
    part = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return np.pad(part, max(1, round(margin * part.shape[0])), constant_values=paper)


def characters_of(network: Network) -> list[str]:
    """The characters of PP-OCRv6's classes from 1 on. Raises ValueError where the graph does not list them."""
    listed = [*network.metadata.get("character", "").splitlines(), " "]
    if network.classes != len(listed) + 1:
        raise ValueError(f"no PP-OCR model: {network.classes} classes, {len(listed)} characters")
    return listed


def load_model() -> bytes:
    """The weights that the installed package brings. Raises BundleError where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BundleError(f"this stack needs {PACKAGE}, which is not installed - mend: pip install 'penfield[peer]'")
    path = Path(next(iter(spec.submodule_search_locations))) / "models" / MODEL
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{PACKAGE} lacks its model {MODEL}: {error.strerror} - mend: install it again") from error


def package_version() -> str:
    """The version of the installed package. Raises BundleError where it is not installed."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise BundleError(f"{PACKAGE} is not installed - mend: pip install 'penfield[peer]'") from error
