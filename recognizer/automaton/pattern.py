"""From a pattern to a machine: Thompson's construction (1968), then the subset construction, both within limits.

No pattern can take long: its automaton is counted before it is built, and the work of making it deterministic, which
may grow exponentially, is given up at a bound.
"""

from dataclasses import dataclass, field

from recognizer.automaton.machine import Machine, TooLargeError, explore, smallest
from recognizer.automaton.regex import Chars, Edge, Repeat, Sequence, Tree, parse

MAX_PARTS = 60_000
MAX_WORK = 1_000_000


def pattern_machine(pattern: str, characters: str) -> Machine:
    """The smallest machine of a pattern that the whole text must match.

    Raises:
        TooLargeError: its repeats multiply to more than can be decoded in time.
        ValueError: it is no regular expression.
    """
    tree = parse(pattern, characters)
    if _size(tree) > MAX_PARTS:
        raise TooLargeError(f"its repeats multiply to more than {MAX_PARTS:,} parts")
    net = _Net()
    final = net.build(tree, net.node())
    return smallest(_deterministic(net, final, len(characters)))


def _size(tree: Tree) -> int:
    if isinstance(tree, Chars | Edge):
        return 1
    if isinstance(tree, Repeat):
        return 1 + _size(tree.part) * max(tree.least, tree.most or 0, 1)
    return 1 + sum(_size(part) for part in tree.parts)


@dataclass(kw_only=True)
class _Net:
    """A nondeterministic automaton: per node its free steps (`None`, "begin" or "end") and its steps over a set."""

    free: list[list[tuple[str | None, int]]] = field(default_factory=list)
    over: list[list[tuple[int, int]]] = field(default_factory=list)

    def node(self) -> int:
        self.free.append([])
        self.over.append([])
        return len(self.free) - 1

    def build(self, tree: Tree, start: int) -> int:
        """Add what leads from `start` over a text of the tree; returns the node where it ends."""
        if isinstance(tree, Sequence):
            for part in tree.parts:
                start = self.build(part, start)
            return start
        if isinstance(tree, Repeat):
            return self.repeat(tree, start)
        end = self.node()
        if isinstance(tree, Chars):
            self.over[start].append((tree.bits, end))
        elif isinstance(tree, Edge):
            self.free[start].append((tree.at, end))
        else:
            for part in tree.parts:
                begin = self.node()
                self.free[start].append((None, begin))
                self.free[self.build(part, begin)].append((None, end))
        return end

    def repeat(self, tree: Repeat, start: int) -> int:
        for _ in range(tree.least):
            start = self.build(tree.part, start)
        end = self.node()
        self.free[start].append((None, end))
        if tree.most is None:
            again = self.node()
            self.free[start].append((None, again))
            self.free[self.build(tree.part, again)].append((None, start))
        else:
            for _ in range(tree.most - tree.least):
                start = self.build(tree.part, start)
                self.free[start].append((None, end))
        return end

    def closure(self, nodes: set[int], *allowed: str | None) -> frozenset[int]:
        """The nodes that free steps reach, over edges of the text only where they are allowed."""
        seen, ahead = set(nodes), list(nodes)
        while ahead:
            for at, to in self.free[ahead.pop()]:
                if to not in seen and at in allowed:
                    seen.add(to)
                    ahead.append(to)
        return frozenset(seen)


State = tuple[frozenset[int], bool]
"""Nodes, and whether the text may end here."""


def _deterministic(net: _Net, final: int, size: int) -> Machine:
    """The subset construction over classes of characters that the pattern does not tell apart."""
    alike: dict[frozenset[int], list[int]] = {}
    sets = {bits for steps in net.over for bits, _ in steps}
    for char in range(size):
        alike.setdefault(frozenset(bits for bits in sets if bits >> char & 1), []).append(char)
    work = 0

    def state_of(nodes: set[int], *allowed: str | None) -> State:
        nonlocal work
        reached = net.closure(nodes, *allowed)
        ends = net.closure(set(reached), *allowed, "end")
        work += len(reached)
        if work > MAX_WORK:
            raise TooLargeError("what it accepts cannot be told in time")
        return frozenset(node for node in reached if net.over[node]), final in ends

    def steps_of(state: State) -> list[tuple[int, State]]:
        nonlocal work
        work += len(state[0]) * len(alike)
        found = []
        for sets_here, chars in alike.items():
            to = {to for node in state[0] for bits, to in net.over[node] if bits in sets_here}
            if to:
                reached = state_of(to, None)
                found += [(char, reached) for char in chars]
        return found

    return explore(state_of({0}, None, "begin"), steps_of, lambda state: state[1])
