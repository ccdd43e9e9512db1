"""Masses: how much of a language lies in the texts that begin with a prefix; in one of two arithmetics."""

from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import linear, logspace
from recognizer.decode.lattice import Lattice


@dataclass(frozen=True, kw_only=True, eq=False)
class Masses:
    """What a search begins with: plain numbers, or logs of them where `in_logs`.

    `probs` is (frames, classes of the lattice); `ahead` (frames + 1, nodes), the mass of all endings; `forward`
    (2, frames + 1) and `first` are the empty prefix and its steps as `extend` gives them, divided by the mass of the
    language; `most` is, of plain numbers, what no text with a class can surpass. `log_mass` is that of the language.
    """

    probs: np.ndarray
    ahead: np.ndarray
    forward: np.ndarray
    first: np.ndarray
    most: np.ndarray
    log_mass: float
    in_logs: bool

    @property
    def cost(self) -> int:
        """What a sum takes, in products of plain numbers."""
        return 20 if self.in_logs else 1

    def log_sum(self, one: float, other: float) -> float:
        """The log of the sum of two masses."""
        return float(np.logaddexp(one, other) if self.in_logs else np.log(one + other))


def linear_masses(probs: np.ndarray, automaton: Automaton, lattice: Lattice, least: float) -> Masses | None:
    """In plain numbers, where the language's log mass is at least `least`. `probs` is written over."""
    sums = probs.sum(axis=0)
    ahead, mass, log_scale = linear.backward(probs, *_arrays(automaton, lattice))
    log_mass = log_scale + float(np.log(mass)) if mass > 0 else -np.inf
    if log_mass < least:
        return None
    steps = slice(0, automaton.first_step[1])
    forward, first = linear.start(probs, ahead, mass, lattice.step_number[steps], lattice.step_node[steps])
    most = sums / np.exp(log_mass)  # a union bound
    return Masses(
        probs=probs, ahead=ahead, forward=forward, first=first, most=most, log_mass=log_mass, in_logs=False
    )  # fmt: skip


def log_masses(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> Masses | None:
    """In logs, of any size; None where the language has no text in the image."""
    ahead, log_mass = logspace.backward(log_probs, *_arrays(automaton, lattice))
    if log_mass == -np.inf:
        return None
    forward = np.full((2, len(log_probs) + 1), -np.inf)
    forward[1] = np.append(0.0, np.cumsum(log_probs[:, 0])) - log_mass
    steps = slice(0, automaton.first_step[1])
    into = log_probs[:, lattice.step_number[steps]] + ahead[1:, lattice.step_node[steps]]
    return Masses(
        probs=log_probs,
        ahead=ahead,
        forward=forward,
        first=np.logaddexp.reduce(forward[1, :-1, None] + into, axis=0),
        most=np.full(len(lattice.classes), np.inf),
        log_mass=log_mass,
        in_logs=True,
    )


def _arrays(automaton: Automaton, lattice: Lattice) -> tuple[np.ndarray, ...]:
    """What both backward algorithms walk over."""
    steps = (automaton.first_step, lattice.step_number, lattice.step_node)
    return (*steps, lattice.first_node, lattice.node_number, lattice.node_same, automaton.accepting, automaton.depth)
