"""Where errors gather: the combinations of values, such as form and source, in which they are dense and many.

Slices are scored as SliceLine does (Sagadeeva and Boehm 2021): of n rows with the mean error m, a slice of s rows with
the summed error e has the score

    a * (e / s / m - 1) - (1 - a) * (n / s - 1)

so that all rows together have 0, and what counts is how much denser errors are, weighed by `a`, against how few rows it
is about. Slices of k predicates are joined from those of k - 1. What no slice below could beat is not looked into: it
has at most the rows, the sum and the largest error of each slice above it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

WEIGHT = 0.95
"""Of how dense errors are, against how many rows a slice has."""

Predicate = tuple[str, str]
"""Column and value."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Slice:
    """Rows that have these values, sorted by column: (n,) bool, their summed and largest error, and the score."""

    predicates: tuple[Predicate, ...]
    rows: np.ndarray
    error: float
    worst: float
    score: float

    @property
    def size(self) -> int:
        """How many rows."""
        return int(self.rows.sum())


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is asked: slices of `least` rows at least, of `deepest` predicates at most, the best `most` of them."""

    least: int = 30
    deepest: int = 3
    most: int = 5
    weight: float = WEIGHT

    def score(self, size: float, error: float, rows: int, total: float) -> float:
        """The score of a slice of so many rows and such a sum of errors, of `rows` with the sum `total`."""
        return self.weight * (error / size * rows / total - 1) - (1 - self.weight) * (rows / size - 1)

    def bound(self, size: float, error: float, worst: float, rows: int, total: float) -> float:
        """No slice of `least` to `size` rows, a sum of `error` and a largest one of `worst` at most, scores more.

        Up to error / worst rows all may have the largest error, and the score grows with their number; beyond, the
        score is c / s + constant, which is largest at an end.
        """
        turn = min(size, max(float(self.least), error / worst)) if worst else float(self.least)
        return max(self.score(s, min(s * worst, error), rows, total) for s in (float(self.least), turn, size))


def worst_slices(
    columns: Mapping[str, np.ndarray], errors: np.ndarray, terms: Terms | None = None
) -> tuple[Slice, ...]:
    """The slices with the highest scores above 0, best first; of equal ones the simpler.

    `columns` are (n,) of str each, "" where a row has no value; `errors` (n,), 0 or more, such as what each row costs.
    """
    terms, rows, total = terms or Terms(), len(errors), float(errors.sum())
    if total <= 0 or rows < terms.least:
        return ()
    single: dict[tuple[Predicate, ...], np.ndarray] = {
        ((name, str(value)),): values == value
        for name, values in sorted(columns.items()) for value in np.unique(values) if value != ""
    }  # fmt: skip
    level = _large(single, errors, terms, total)
    best = _best(level.values(), terms)
    for deep in range(2, terms.deepest + 1):
        floor = best[-1].score if len(best) == terms.most else 0.0
        level = _large(_joined(level, deep, floor, terms, rows, total), errors, terms, total)
        best = _best([*best, *level.values()], terms)
    return tuple(best)


def _large(
    masks: Mapping[tuple[Predicate, ...], np.ndarray], errors: np.ndarray, terms: Terms, total: float
) -> dict[tuple[Predicate, ...], Slice]:
    found = {}
    for predicates, mask in masks.items():
        size = int(mask.sum())
        if size >= terms.least:
            error, worst = float(errors[mask].sum()), float(errors[mask].max())
            score = terms.score(size, error, len(errors), total)
            found[predicates] = Slice(predicates=predicates, rows=mask, error=error, worst=worst, score=score)
    return found


def _joined(
    level: Mapping[tuple[Predicate, ...], Slice], deep: int, floor: float, terms: Terms, rows: int, total: float
) -> dict[tuple[Predicate, ...], np.ndarray]:
    """Slices of one predicate more that may score above the floor, each from all of the slices above it."""
    found: dict[tuple[Predicate, ...], np.ndarray] = {}
    by_start: dict[tuple[Predicate, ...], list[Predicate]] = {}
    for predicates in level:
        by_start.setdefault(predicates[:-1], []).append(predicates[-1])
    for start, ends in by_start.items():
        for one, other in combinations(sorted(ends), 2):
            above = [level.get(each) for each in combinations((*start, one, other), deep - 1)]
            known = [each for each in above if each is not None]
            if one[0] == other[0] or len(known) < deep:
                continue
            size, error = min(each.size for each in known), min(each.error for each in known)
            bound = terms.bound(size, error, min(each.worst for each in known), rows, total)
            if bound > 0 and bound >= floor:
                found[*start, one, other] = known[0].rows & known[1].rows
    return found


def _best(slices: Iterable[Slice], terms: Terms) -> list[Slice]:
    above = [each for each in slices if each.score > 0]
    return sorted(above, key=lambda each: (-round(each.score, 9), len(each.predicates), each.predicates))[: terms.most]
