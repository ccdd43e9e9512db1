"""Engine: a bundle that reads crops.

A reading is a function of the crop, its field and the bundle alone, bit for bit: every crop is read by itself, on one
thread, so that it cannot matter what else was in the batch or how many processors there are.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from recognizer.bundle import Bundle
from recognizer.clean import has_ink
from recognizer.confidence import calibrated
from recognizer.decode import Decoded, decode
from recognizer.form.language import automaton_of
from recognizer.frame import mark_frame
from recognizer.line import line_image
from recognizer.net.marks import stack_frames
from recognizer.net.text import pad_lines
from recognizer.reading import Alternative, Crop, Reading

ENGINE_VERSION = "1"
ALTERNATIVES = 5
LEAST_CHAR_MASS = 0.05
"""Per character, the share of the network's belief that the field's language must hold: below it something else is
written there, which is no better known than illegible."""
NOISY = 15.0
"""Standard deviation of the paper, in grey levels, above which a faint pencil stroke can be lost."""


class Engine:
    """Reads crops with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        torch.set_num_threads(1)

    @property
    def bundle_id(self) -> str:
        """The digest of the bundle that reads."""
        return self._bundle.bundle_id

    @property
    def version(self) -> str:
        """Version of this code where it changes readings."""
        return ENGINE_VERSION

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """All that a reading depends on beside crop, field and bundle."""
        return {
            "threads": 1,
            "alternatives": ALTERNATIVES,
            "least_char_mass": LEAST_CHAR_MASS,
            "torch": torch.__version__,
        }

    @torch.inference_mode()
    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        """Read one crop. `folder` is where the form's relative lexicons lie.

        Raises:
            FormError: the field's pattern or lexicon cannot be compiled.
        """
        return calibrated(self._bundle.calibration, crop, self._raw(crop, folder))

    def _raw(self, crop: Crop, folder: Path) -> Reading:
        """The reading with the networks' own probabilities as confidences."""
        if crop.field.kind == "signature":
            return read_signature(crop)
        if crop.field.is_marks:
            return self._read_marks(crop)
        return self._read_text(crop, folder)

    def _read_text(self, crop: Crop, folder: Path) -> Reading:
        ink = has_ink(crop.image, crop.dpi)
        line = None if ink.is_blank else line_image(crop.image)
        if line is None:
            return Reading(text="", outcome="blank", confidence=blank_confidence(crop), measured={"ink": ink.coverage})
        logits = self._bundle.text(pad_lines([line]))[0]  # all frames: a last character may be told beyond its ink
        log_probs = logits.double().log_softmax(1).numpy()
        automaton = automaton_of(crop.field, self._bundle.alphabet, folder)
        nothing = float(np.exp(log_probs[:, 0].sum()))
        if nothing > 0.5:
            return Reading(text="", outcome="blank", confidence=nothing, measured={"ink": ink.coverage})
        return self._reading(decode(log_probs, automaton, ALTERNATIVES), nothing)

    def _reading(self, decoded: Decoded, nothing: float) -> Reading:
        if not decoded.texts:
            return Reading(text="", outcome="illegible", confidence=0.5, measured={"blank": nothing})
        best, *others = (self._alternative(*pair) for pair in zip(decoded.texts, decoded.posteriors, strict=True))
        measured = {"posterior": decoded.posteriors[0], "log_mass": decoded.log_mass, "blank": nothing}
        if others:
            measured["runner_up"] = others[0].confidence
        if not best.text:  # the field's language may hold the empty text
            return Reading(
                text="", outcome="blank", confidence=best.confidence, alternatives=tuple(others), measured=measured
            )
        char_mass = math.exp(decoded.log_mass / max(1, len(best.text)))
        if char_mass < LEAST_CHAR_MASS:
            return Reading(
                text="", outcome="illegible", confidence=1 - char_mass, alternatives=(best, *others), measured=measured
            )
        return Reading(
            text=best.text, outcome="text", confidence=best.confidence, alternatives=tuple(others), measured=measured
        )

    def _alternative(self, classes: tuple[int, ...], posterior: float) -> Alternative:
        text = "".join(self._bundle.alphabet.characters[c - 1] for c in classes)
        return Alternative(text=text, confidence=posterior)

    def _read_marks(self, crop: Crop) -> Reading:
        frames = stack_frames([mark_frame(crop.image, box) for box in crop.marks])
        probs = self._bundle.marks(frames).double().softmax(1).numpy()
        if crop.field.kind == "checkbox":
            return checkbox(probs[0])
        return choice_group(probs, [option.value for option in crop.field.options], crop.field.multiple)


def blank_confidence(crop: Crop) -> float:
    """How sure a field without strokes is blank: less where noise may have swallowed faint writing."""
    return 0.995 if crop.quality.noise < NOISY else 0.7


def read_signature(crop: Crop) -> Reading:
    """Whether somebody signed: by the length of the strokes, not by what they say."""
    ink = has_ink(crop.image, crop.dpi)
    inches = ink.length_px / crop.dpi
    signed = 1 / (1 + math.exp(-6 * (inches - 0.6)))  # initials are about an inch of line
    measured = {"stroke_inch": inches, "coverage": ink.coverage}
    if signed >= 0.5:
        return Reading(text="signed", outcome="text", confidence=signed, measured=measured)
    return Reading(text="", outcome="blank", confidence=1 - signed, measured=measured)


def checkbox(probs: np.ndarray) -> Reading:
    """The reading of one box from its probabilities of (empty, marked, ambiguous)."""
    empty, marked, ambiguous = (float(p) for p in probs)
    measured = {"empty": empty, "marked": marked, "ambiguous": ambiguous}
    if ambiguous > max(empty, marked):
        return Reading(text="", outcome="ambiguous", confidence=ambiguous, measured=measured)
    answers = sorted((("yes", marked), ("no", empty)), key=lambda a: -a[1])
    other = Alternative(text=answers[1][0], confidence=answers[1][1])
    return Reading(
        text=answers[0][0], outcome="text", confidence=answers[0][1], alternatives=(other,), measured=measured
    )


def choice_group(probs: np.ndarray, values: list[str], multiple: bool) -> Reading:
    """The reading of several boxes, (n, 3) probabilities: confidence is that of all boxes together.

    A mark that was taken back counts as no mark where exactly one other box is marked.
    """
    parts = tuple(checkbox(row) for row in probs)
    chosen = [value for value, part in zip(values, parts, strict=True) if part.text == "yes"]
    unclear = [part for part in parts if part.outcome == "ambiguous"]
    confidence = math.prod(part.confidence for part in parts)
    if (len(chosen) > 1 and not multiple) or (unclear and (multiple or len(chosen) != 1)):
        return Reading(text="", outcome="ambiguous", confidence=confidence, parts=parts)
    if not chosen:
        return Reading(text="", outcome="blank", confidence=confidence, parts=parts)
    return Reading(text="|".join(chosen), outcome="text", confidence=confidence, parts=parts)
