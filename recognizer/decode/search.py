"""Best-first search for the most probable texts, by exact prefix masses (Graves, 2006, chapter 7) in an automaton.

The mass of a prefix, the sum over all texts of the language that begin with it, bounds each of them: when no prefix
that is left has more than the best text found, that text is the best of all.
"""

import heapq
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recognizer.automaton import Automaton

EXPANSIONS = 400
WORK = 8_000_000
"""Products of two numbers: some ten milliseconds."""
LEAST_POSTERIOR = 1e-6
"""Further texts with less than this are not looked for."""

Text = tuple[int, ...]


class Masses(Protocol):
    """What search asks of the algorithms; all masses are divided by that of the language."""

    def grow(self, before: np.ndarray | None, last: int, chosen: int, state: int) -> tuple[np.ndarray, np.ndarray]:
        """The prefix `before` grown by a class that leads to a state: its forward masses, and those of its steps.

        Without `before`, the empty prefix.
        """

    def end(self, forward: np.ndarray) -> float:
        """The posterior of the prefix as a text of its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prefix:
    """A beginning of texts: its classes, the state after it, and its forward masses."""

    text: Text
    state: int
    forward: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Found:
    """Texts with their posteriors, best first; whether the first is proved to be the best."""

    texts: tuple[Text, ...]
    posteriors: tuple[float, ...]
    is_exact: bool


class Search:
    """One search; `count` texts are wanted."""

    def __init__(self, automaton: Automaton, masses: Masses, frames: int, count: int) -> None:
        self._automaton = automaton
        self._masses = masses
        self._frames = frames
        self._count = count
        self._found: list[tuple[float, Text]] = []
        self._ahead: list[tuple[float, int, Prefix, int]] = []
        self._pushed = 0
        self._passed = 0.0  # the largest mass that was left out before any text was found
        self._spent = 0
        self._expansions = 0

    def run(self) -> Found:
        """Follow the best prefix to its end, then the best of those that were passed by, until none can be better."""
        self._dive(None, -1)
        while self._ahead and -self._ahead[0][0] > self._cutoff() and self._may_go_on():
            _, _, prefix, step = heapq.heappop(self._ahead)
            self._dive(prefix, step)
        best = self._found[0][0] if self._found else 0.0
        left = -self._ahead[0][0] if self._ahead else 0.0
        return Found(
            texts=tuple(text for _, text in self._found),
            posteriors=tuple(min(1.0, -negative) for negative, _ in self._found),
            is_exact=bool(self._found) and -best >= max(left, self._passed),
        )

    def _cutoff(self) -> float:
        """The posterior that a text must have to be worth finding; never more than that of the best so far."""
        if not self._found:
            return 0.0
        least = min(LEAST_POSTERIOR, -self._found[0][0])
        return least if len(self._found) < self._count else max(least, -self._found[-1][0])

    def _may_go_on(self) -> bool:
        return self._expansions < EXPANSIONS and self._spent < WORK

    def _dive(self, prefix: Prefix | None, step: int) -> None:
        """Grow a prefix by a step, and on by the best step each time while that is worth it."""
        while True:
            prefix, masses = self._grown(prefix, step)
            first = int(self._automaton.first_step[prefix.state])
            if self._automaton.accepting[prefix.state]:
                self._keep(self._masses.end(prefix.forward), prefix.text)
            if not len(masses):
                return
            best = int(masses.argmax())
            worth = masses[best] > self._cutoff()
            goes_on = worth and (not self._found or self._may_go_on())
            self._push(prefix, first, masses, best if goes_on else -1)
            if not goes_on:
                return
            step = first + best

    def _push(self, prefix: Prefix, first: int, masses: np.ndarray, but: int) -> None:
        """Keep the steps that are worth a look for later, all but one."""
        least = self._cutoff() if self._found else LEAST_POSTERIOR * float(masses[but])
        for i in np.flatnonzero(masses > least):
            if i != but:
                self._pushed += 1
                heapq.heappush(self._ahead, (-float(masses[i]), self._pushed, prefix, first + int(i)))
        if not self._found:
            self._passed = max(self._passed, float(masses.max(initial=0.0, where=masses <= least)))

    def _grown(self, prefix: Prefix | None, step: int) -> tuple[Prefix, np.ndarray]:
        self._expansions += 1
        if prefix is None:
            forward, masses = self._masses.grow(None, 0, 0, 0)
            grown = Prefix(text=(), state=0, forward=forward)
        else:
            number, state = int(self._automaton.step_class[step]), int(self._automaton.step_to[step])
            last = prefix.text[-1] if prefix.text else 0
            forward, masses = self._masses.grow(prefix.forward, last, number, state)
            grown = Prefix(text=(*prefix.text, number), state=state, forward=forward)
        self._spent += self._frames * (len(masses) + 8)
        return grown, masses

    def _keep(self, posterior: float, text: Text) -> None:
        if posterior > 0.0:
            self._found = sorted([*self._found, (-posterior, text)])[: self._count]
