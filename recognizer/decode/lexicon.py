"""Decode within a lexicon: one forward pass over the tree of its entries gives the mass of each."""

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import logspace, tree
from recognizer.decode.lattice import Lattice
from recognizer.decode.search import Found, Text

FLOORS = (1e-14, 1e-16, 1e-18, 1e-20, 1e-60, 1e-290)
LOST = 1e-10
"""Prefixes below the first floor are given up, and taken up again where they could change a mass by more than `LOST`
of it: from the highest floor that may then do, as what is lost falls about as the floor does."""


def decode_lexicon(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice, count: int) -> tuple[Found, float]:
    """The best entries, and the log of the lexicon's mass; in log space where plain numbers do not hold it."""
    states, masses, log_mass = _linear(np.exp(log_probs), automaton, lattice)
    if log_mass == -np.inf:
        states = np.flatnonzero(automaton.accepting)
        logs = logspace.tree_forward(log_probs, lattice.step_number, automaton.parent)[states]
        log_mass = float(np.logaddexp.reduce(logs))
        if log_mass == -np.inf:
            return Found(texts=(), posteriors=(), is_exact=True), log_mass
        masses = np.exp(logs - log_mass)
    best = np.lexsort((states, -masses))[:count]
    best = best[masses[best] > 0]
    found = Found(
        texts=tuple(_text(int(state), automaton) for state in states[best]),
        posteriors=tuple(min(1.0, float(mass)) for mass in masses[best]),
        is_exact=True,
    )
    return found, log_mass


def _linear(probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> tuple[np.ndarray, np.ndarray, float]:
    """The entries' states, their posteriors, and the log mass; -inf where plain numbers cannot tell."""
    enough = FLOORS[0]
    for floor in FLOORS:
        if floor > enough:
            continue
        states, masses, log_scale, dropped = tree.tree_forward(
            probs, automaton.first_step, lattice.step_number, automaton.parent, floor
        )
        ends = automaton.accepting[states]
        states, masses = states[ends], masses[ends]
        mass = float(masses.sum())
        if mass > 0 and dropped <= LOST * mass:
            return states, masses / mass, log_scale + float(np.log(mass))
        enough = floor * LOST * mass / dropped if mass > 0 else floor
    return states, masses, -np.inf


def _text(state: int, automaton: Automaton) -> Text:
    """The classes that lead to a state of a tree."""
    text: list[int] = []
    while state:
        text.append(int(automaton.step_class[state - 1]))
        state = int(automaton.parent[state])
    return tuple(reversed(text))
