"""Machine: a deterministic finite automaton in the making. Products, and the smallest machine of the same language."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

MAX_STATES = 50_000
MAX_STEPS = 100_000
MAX_REFINING = 100_000_000

S = TypeVar("S", bound=Hashable)


class TooLargeError(ValueError):
    """The automaton would have more states or steps than can be decoded in time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Machine:
    """`steps[state]` maps the number of a character to the next state; state 0 is the start.

    States stand in the order in which a walk in breadth first reaches them.
    """

    steps: tuple[dict[int, int], ...]
    accepting: frozenset[int]


def explore(start: S, steps_of: Callable[[S], Iterable[tuple[int, S]]], accepts: Callable[[S], bool]) -> Machine:
    """The machine whose states are those that can be reached from `start`. Raises TooLargeError."""
    numbers, states, count = {start: 0}, [start], 0
    steps: list[dict[int, int]] = []
    for state in states:  # grows as it is walked
        here = {}
        for char, to in steps_of(state):
            if to not in numbers:
                numbers[to] = len(states)
                states.append(to)
            here[char] = numbers[to]
        steps.append(here)
        count += len(here)
        if len(states) > MAX_STATES or count > MAX_STEPS:
            raise TooLargeError(f"its automaton has more than {MAX_STATES:,} states or {MAX_STEPS:,} steps")
    return Machine(steps=tuple(steps), accepting=frozenset(i for i, state in enumerate(states) if accepts(state)))


def product(left: Machine, right: Machine) -> Machine:
    """The smallest machine of the texts that both accept. Raises TooLargeError."""

    def steps_of(pair: tuple[int, int]) -> Iterable[tuple[int, tuple[int, int]]]:
        mine, other = left.steps[pair[0]], right.steps[pair[1]]
        return ((char, (to, other[char])) for char, to in mine.items() if char in other)

    return smallest(explore((0, 0), steps_of, lambda pair: pair[0] in left.accepting and pair[1] in right.accepting))


def smallest(machine: Machine) -> Machine:
    """The smallest machine of the same language; every state of it reaches acceptance, if anything is accepted.

    By partition refinement (Moore, 1956). Where that would take long, the machine is only trimmed.
    """
    machine = trimmed(machine)
    table = _table(machine)
    count, work = 0, 0
    group = np.isin(np.arange(len(table)), list(machine.accepting)).astype(np.int64)
    while work < MAX_REFINING:
        seen = np.column_stack([group[:-1], group[table[:-1]]])
        _, refined = np.unique(seen, axis=0, return_inverse=True)
        found = int(refined.max()) + 1
        if found == count:
            return _merged(machine, [int(number) for number in refined])
        group, count, work = np.append(refined, found), found, work + seen.size
    return machine


def _table(machine: Machine) -> np.ndarray:
    """Next states, (states + 1, kinds of characters): characters that do the same everywhere count once.

    The last row and number stand for the state in which a text ends that is not accepted.
    """
    nowhere, width = len(machine.steps), 1 + max((max(steps, default=0) for steps in machine.steps), default=0)
    table = np.full((nowhere + 1, width), nowhere, np.int32)
    for state, steps in enumerate(machine.steps):
        table[state, list(steps)] = list(steps.values())
    return table[:, [column for _, column in sorted({table[:, i].tobytes(): i for i in range(width)}.items())]]


def _merged(machine: Machine, group: list[int]) -> Machine:
    """One state for each group of states."""
    first: dict[int, int] = {}
    for state, number in enumerate(group):
        first.setdefault(number, state)
    return explore(
        group[0],
        lambda number: ((c, group[to]) for c, to in machine.steps[first[number]].items()),
        lambda number: first[number] in machine.accepting,
    )


def trimmed(machine: Machine) -> Machine:
    """The machine without states from which no accepted text can be reached."""
    before = defaultdict(list)
    for state, steps in enumerate(machine.steps):
        for to in steps.values():
            before[to].append(state)
    live, ahead = set(machine.accepting), list(machine.accepting)
    while ahead:
        for state in before[ahead.pop()]:
            if state not in live:
                live.add(state)
                ahead.append(state)
    if 0 not in live:
        return Machine(steps=({},), accepting=frozenset())
    return explore(
        0,
        lambda state: ((c, to) for c, to in sorted(machine.steps[state].items()) if to in live),
        machine.accepting.__contains__,
    )
