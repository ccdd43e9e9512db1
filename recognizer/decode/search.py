"""Best-first search for the most probable texts, by exact prefix masses (Graves, 2006, chapter 7) in an automaton.

The mass of a prefix, the sum over all texts of the language that begin with it, bounds each of them: when no prefix
that is left has more than the best text found, that text is the best of all.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode.masses import Masses

EXPANSIONS = 400
WORK = 8_000_000
"""Products of two numbers: some ten milliseconds."""
LEAST = math.log(1e-6)
"""Log posterior: further texts with less are not looked for."""

Text = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Prefix:
    """A beginning of texts: its classes, the state after it, its forward masses, and those of its steps.

    Steps that have been taken are struck from `masses`.
    """

    text: Text
    state: int
    forward: np.ndarray
    masses: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Found:
    """Texts with their posteriors, best first; whether the first is proved to be the best."""

    texts: tuple[Text, ...]
    posteriors: tuple[float, ...]
    is_exact: bool


class Search:
    """One search; `count` texts are wanted. All masses and posteriors in it are logs."""

    def __init__(self, automaton: Automaton, masses: Masses, frames: int, count: int) -> None:
        self._automaton = automaton
        self._masses = masses
        self._frames = frames
        self._count = count
        self._found: list[tuple[float, Text]] = []  # with negative posteriors, so that the best is the first
        self._ahead: list[tuple[float, int, Prefix]] = []  # by the best step that each prefix has left
        self._waited = 0
        self._expansions = 0
        self._spent = 0
        self._skipped = -math.inf  # the most that a text can have with a class that was left out

    def run(self) -> Found:
        """Follow the best prefix to its end, then the best of those that were passed by, until none can be better."""
        self._dive(self._start())
        while self._ahead and -self._ahead[0][0] > self._cutoff() and self._may_go_on():
            self._dive(heapq.heappop(self._ahead)[2])
        left = max(-self._ahead[0][0] if self._ahead else -math.inf, self._skipped)
        return Found(
            texts=tuple(text for _, text in self._found),
            posteriors=tuple(min(1.0, math.exp(-posterior)) for posterior, _ in self._found),
            is_exact=bool(self._found) and -self._found[0][0] >= left,
        )

    def _cutoff(self) -> float:
        """What a text must have to be worth finding; never more than the best so far."""
        if not self._found:
            return -math.inf
        least = min(LEAST, -self._found[0][0])
        return least if len(self._found) < self._count else max(least, -self._found[-1][0])

    def _may_go_on(self) -> bool:
        if not self._found:
            return self._expansions < EXPANSIONS + self._frames
        return self._expansions < EXPANSIONS and self._spent < WORK

    def _dive(self, prefix: Prefix) -> None:
        """Grow a prefix by its best step, and on by the best step each time while that is worth it."""
        while len(prefix.masses):
            best = int(prefix.masses.argmax())
            if not (prefix.masses[best] > self._cutoff() and self._may_go_on()):
                self._wait(prefix, float(prefix.masses[best]))
                return
            grown = self._grown(prefix, best)
            prefix.masses[best] = -math.inf
            self._wait(prefix, float(prefix.masses.max()))
            prefix = grown

    def _wait(self, prefix: Prefix, mass: float) -> None:
        """Keep a prefix for later, if its best step is worth a look."""
        if mass > self._cutoff():
            self._waited += 1
            heapq.heappush(self._ahead, (-mass, self._waited, prefix))

    def _start(self) -> Prefix:
        forward, masses = self._masses.start(self._least())
        return self._counted(Prefix(text=(), state=0, forward=forward, masses=masses))

    def _grown(self, prefix: Prefix, best: int) -> Prefix:
        """A prefix grown by one of its steps."""
        step = int(self._automaton.first_step[prefix.state]) + best
        number, state = int(self._automaton.step_class[step]), int(self._automaton.step_to[step])
        last = prefix.text[-1] if prefix.text else 0
        forward, masses = self._masses.grow(prefix.forward, last, number, state, self._least())
        return self._counted(Prefix(text=(*prefix.text, number), state=state, forward=forward, masses=masses))

    def _least(self) -> float:
        """What a class must have to be looked at."""
        if len(self._found) == self._count:
            return self._cutoff()
        self._skipped = max(self._skipped, LEAST)
        return LEAST

    def _counted(self, prefix: Prefix) -> Prefix:
        """The prefix, when its cost is counted and it is kept as a text where it is one."""
        self._expansions += 1
        self._spent += self._masses.cost * self._frames * (len(prefix.masses) + 8)
        if self._automaton.accepting[prefix.state]:
            posterior = self._masses.end(prefix.forward)
            if posterior > -math.inf:
                self._found = sorted([*self._found, (-posterior, prefix.text)])[: self._count]
        return prefix
