"""Decode CTC output within a language: the best texts, their exact posteriors, and the language's total mass.

CTC: Graves et al., 2006. A lexicon's tree is decoded forward, which gives every entry's mass at once; any other
automaton backward, which gives the mass of every prefix, along which the best texts are searched.
"""

from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import linear, logspace, tree
from recognizer.decode.lattice import Lattice, lattice_of
from recognizer.decode.search import Found, Search

NEVER = -1e30
"""Log mass of a language that has no text in the image."""
LEAST_LOG_MASS = -600.0
"""Below it (of about -708) plain numbers may have underflowed somewhere that counts: log space is used."""
FLOOR = 1e-20
LOST = 1e-12
"""Prefixes below the floor are given up in a lexicon, and taken up again where they could change a mass by more."""

Text = tuple[int, ...]


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
    """
    log_probs = np.asarray(log_probs, np.float64)
    if log_probs.ndim != 2 or log_probs.shape[1] != len(automaton.characters) + 1 or np.isnan(log_probs).any():
        raise ValueError(f"log_probs must be (frames, {len(automaton.characters) + 1}) without NaN")
    lattice = lattice_of(automaton)
    tilted, shift = _tilted(log_probs, lattice)
    if shift == -np.inf:
        return Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)
    found = _decode_tree if automaton.is_tree else _decode_graph
    texts, log_mass = found(tilted, automaton, lattice, max(1, count))
    if not texts.texts:
        return Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)
    return Decoded(
        texts=texts.texts,
        posteriors=texts.posteriors,
        log_mass=min(0.0, log_mass + shift),
        is_exact=texts.is_exact,
    )


def _tilted(log_probs: np.ndarray, lattice: Lattice) -> tuple[np.ndarray, float]:
    """Rows of which the language's classes and the blank sum to one, and the log of what that took away.

    It changes no posterior, and keeps masses within the range of plain numbers where something else is written.
    """
    if not len(log_probs):
        return log_probs, 0.0
    mine = log_probs[:, lattice.classes]
    top = mine.max(axis=1)
    if (top == -np.inf).any():
        return log_probs, -np.inf
    sums = top + np.log(np.exp(mine - top[:, None]).sum(axis=1))
    return log_probs - sums[:, None], float(sums.sum())


def _probs(log_probs: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Probabilities of the language's classes; the others, which tilting may have made infinite, are left out."""
    probs = np.zeros(log_probs.shape)
    probs[:, lattice.classes] = np.exp(log_probs[:, lattice.classes])
    return probs


def _decode_tree(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice, count: int) -> tuple[Found, float]:
    probs = _probs(log_probs, lattice)
    parent = np.append(0, np.repeat(np.arange(len(automaton.accepting)), np.diff(automaton.first_step)))
    for floor in (FLOOR, 0.0):
        states, masses, log_scale, dropped = tree.tree_forward(
            probs, automaton.first_step, automaton.step_class, parent, floor
        )
        ends = automaton.accepting[states]
        states, masses = states[ends], masses[ends]
        mass = float(masses.sum())
        if dropped <= LOST * mass:
            break
    log_mass = log_scale + float(np.log(mass)) if mass > 0 else -np.inf
    if log_mass < LEAST_LOG_MASS:
        states = np.flatnonzero(automaton.accepting)
        logs = logspace.tree_forward(log_probs, automaton)[states]
        log_mass, top = float(np.logaddexp.reduce(logs)), float(logs.max())
        masses, mass = np.exp(logs - top) if top > -np.inf else np.zeros(len(logs)), float(np.exp(log_mass - top))
    best = np.lexsort((states, -masses))[:count]
    best = best[masses[best] > 0]
    found = Found(
        texts=tuple(_path(int(state), parent, automaton) for state in states[best]),
        posteriors=tuple(min(1.0, float(masses[i] / mass)) for i in best),
        is_exact=True,
    )
    return found, log_mass


def _path(state: int, parent: np.ndarray, automaton: Automaton) -> Text:
    """The text that leads to a state of a tree."""
    text: list[int] = []
    while state:
        text.append(int(automaton.step_class[state - 1]))
        state = int(parent[state])
    return tuple(reversed(text))


def _decode_graph(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice, count: int) -> tuple[Found, float]:
    frames = len(log_probs)
    masses: LinearMasses | LogMasses = LinearMasses(log_probs, automaton, lattice)
    if masses.log_mass >= LEAST_LOG_MASS:
        with np.errstate(all="ignore"):
            found = Search(automaton, masses, frames, count).run()
        if found.texts and np.isfinite(found.posteriors).all():
            return found, masses.log_mass
    masses = LogMasses(log_probs, automaton, lattice)
    if masses.log_mass == -np.inf:
        return Found(texts=(), posteriors=(), is_exact=True), -np.inf
    return Search(automaton, masses, frames, count).run(), masses.log_mass


class LinearMasses:
    """Prefix masses in plain numbers."""

    def __init__(self, log_probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> None:
        self._automaton, self._lattice = automaton, lattice
        self._probs = _probs(log_probs, lattice)
        reached = np.searchsorted(automaton.depth, np.arange(len(log_probs) + 1), side="right")
        self._ahead, self._mass, log_scale = linear.backward(
            self._probs,
            automaton.first_step,
            automaton.step_class,
            lattice.step_node,
            lattice.first_node,
            lattice.node_class,
            lattice.node_same,
            automaton.accepting,
            reached,
        )
        self.log_mass = log_scale + float(np.log(self._mass)) if self._mass > 0 else -np.inf

    def grow(self, before: np.ndarray | None, last: int, chosen: int, state: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Masses`."""
        if before is None:  # a mass before the first frame that only a blank can begin with
            before = np.zeros((2, len(self._probs) + 1))
            return self._start(before)
        first = self._automaton.first_step
        return linear.extend(
            self._probs,
            self._ahead,
            before,
            last,
            chosen,
            (first[state], first[state + 1]),
            self._automaton.step_class,
            self._lattice.step_node,
        )

    def _start(self, forward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        forward[1, 0] = 1 / self._mass
        forward[1, 1:] = forward[1, 0] * np.cumprod(self._probs[:, 0])
        steps = slice(0, int(self._automaton.first_step[1]))
        into = self._probs[:, self._automaton.step_class[steps]] * self._ahead[1:, self._lattice.step_node[steps]]
        return forward, forward[1, :-1] @ into

    def end(self, forward: np.ndarray) -> float:
        """See `Masses`."""
        return float(forward[0, -1] + forward[1, -1])


class LogMasses:
    """Prefix masses in log space."""

    def __init__(self, log_probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> None:
        self._automaton, self._lattice, self._log_probs = automaton, lattice, log_probs
        self._ahead, self.log_mass = logspace.backward(log_probs, automaton, lattice)

    def grow(self, before: np.ndarray | None, last: int, chosen: int, state: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Masses`."""
        steps = slice(int(self._automaton.first_step[state]), int(self._automaton.first_step[state + 1]))
        into = (self._automaton.step_class[steps], self._lattice.step_node[steps])
        if before is None:
            forward = np.full((2, len(self._log_probs) + 1), -np.inf)
            forward[1] = np.append(0.0, np.cumsum(self._log_probs[:, 0])) - self.log_mass
            ways = forward[1, :-1, None] + self._log_probs[:, into[0]] + self._ahead[1:, into[1]]
            return forward, np.exp(np.logaddexp.reduce(ways, axis=0))
        forward, masses = logspace.extend(self._log_probs, self._ahead, before, last, chosen, into)
        return forward, np.exp(masses)

    def end(self, forward: np.ndarray) -> float:
        """See `Masses`."""
        return float(np.exp(np.logaddexp(forward[0, -1], forward[1, -1])))
