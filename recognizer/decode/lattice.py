"""Lattice: the product of an automaton with CTC's rules.

It has one node for each (state, class that leads to it), and one blank node for each state. Between two equal
characters CTC demands a blank: a step over the class of the node before it starts at the blank node only.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recognizer.automaton import Automaton


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """Nodes as arrays, beside the automaton's own.

    State s has the nodes `first_node[s]` up to `first_node[s + 1]`, each for one class; `node_same[n]` is the step of
    its state over the same class, -1 if there is none. Step e enters node `step_node[e]`. `classes` are those that the
    automaton uses, with the blank, sorted; their places there are the numbers `node_number` and `step_number`.
    """

    first_node: np.ndarray
    node_number: np.ndarray
    node_same: np.ndarray
    step_number: np.ndarray
    step_node: np.ndarray
    classes: np.ndarray


@lru_cache(maxsize=512)
def lattice_of(automaton: Automaton) -> Lattice:
    """The lattice of an automaton; the same one again for the same automaton."""
    width = len(automaton.characters) + 1
    states = len(automaton.accepting)
    nodes, step_node = np.unique(automaton.step_to * width + automaton.step_class, return_inverse=True)
    state, node_class = np.divmod(nodes, width)
    start = np.repeat(np.arange(states), np.diff(automaton.first_step))
    steps = start * width + automaton.step_class  # sorted
    same = np.minimum(np.searchsorted(steps, nodes), max(len(steps) - 1, 0))
    classes = np.unique(np.append(automaton.step_class, 0))
    return Lattice(
        first_node=np.searchsorted(state, np.arange(states + 1)),
        node_number=np.searchsorted(classes, node_class),
        node_same=np.where(steps[same] == nodes, same, -1) if len(steps) else same,
        step_number=np.searchsorted(classes, automaton.step_class),
        step_node=step_node.astype(np.int64),
        classes=classes,
    )
