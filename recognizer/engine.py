"""Engine: a bundle that reads crops.

A reading is a function of the crop, its field and the bundle alone, bit for bit: every crop is read by itself, on one
thread, so that it cannot matter what else was in the batch or how many processors there are.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from recognizer.automaton import Automaton
from recognizer.bundle import Bundle, Reader
from recognizer.clean import has_ink, is_written
from recognizer.confidence import calibrated
from recognizer.decode import Decoded, decode
from recognizer.form import Field
from recognizer.form.characters import lacking
from recognizer.form.language import automaton_of
from recognizer.frame import ink_level, mark_frame, stack_frames
from recognizer.line import line_image, pad_line
from recognizer.look import Lines, Look
from recognizer.marking import checkbox, choice_group
from recognizer.network import RUNTIME, log_softmax
from recognizer.outcome import OUTCOME_CLASSES
from recognizer.prose import Prose, decode_prose
from recognizer.reading import Alternative, Crop, Outcome, Reading

ENGINE_VERSION = "5"
ALTERNATIVES = 5
LEAST_CHAR_MASS = 0.05
"""Per character, the share of the network's belief that the field's language must hold: below it something else is
written there, which is no better known than illegible."""
LEAST_MASS = 0.01
"""The same of a whole field where rules say what is possible: a date that does not exist still looks like one."""
PROSE = ("text", "name")
"""Kinds in which one character makes the next more or less probable, unless the form gives them a pattern."""
NON_ANSWERS: tuple[Outcome, ...] = ("struck_out", "illegible", "wrong_crop")
MOST_LANGUAGES = 512
"""More of them are not kept in mind."""
LACKING = "lacking"
"""Measured of a field that was not read: so many of its characters the model does not have."""
NOISY = 15.0
"""Standard deviation of the paper, in grey levels, above which a faint pencil stroke can be lost."""


class Engine:
    """Reads crops with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._chosen: dict[Automaton, tuple[Reader, Automaton]] = {}

    @property
    def bundle(self) -> Bundle:
        """The bundle that reads."""
        return self._bundle

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
            "least_mass": LEAST_MASS,
            "runtime": RUNTIME,
            "precision": ", ".join(f"{reader.name} {reader.precision}" for reader in self._bundle.readers),
        }

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        """Read one crop. `folder` is where the form's relative lexicons lie.

        Raises:
            FormError: the field's pattern or lexicon cannot be compiled.
        """
        if not self.can_read(crop.field, folder):
            return refused(len(lacking(crop.field, self._bundle.general.alphabet, folder)))
        return calibrated(self._bundle.calibration, crop, self.look(crop, folder).reading)

    def can_read(self, field: Field, folder: Path = Path()) -> bool:
        """Whether the model has the characters that a field needs: else something else would be found, and be sure."""
        if field.is_marks or field.kind == "signature":
            return True
        return not lacking(field, self._bundle.general.alphabet, folder)

    def look(self, crop: Crop, folder: Path = Path()) -> Look:
        """The reading with the networks' own probabilities as confidences. Raises FormError as `read` does."""
        if crop.field.kind == "signature":
            return Look(reading=read_signature(crop))
        if crop.field.is_marks:
            return Look(reading=self._read_marks(crop))
        return self._read_text(crop, folder)

    def _read_text(self, crop: Crop, folder: Path) -> Look:
        written = is_written(crop.image, crop.dpi)
        line = line_image(crop.image) if written else None
        if line is None:
            coverage = has_ink(crop.image, crop.dpi).coverage if written else 0.0
            blank = Reading(text="", outcome="blank", confidence=blank_confidence(crop), measured={"ink": coverage})
            return Look(reading=blank)
        reader, automaton = self._reader_of(automaton_of(crop.field, self._bundle.general.alphabet, folder))
        logits, outcomes = reader.network(pad_line(line))
        log_probs = log_softmax(logits[0])  # all frames: a last character may be told beyond its ink
        seen = non_answers(outcomes[0])
        nothing = float(np.exp(log_probs[:, 0].sum()))
        if nothing > 0.5:
            return Look(
                reading=Reading(text="", outcome="blank", confidence=nothing, measured={"blank": nothing, **seen})
            )
        prose = self._bundle.prose if is_prose(crop.field) else None
        decoded = decode_text(log_probs, automaton, prose)
        measured = {"blank": nothing, **seen}
        reading = text_reading(decoded, texts_of(decoded, automaton), measured, least_mass(crop.field))
        return Look(reading=reading, lines=Lines(log_probs, automaton, prose, decoded))

    def _reader_of(self, automaton: Automaton) -> tuple[Reader, Automaton]:
        """The reader with the fewest characters that can write all texts of a language, and the language over these."""
        if automaton not in self._chosen:
            used = set(automaton.used)
            reader = next(each for each in self._bundle.readers if used <= set(each.alphabet.characters))
            if len(self._chosen) >= MOST_LANGUAGES:
                self._chosen.clear()
            self._chosen[automaton] = reader, automaton.over(reader.alphabet.characters)
        return self._chosen[automaton]

    def _read_marks(self, crop: Crop) -> Reading:
        ink = crop.ink_level if crop.ink_level is not None else ink_level([crop.image])
        frames = stack_frames([mark_frame(crop.image, box, ink) for box in crop.marks])
        probs = np.exp(log_softmax(np.concatenate([self._bundle.marks(frame[None])[0] for frame in frames])))
        if crop.field.kind == "checkbox":
            return checkbox(probs[0])
        return choice_group(probs, [option.value for option in crop.field.options], crop.field.multiple)


def refused(missing: int) -> Reading:
    """What is said of a field whose characters a model lacks; so many are `missing`."""
    return Reading(text="", outcome="illegible", confidence=0.0, measured={LACKING: float(missing)})


def is_prose(field: Field) -> bool:
    """Whether the field's texts are read with a model of prose."""
    return field.kind in PROSE and field.lexicon is None and field.pattern is None


def least_mass(field: Field) -> float:
    """The least share of the network's belief that the field's language must hold, of the field as a whole."""
    return 0.0 if field.kind in PROSE or field.lexicon is not None else LEAST_MASS


def decode_text(log_probs: np.ndarray, automaton: Automaton, prose: Prose | None) -> Decoded:
    """The best texts of a language, with a model of prose where one is given."""
    if prose is not None:
        return decode_prose(log_probs, automaton, prose, ALTERNATIVES)
    return decode(log_probs, automaton, ALTERNATIVES)


def texts_of(decoded: Decoded, automaton: Automaton) -> list[Alternative]:
    """Decoded texts with their posteriors."""
    return [
        Alternative(text=automaton.text(classes), confidence=posterior)
        for classes, posterior in zip(decoded.texts, decoded.posteriors, strict=True)
    ]


def non_answers(logits: np.ndarray) -> dict[str, float]:
    """Probabilities of `struck_out`, `illegible` and `wrong_crop`, and of all together as `not_text`."""
    probs = np.exp(log_softmax(logits))
    named = {name: float(p) for name, p in zip(OUTCOME_CLASSES, probs, strict=True)}
    return {"not_text": 1.0 - named.pop("text"), **named}


def text_reading(
    decoded: Decoded, texts: list[Alternative], measured: dict[str, float], least_mass: float = 0.0
) -> Reading:
    """From decoded texts, best first, and what else was measured, to a reading.

    Where it is likelier that no answer is written there at all, or that it is none of the field's language, the outcome
    says so; the texts that would have been read are alternatives.
    """
    if not texts:
        return Reading(text="", outcome="illegible", confidence=0.5, measured=measured)
    best, *others = texts
    measured |= {"posterior": best.confidence, "log_mass": decoded.log_mass}
    if others:
        measured["runner_up"] = others[0].confidence
    if measured["not_text"] > 0.5:
        outcome = max(NON_ANSWERS, key=lambda name: measured[name])
        return _no_answer(outcome, measured["not_text"], texts, measured)
    if not best.text:  # the field's language may hold the empty text
        return Reading(
            text="", outcome="blank", confidence=best.confidence, alternatives=tuple(others), measured=measured
        )
    mass, char_mass = math.exp(decoded.log_mass), math.exp(decoded.log_mass / len(best.text))
    if char_mass < LEAST_CHAR_MASS or mass < least_mass:
        return _no_answer("illegible", 1 - min(char_mass, mass), texts, measured)
    return Reading(
        text=best.text, outcome="text", confidence=best.confidence, alternatives=tuple(others), measured=measured
    )


def _no_answer(outcome: Outcome, confidence: float, texts: list[Alternative], measured: dict[str, float]) -> Reading:
    return Reading(text="", outcome=outcome, confidence=confidence, alternatives=tuple(texts), measured=measured)


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
