"""The search finds what trying everything finds, and what was planted."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.diagnose.lattice import Terms, worst_slices


def by_force(columns: dict[str, np.ndarray], errors: np.ndarray, terms: Terms) -> list[float]:
    """Every score above 0 of every slice that is large enough, best first."""
    scores = []
    for deep in range(1, terms.deepest + 1):
        for names in combinations(sorted(columns), deep):
            for values in product(*(sorted(set(columns[name]) - {""}) for name in names)):
                rows = np.all([columns[name] == value for name, value in zip(names, values, strict=True)], axis=0)
                if rows.sum() >= terms.least:
                    density, share = errors[rows].mean() / errors.mean(), len(errors) / rows.sum()
                    scores.append(terms.weight * (density - 1) - (1 - terms.weight) * (share - 1))
    return sorted((score for score in scores if score > 1e-12), reverse=True)[: terms.most]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 60), least=st.integers(1, 12), most=st.integers(1, 6),
    deepest=st.integers(1, 3), weight=st.sampled_from([0.5, 0.8, 0.95, 1.0]), whole=st.booleans(),
)  # fmt: skip
def test_as_by_force(
    seed: int, rows: int, least: int, most: int, deepest: int, weight: float, whole: bool
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    columns = {name: rng.choice(["", "a", "b", "c"], rows) for name in "wxyz"}
    errors = rng.integers(0, 2, rows).astype(float) if whole else rng.exponential(size=rows) * rng.integers(0, 2, rows)
    terms = Terms(least=least, deepest=deepest, most=most, weight=weight)
    found = worst_slices(columns, errors, terms)
    if errors.sum() == 0 or rows < least:
        assert found == ()
        return
    assert [each.score for each in found if each.score > 1e-12] == pytest.approx(by_force(columns, errors, terms))
    for each in found:
        meant = np.all([columns[name] == value for name, value in each.predicates], axis=0)
        assert (each.rows == meant).all() and each.error == pytest.approx(errors[meant].sum())


def test_a_planted_slice_is_found_and_its_like_is_not_where_there_is_none() -> None:
    """Of 30 tables each: 6 % of fields are wrong, 40 % within the planted three predicates."""
    hits = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        columns = {name: rng.choice(list("abcd"), 4_000) for name in ("form", "kind", "source", "quality", "length")}
        planted = (columns["form"] == "b") & (columns["kind"] == "c") & (columns["source"] == "d")
        wrong = rng.random(4_000) < np.where(planted, 0.4, 0.06)
        (first, *_) = worst_slices(columns, wrong.astype(float), Terms(least=40))
        hits += first.predicates == (("form", "b"), ("kind", "c"), ("source", "d"))
    assert hits >= 28


def test_nothing_is_found_where_nothing_is_wrong_or_all_is() -> None:
    columns = {"form": np.array(["a", "b"] * 50)}
    assert worst_slices(columns, np.zeros(100)) == ()
    assert worst_slices(columns, np.ones(100)) == ()
