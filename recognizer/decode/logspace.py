"""The same as linear.py in log space, where nothing underflows: slower, for masses that plain numbers cannot hold."""

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode.lattice import Lattice

NEVER = -np.inf


def backward(log_probs: np.ndarray, automaton: Automaton, lattice: Lattice) -> tuple[np.ndarray, float]:
    """The log of the mass of all ways to end that begin after t frames in node n, (frames + 1, nodes), and of all."""
    ends = np.where(automaton.accepting, 0.0, NEVER)
    node_state = np.repeat(np.arange(len(ends)), np.diff(lattice.first_node))
    ahead = np.empty((len(log_probs) + 1, len(node_state)))
    ahead[-1], blank = ends[node_state], ends
    for t in range(len(log_probs) - 1, -1, -1):
        row = log_probs[t]
        flow = row[automaton.step_class] + ahead[t + 1, lattice.step_node]
        stay = row[0] + blank
        blank = np.logaddexp(stay, _per_state(flow, automaton))
        out = np.logaddexp(_without_same(flow, automaton, lattice), stay[node_state])
        ahead[t] = np.logaddexp(out, row[lattice.node_class] + ahead[t + 1])
    return ahead, float(blank[0])


def _per_state(flow: np.ndarray, automaton: Automaton) -> np.ndarray:
    """The sums of each state's steps."""
    sums = np.full(len(automaton.accepting), NEVER)
    leaving = np.flatnonzero(np.diff(automaton.first_step))
    if len(leaving):
        sums[leaving] = np.logaddexp.reduceat(flow, automaton.first_step[leaving])
    return sums


def _without_same(flow: np.ndarray, automaton: Automaton, lattice: Lattice) -> np.ndarray:
    """For each node the sum of its state's steps, but for the step over the node's own class."""
    node_state = np.repeat(np.arange(len(automaton.accepting)), np.diff(lattice.first_node))
    whole = _per_state(flow, automaton)
    step_state = np.repeat(np.arange(len(automaton.accepting)), np.diff(automaton.first_step))
    first = np.full(len(whole), -1)
    order = np.lexsort((flow, step_state))
    first[step_state[order]] = order  # the last of equals stays: each state's largest step
    rest = flow.copy()
    rest[first[first >= 0]] = NEVER
    others = _per_state(rest, automaton)
    same = lattice.node_same
    sums = whole[node_state]
    has = same >= 0
    largest = has & (first[node_state] == same)
    sums[largest] = others[node_state[largest]]
    small = has & ~largest & (flow[same] > NEVER)  # at most half of the sum: the difference does not cancel
    sums[small] += np.log1p(-np.exp(flow[same[small]] - sums[small]))
    return sums


def extend(
    log_probs: np.ndarray, ahead: np.ndarray, before: np.ndarray, last: int, chosen: int, into: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """As `linear.extend`; `into` are the classes and the nodes of the steps that may follow."""
    frames = len(log_probs)
    grown = np.full((2, frames + 1), NEVER)
    enter = np.logaddexp(before[1], before[0]) if chosen != last else before[1]
    for t in range(frames):
        grown[0, t + 1] = log_probs[t, chosen] + np.logaddexp(grown[0, t], enter[t])
        grown[1, t + 1] = log_probs[t, 0] + np.logaddexp(grown[0, t], grown[1, t])
    classes, nodes = into
    ends = np.logaddexp(grown[0, :-1], grown[1, :-1])[:, None]
    ends = np.where(classes == chosen, grown[1, :-1, None], ends)
    return grown, np.logaddexp.reduce(ends + log_probs[:, classes] + ahead[1:, nodes], axis=0)


def tree_forward(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """The log probability of the text that leads to each state of a tree."""
    parent = np.repeat(np.arange(len(automaton.accepting)), np.diff(automaton.first_step))
    number = np.append(0, automaton.step_class)
    repeats = automaton.step_class == number[parent]
    char = np.full(len(number), NEVER)
    blank = np.where(automaton.depth == 0, 0.0, NEVER)
    for row in log_probs:
        into = np.logaddexp(blank[parent], np.where(repeats, NEVER, char[parent]))
        ended = np.logaddexp(char, blank)
        char[1:] = row[automaton.step_class] + np.logaddexp(char[1:], into)
        blank = row[0] + ended
    return np.logaddexp(char, blank)
