"""False alarms of families of streams, over all looks together, and how soon changes are found. Seeded."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binomtest, kstest

from serving.monitors.bets import BETS, due, evidence, log_gains, play, share
from serving.monitors.ranks import Reference, chance, gaps, p_values

NOTHING = np.full(len(BETS), -np.inf)
N = 127
FAMILIES, STREAMS, PAGES = 200, 40, 1_000
CHANCE = 0.05


def ranked(rng: np.random.Generator, values: np.ndarray, n: int = N) -> np.ndarray:
    """(streams, t): ranks of what comes after the first n pages of each stream."""
    bins = []
    for row in values:
        reference = Reference.of(row[:n], rng.random(n))
        bins.append(reference.bins(row[n:], rng.random(len(row) - n)))
    lies = np.array(bins)
    within, sizes = rng.random(lies.shape), np.broadcast_to(gaps(n), (len(lies), len(gaps(n))))
    return p_values(lies, within, sizes, np.zeros(sizes.shape))[0]


def strongest(ranks: np.ndarray) -> np.ndarray:
    """(streams, t): the evidence after each page."""
    return evidence(play(log_gains(ranks), np.broadcast_to(NOTHING, (len(ranks), len(BETS))), 0))


def quiet_family(seed: int) -> np.ndarray:
    """(streams, N + PAGES): measures that resemble each other, as those of one page do; a third of them is coarse, so
    that most values are equal, a third has a heavy tail."""
    rng = np.random.default_rng(seed)
    page = rng.normal(size=N + PAGES)
    values = 0.6 * page + 0.8 * rng.normal(size=(STREAMS, N + PAGES))
    third = STREAMS // 3
    values[:third] = np.floor(np.maximum(values[:third], 0))
    values[third : 2 * third] = np.exp(2 * values[third : 2 * third])
    return values


def test_few_of_200_quiet_families_ever_sound() -> None:
    """Each looked at after every page of 1,000; beside it the same families by tests that are not made for it."""
    sounded = naive = fixed = 0
    limits = due(CHANCE, np.arange(1, STREAMS + 1))
    for seed in range(FAMILIES):
        rng, values = np.random.default_rng([seed, 1]), quiet_family(seed)
        sounded += bool((strongest(ranked(rng, values)) >= limits[:, None]).any())
        naive += bool(_daily_tests(values) < CHANCE / STREAMS)
        fixed += bool((_among_the_reference_alone(rng, values) >= np.log(STREAMS / CHANCE)).any())
    assert binomtest(sounded, FAMILIES, CHANCE, alternative="greater").pvalue > 0.05, sounded
    assert sounded / FAMILIES <= CHANCE
    assert naive / FAMILIES > 2 * CHANCE, naive  # one chance shared by the streams, but not by the looks
    assert fixed / FAMILIES > 2 * CHANCE, fixed  # each rank is uniform, but they are not independent


def _daily_tests(values: np.ndarray) -> float:
    """The least p-value of the means of each stream, tested after every 50 pages."""
    from scipy.stats import mannwhitneyu

    least = 1.0
    for end in range(N + 50, N + PAGES + 1, 50):
        found = mannwhitneyu(values[:, :N], values[:, end - 50 : end], axis=1, method="asymptotic").pvalue
        least = min(least, float(found.min()))
    return least


def _among_the_reference_alone(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Evidence of ranks that forget what came since the reference."""
    ordered = np.sort(values[:, :N], axis=1)
    low = np.array([np.searchsorted(a, b, "left") for a, b in zip(ordered, values[:, N:], strict=True)])
    high = np.array([np.searchsorted(a, b, "right") for a, b in zip(ordered, values[:, N:], strict=True)])
    return strongest((low + rng.random(low.shape) * (high - low + 1)) / (N + 1))


def test_ranks_are_uniform_and_independent_also_of_equal_values() -> None:
    rng = np.random.default_rng(5)
    ranks = ranked(rng, np.floor(rng.exponential(size=(400, N + 60))))
    assert kstest(ranks.ravel(), "uniform").pvalue > 0.01
    assert kstest(ranks[:, -1], "uniform").pvalue > 0.01
    assert abs(np.corrcoef(ranks[:, :-1].ravel(), ranks[:, 1:].ravel())[0, 1]) < 0.02
    means = ranks.mean(axis=1)  # those of one reference would all lean to one side
    assert means.std() == pytest.approx(np.sqrt(1 / 12 / 60), rel=0.1)


def test_every_bet_is_fair() -> None:
    """A density on (0, 1): what it wins of uniform ranks in the mean is what it staked."""
    for bet in range(len(BETS)):
        whole = sum(
            quad(lambda rank, bet=bet: np.exp(log_gains(np.array(rank))[bet]), a, b, limit=200)[0]
            for a, b in ((0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1))
        )
        assert whole == pytest.approx(1, abs=1e-3), BETS[bet]


def test_a_stake_is_taken_with_every_page() -> None:
    """Where no bet wins or loses, what there is after t pages is what was staked until then."""
    won = evidence(play(np.zeros((5, len(BETS))), NOTHING, 0))
    assert np.exp(won) == pytest.approx(share(np.arange(1, 6)).cumsum())


def test_all_that_is_spent_is_one() -> None:
    parts = share(np.arange(1, 1_000_001))
    assert parts.sum() < 1 and parts.sum() + 1 / (2.1097428 * np.log(1e6)) == pytest.approx(1, abs=1e-4)
    assert (np.diff(parts) < 0).all()


@pytest.mark.parametrize("n", [15, 127, 128, 255, 2047])
def test_bins_hold_every_gap_once(n: int) -> None:
    sizes = gaps(n)
    assert sizes.sum() == n + 1 and (sizes == sizes[::-1]).all() and sizes[0] == 1 and len(sizes) < 2 * np.log2(n) + 3


@pytest.mark.parametrize(
    ("shift", "scale", "within"), [(4.0, 1.0, 20), (2.0, 1.0, 40), (1.0, 1.0, 150), (0.0, 3.0, 80)]
)
def test_what_changes_is_found_soon(shift: float, scale: float, within: int) -> None:
    """In nine of ten cases, by the three hundredth stream, 200 quiet pages after its reference was closed."""
    rng = np.random.default_rng(int(10 * shift + scale))
    values = rng.normal(size=(100, N + 200 + within))
    values[:, N + 200 :] = shift + scale * values[:, N + 200 :]
    found = (strongest(ranked(rng, values))[:, 200:] >= due(CHANCE, 300)).any(axis=1)
    assert found.mean() >= 0.9


def test_nearly_nothing_is_no_alarm() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(size=(50, N + 5_000))
    values[:, N + 500 :] += 0.1
    assert not (strongest(ranked(rng, values)) >= due(CHANCE, 10)).any()


def test_in_several_looks_it_is_the_same() -> None:
    rng = np.random.default_rng(9)
    ranks = rng.random(300)
    whole = play(log_gains(ranks), NOTHING, 0)
    part = play(log_gains(ranks[:120]), NOTHING, 0)
    assert np.allclose(play(log_gains(ranks[120:]), part[-1], 120)[-1], whole[-1])


def test_chance_is_the_same_again_and_of_nothing_else() -> None:
    keys = np.random.default_rng(1).integers(2**63, size=20_000).astype(np.uint64)
    one, other = chance(keys, 7)
    assert (chance(keys, 7)[0] == one).all()
    for a, b in ((one, other), (one, chance(keys, 8)[0])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
    assert kstest(one, "uniform").pvalue > 0.01 and kstest(np.modf(one - other + 1)[0], "uniform").pvalue > 0.01
