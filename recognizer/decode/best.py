"""Decode CTC output within a language: the best texts, their exact posteriors, and the language's total mass.

CTC: Graves et al., 2006. A lexicon's tree is decoded forward, which gives every entry's mass at once; any other
automaton backward, which gives the mass of every prefix, along which the best texts are searched.
"""

from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode.lattice import Lattice, lattice_of
from recognizer.decode.lexicon import decode_lexicon
from recognizer.decode.masses import LinearMasses, LogMasses
from recognizer.decode.search import Found, Search, Text

NEVER = -1e30
"""Log mass of a language that has no text in the image."""
LEAST_LOG_MASS = -600.0
"""Below it (of about -708) plain numbers may have underflowed somewhere that counts: log space is used."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Texts as class numbers with P(text | image, language), best first, and log P(language | image).

    `is_exact` says that the first text is proved to be the most probable of the language. Posteriors and mass are
    exact for every text, whether or not it is the best.
    """

    texts: tuple[Text, ...]
    posteriors: tuple[float, ...]
    log_mass: float
    is_exact: bool


def decode(log_probs: np.ndarray, automaton: Automaton, count: int = 5) -> Decoded:
    """The `count` most probable texts of a language.

    Args:
        log_probs: (frames, classes) float, log probabilities; class 0 is CTC's blank, class i + 1 character i of the
            automaton. -inf is allowed, NaN is not.
        automaton: the language.
        count: how many texts are wanted. Those with a posterior below 1e-6 may be missing, but for the first.

    Returns:
        No texts, and `log_mass` -1e30, where no text of the language has any probability.

    Raises:
        ValueError: `log_probs` has another shape, or NaN in it.
    """
    log_probs = np.asarray(log_probs, np.float64)
    if log_probs.ndim != 2 or log_probs.shape[1] != len(automaton.characters) + 1 or np.isnan(log_probs).any():
        raise ValueError(f"log_probs must be (frames, {len(automaton.characters) + 1}) without NaN")
    if len(log_probs) < automaton.shortest:
        return Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)
    lattice = lattice_of(automaton)
    tilted, shift = _tilted(log_probs, lattice)
    found, log_mass = _decode(tilted, automaton, lattice, max(1, count))
    if not found.texts:
        return Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)
    return Decoded(
        texts=found.texts,
        posteriors=found.posteriors,
        log_mass=min(0.0, log_mass + shift),
        is_exact=found.is_exact,
    )


def _tilted(log_probs: np.ndarray, lattice: Lattice) -> tuple[np.ndarray, float]:
    """Rows of which the language's classes and the blank sum to one, -inf elsewhere, and the log of what that took.

    It changes no posterior, and keeps masses within the range of plain numbers where something else is written.
    """
    tilted = np.full(log_probs.shape, -np.inf)
    mine = log_probs[:, lattice.classes]
    top = np.maximum(mine.max(axis=1), NEVER)
    with np.errstate(divide="ignore"):
        sums = np.maximum(top + np.log(np.exp(mine - top[:, None]).sum(axis=1)), NEVER)
    tilted[:, lattice.classes] = mine - sums[:, None]
    return tilted, float(sums.sum())


def _decode(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice, count: int) -> tuple[Found, float]:
    probs = np.exp(log_probs)
    if automaton.is_tree:
        return decode_lexicon(probs, log_probs, automaton, count)
    plain = LinearMasses(probs, automaton, lattice)
    if plain.log_mass >= LEAST_LOG_MASS:
        found = Search(automaton, plain, len(probs), count).run()
        if found.texts and np.isfinite(found.posteriors).all():
            return found, plain.log_mass
    masses = LogMasses(log_probs, automaton, lattice)
    if masses.log_mass == -np.inf:
        return Found(texts=(), posteriors=(), is_exact=True), -np.inf
    return Search(automaton, masses, len(probs), count).run(), masses.log_mass
