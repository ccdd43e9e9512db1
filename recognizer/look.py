"""Look: what one network made of one crop, which can still be asked how probable it finds other texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import Decoded, log_probabilities
from recognizer.prose import Prose, prose_weights
from recognizer.reading import Reading


class Lines:
    """The output of a text network for a crop, and what was decoded from it."""

    def __init__(self, log_probs: np.ndarray, automaton: Automaton, prose: Prose | None, decoded: Decoded) -> None:
        self._log_probs, self._prose, self._decoded = log_probs, prose, decoded
        self._numbers = {character: number for number, character in enumerate(automaton.characters, 1)}

    def weigh(self, texts: Sequence[str]) -> list[float]:
        """P(text | image, language) of texts of the field's language, on the scale of the decoded ones' posteriors."""
        if not self._decoded.texts:
            return [0.0] * len(texts)
        known = [text for text in texts if set(text) <= self._numbers.keys()]
        best, *scores = self._scores([self._decoded.texts[0], *(self._classes(text) for text in known)])
        with np.errstate(under="ignore"):
            shares = self._decoded.posteriors[0] * np.exp(np.minimum(np.array(scores) - best, 0.0))
        found = dict(zip(known, shares.tolist(), strict=True))
        return [found.get(text, 0.0) for text in texts]

    def _classes(self, text: str) -> tuple[int, ...]:
        return tuple(self._numbers[character] for character in text)

    def _scores(self, texts: Sequence[tuple[int, ...]]) -> np.ndarray:
        scores = log_probabilities(self._log_probs, texts)
        return scores if self._prose is None else scores + prose_weights(self._prose, texts, len(self._numbers))


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A reading whose confidences are the network's own probabilities; `lines` where a text was decoded."""

    reading: Reading
    lines: Lines | None = None

    def weigh(self, texts: Sequence[str]) -> list[float]:
        """P(text | image, language) of other texts of the field's language; 0 where none was decoded."""
        return self.lines.weigh(texts) if self.lines is not None else [0.0] * len(texts)
