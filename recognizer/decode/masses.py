"""Masses: how much of a language lies in the texts that begin with a prefix; in one of two arithmetics."""

from typing import Protocol

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import linear, logspace
from recognizer.decode.lattice import Lattice

Grown = tuple[np.ndarray, np.ndarray]
"""The forward masses of a prefix, (2, frames + 1), and for each step that may follow the log of the posterior mass."""


class Masses(Protocol):
    """What search asks. Posterior masses are divided by that of the language."""

    cost: int

    def start(self, least: float) -> Grown:
        """The empty prefix. Steps whose class has a posterior mass of at most `least` may count as impossible."""

    def grow(self, forward: np.ndarray, last: int, chosen: int, state: int, least: float) -> Grown:
        """The prefix that grows by the class `chosen`, which leads to `state`; `last` is its class before."""

    def end(self, forward: np.ndarray) -> float:
        """The log posterior of a prefix as a text of its own."""


class LinearMasses:
    """In plain numbers; `log_mass` is that of the language, -inf where it underflows."""

    cost = 1

    def __init__(self, probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> None:
        self._automaton, self._lattice = automaton, lattice
        sums = probs.sum(axis=0)
        self._probs = probs.copy()
        self._ahead, self._mass, log_scale = linear.backward(self._probs, *_arrays(automaton, lattice, len(probs)))
        self.log_mass = log_scale + float(np.log(self._mass)) if self._mass > 0 else -np.inf
        # What no text with the class can surpass: a union bound.
        self._most = _log(sums) - max(self.log_mass, -1e9)

    def start(self, least: float) -> Grown:
        """See `Masses`."""
        before = np.zeros((2, len(self._probs) + 1))
        before[1] = np.append(1.0, np.cumprod(self._probs[:, 0])) / self._mass
        steps = slice(0, int(self._automaton.first_step[1]))
        into = self._probs[:, self._automaton.step_class[steps]] * self._ahead[1:, self._lattice.step_node[steps]]
        return before, _log(before[1, :-1] @ into)

    def grow(self, forward: np.ndarray, last: int, chosen: int, state: int, least: float) -> Grown:
        """See `Masses`."""
        first = self._automaton.first_step
        steps = (first[state], first[state + 1])
        worth = self._most > least
        classes, nodes = self._automaton.step_class, self._lattice.step_node
        grown, masses = linear.extend(self._probs, self._ahead, forward, last, chosen, steps, classes, nodes, worth)
        return grown, _log(masses)

    def end(self, forward: np.ndarray) -> float:
        """See `Masses`."""
        return float(_log(forward[0, -1] + forward[1, -1]))


class LogMasses:
    """In logs."""

    cost = 20

    def __init__(self, log_probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> None:
        self._automaton, self._lattice, self._log_probs = automaton, lattice, log_probs
        self._ahead, self.log_mass = logspace.backward(log_probs, *_arrays(automaton, lattice, len(log_probs)))

    def start(self, least: float) -> Grown:
        """See `Masses`."""
        forward = np.full((2, len(self._log_probs) + 1), -np.inf)
        forward[1] = np.append(0.0, np.cumsum(self._log_probs[:, 0])) - self.log_mass
        steps = slice(0, int(self._automaton.first_step[1]))
        into = self._log_probs[:, self._automaton.step_class[steps]] + self._ahead[1:, self._lattice.step_node[steps]]
        return forward, np.logaddexp.reduce(forward[1, :-1, None] + into, axis=0)

    def grow(self, forward: np.ndarray, last: int, chosen: int, state: int, least: float) -> Grown:
        """See `Masses`."""
        first = self._automaton.first_step
        steps = (first[state], first[state + 1])
        classes, nodes = self._automaton.step_class, self._lattice.step_node
        grown, masses = logspace.extend(self._log_probs, self._ahead, forward, last, chosen, steps, classes, nodes)
        return grown, masses

    def end(self, forward: np.ndarray) -> float:
        """See `Masses`."""
        return float(np.logaddexp(forward[0, -1], forward[1, -1]))


def _arrays(automaton: Automaton, lattice: Lattice, frames: int) -> tuple[np.ndarray, ...]:
    """What both backward algorithms walk over."""
    reached = np.searchsorted(automaton.depth, np.arange(frames + 1), side="right")
    steps = (automaton.first_step, automaton.step_class, lattice.step_node)
    return (*steps, lattice.first_node, lattice.node_class, lattice.node_same, automaton.accepting, reached)


def _log(masses: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(masses)
