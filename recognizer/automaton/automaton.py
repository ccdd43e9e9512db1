"""Automaton: all that may stand in a field, as arrays that decoding walks and people's entries can be held against."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recognizer.automaton.machine import Machine
from recognizer.automaton.trie import Tree


@dataclass(frozen=True, kw_only=True, eq=False)
class Automaton:
    """A deterministic finite automaton, every state of which reaches acceptance; state 0 is the start.

    The steps from state s are number `first_step[s]` up to `first_step[s + 1]`, sorted by class: step e goes over the
    class `step_class[e]` to the state `step_to[e]`. Class i + 1 is character i of `characters`; 0 is CTC's blank.
    `depth[s]`, which never falls, is the length of the shortest text that leads to s. `is_tree` says that to every
    state leads but one text.
    """

    characters: str
    first_step: np.ndarray
    step_class: np.ndarray
    step_to: np.ndarray
    accepting: np.ndarray
    depth: np.ndarray
    is_tree: bool

    def accepts(self, text: str) -> bool:
        """Whether the text belongs to the language."""
        state = self._state_after(text)
        return state is not None and bool(self.accepting[state])

    def accepts_prefix(self, text: str) -> bool:
        """Whether the text is the beginning of a text of the language: what an input mask lets pass."""
        return self._state_after(text) is not None

    def next_characters(self, text: str) -> str:
        """What may follow after a beginning of a text of the language; "" where nothing can."""
        state = self._state_after(text)
        if state is None:
            return ""
        steps = self.step_class[self.first_step[state] : self.first_step[state + 1]]
        return "".join(self.characters[number - 1] for number in steps)

    def text(self, classes: Iterable[int]) -> str:
        """The text of class numbers."""
        return "".join(self.characters[number - 1] for number in classes)

    @cached_property
    def used(self) -> str:
        """The characters that occur in texts of the language."""
        return self.text(np.unique(self.step_class))

    def over(self, characters: str) -> "Automaton":
        """The same language over other characters, which hold all that are `used`, in the same order."""
        number = np.zeros(len(self.characters) + 1, np.int64)
        places = [characters.index(char) for char in self.used]
        if places != sorted(places):
            raise ValueError(f"{characters!r} have another order than {self.characters!r}")
        number[[self._numbers[char] for char in self.used]] = np.array(places) + 1
        return replace(self, characters=characters, step_class=number[self.step_class])

    def _state_after(self, text: str) -> int | None:
        state = 0
        for char in text:
            begin, end = self.first_step[state], self.first_step[state + 1]
            number = self._numbers.get(char, -1)
            step = begin + int(np.searchsorted(self.step_class[begin:end], number))
            if step == end or self.step_class[step] != number:
                return None
            state = int(self.step_to[step])
        return state

    @cached_property
    def shortest(self) -> int:
        """Characters of the shortest text."""
        return int(self.depth[self.accepting].min())

    @cached_property
    def parent(self) -> np.ndarray:
        """Of a tree: the state before each state; 0 for the start."""
        return np.append(0, np.repeat(np.arange(len(self.accepting)), np.diff(self.first_step)))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {char: number for number, char in enumerate(self.characters, start=1)}


def from_machine(machine: Machine, characters: str) -> Automaton:
    """The automaton of a machine over the numbers of the characters."""
    steps = [sorted(steps.items()) for steps in machine.steps]
    accepting = np.zeros(len(steps), np.bool_)
    accepting[list(machine.accepting)] = True
    depth = np.zeros(len(steps), np.int64)
    reached = {0}
    for state, here in enumerate(steps):  # in the order of a walk in breadth
        for _, to in here:
            if to not in reached:
                reached.add(to)
                depth[to] = depth[state] + 1
    return Automaton(
        characters=characters,
        first_step=np.cumsum([0, *(len(here) for here in steps)]).astype(np.int64),
        step_class=np.array([char + 1 for here in steps for char, _ in here], np.int64),
        step_to=np.array([to for here in steps for _, to in here], np.int64),
        accepting=accepting,
        depth=depth,
        is_tree=False,
    )


def from_tree(tree: Tree, characters: str) -> Automaton:
    """The automaton of a lexicon's tree, its states sorted by depth: the states after one stand side by side."""
    before, char_of, ends = (np.array(part) for part in tree)
    depth = np.zeros(len(before), np.int64)
    for state in range(1, len(before)):
        depth[state] = depth[before[state]] + 1
    order = np.argsort(depth, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    parents = place[before[order][1:]]  # sorted, as states of one depth keep the order of the entries
    return Automaton(
        characters=characters,
        first_step=np.searchsorted(parents, np.arange(len(order) + 1)).astype(np.int64),
        step_class=(char_of[order][1:] + 1).astype(np.int64),
        step_to=np.arange(1, len(order), dtype=np.int64),
        accepting=ends[order].astype(np.bool_),
        depth=depth[order],
        is_tree=True,
    )
