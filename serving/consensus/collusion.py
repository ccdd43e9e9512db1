"""Who gives the same wrong answers as whom, more often than chance lets them.

Two honest people who both miss a field may miss it in the same way: the image misleads both. Two who copy from each
other always do. What is looked at is only where both were wrong, against gold, an expert or a settled verdict; that
two agree and are right says nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy.stats import binom

from serving.consensus.answer import Key

CHANCE = 0.5
"""How often two honest people who are both wrong agree, generously: double keying finds a quarter of it."""
CERTAINTY = 0.999


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """Of `both_wrong` fields that both missed, both gave the same answer in `same_answer`."""

    people: frozenset[str]
    both_wrong: int
    same_answer: int


def suspicions(mistakes: Sequence[Mapping[str, Key]], certainty: float = CERTAINTY) -> tuple[Suspicion, ...]:
    """Pairs that agree on wrong answers more than chance, most suspicious first.

    Each of `mistakes` is one field: who was wrong, and how. The certainty holds for all pairs together (Bonferroni).
    """
    both: Counter[frozenset[str]] = Counter()
    alike: Counter[frozenset[str]] = Counter()
    for wrong in mistakes:
        for one, other in combinations(sorted(wrong), 2):
            pair = frozenset((one, other))
            both[pair] += 1
            alike[pair] += wrong[one] == wrong[other]
    limit = (1 - certainty) / max(1, len(both))
    chances = {pair: float(binom.sf(alike[pair] - 1, n, CHANCE)) for pair, n in both.items()}
    found = sorted((chance, sorted(pair)) for pair, chance in chances.items() if chance < limit)
    pairs = [frozenset(names) for _, names in found]
    return tuple(Suspicion(people=p, both_wrong=both[p], same_answer=alike[p]) for p in pairs)


def circles(found: Sequence[Suspicion]) -> tuple[frozenset[str], ...]:
    """Groups of people who are linked by suspicions. In `Skills`, their agreement counts as one vote."""
    groups: list[frozenset[str]] = []
    for suspicion in found:
        linked = [group for group in groups if group & suspicion.people]
        groups = [group for group in groups if group not in linked]
        groups.append(suspicion.people.union(*linked))
    return tuple(sorted(groups, key=sorted))
