"""Decode CTC output within a language: the best texts, their exact posteriors, and the language's total mass.

CTC: Graves et al., 2006. A lexicon's tree is decoded forward, which gives every entry's mass at once; any other
automaton backward, which gives the mass of every prefix, along which the best texts are searched.
"""

from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode.lattice import Lattice, lattice_of
from recognizer.decode.lexicon import decode_lexicon
from recognizer.decode.masses import linear_masses, log_masses
from recognizer.decode.search import Found, Text, find_texts

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


NOTHING = Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)


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
    _check(log_probs, automaton)
    if len(log_probs) < automaton.shortest:
        return NOTHING
    lattice = lattice_of(automaton)
    tilted, shift = _tilted(log_probs, lattice)
    found, log_mass = _decode(tilted, automaton, lattice, max(1, count))
    if not found.texts:
        return NOTHING
    return Decoded(
        texts=found.texts,
        posteriors=found.posteriors,
        log_mass=min(0.0, log_mass + shift),
        is_exact=found.is_exact,
    )


def log_mass(log_probs: np.ndarray, automaton: Automaton) -> float:
    """The `log_mass` of `decode`, without its texts. Raises ValueError as it does."""
    log_probs = np.asarray(log_probs, np.float64)
    _check(log_probs, automaton)
    if automaton.is_tree or len(log_probs) < automaton.shortest:
        return decode(log_probs, automaton, 1).log_mass
    lattice = lattice_of(automaton)
    tilted, shift = _tilted(log_probs, lattice)
    masses = linear_masses(np.exp(tilted), automaton, lattice, LEAST_LOG_MASS) or log_masses(tilted, automaton, lattice)
    return NEVER if masses is None else min(0.0, masses.log_mass + shift)


def _check(log_probs: np.ndarray, automaton: Automaton) -> None:
    classes = len(automaton.characters) + 1
    if log_probs.ndim != 2 or log_probs.shape[1] != classes or np.isnan(log_probs.min(initial=0.0)):
        raise ValueError(f"log_probs must be (frames, {classes}) without NaN")


def _tilted(log_probs: np.ndarray, lattice: Lattice) -> tuple[np.ndarray, float]:
    """(frames, classes of the lattice) of which every row sums to one, and the log of what that took.

    It changes no posterior, and keeps masses within the range of plain numbers where something else is written.
    """
    mine = log_probs[:, lattice.classes]
    top = np.maximum(mine.max(axis=1), NEVER)
    with np.errstate(divide="ignore"):
        sums = np.maximum(top + np.log(np.exp(mine - top[:, None]).sum(axis=1)), NEVER)
    return np.ascontiguousarray(mine - sums[:, None]), float(sums.sum())


def _decode(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice, count: int) -> tuple[Found, float]:
    if automaton.is_tree:
        return decode_lexicon(log_probs, automaton, lattice, count)
    plain = linear_masses(np.exp(log_probs), automaton, lattice, LEAST_LOG_MASS)
    if plain is not None:
        found = find_texts(plain, automaton, lattice, count)
        if found.texts and np.isfinite(found.posteriors).all():
            return found, plain.log_mass
    masses = log_masses(log_probs, automaton, lattice)
    if masses is None:
        return Found(texts=(), posteriors=(), is_exact=True), -np.inf
    return find_texts(masses, automaton, lattice, count), masses.log_mass
