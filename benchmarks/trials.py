"""Does a trial promote the better model only, and how soon? Streams without a difference, with one, and poisoned votes.

    python -m benchmarks.trials [--streams 2000] [--poisoned 200]

First, streams of pairs in which the challenger is no better, looked at after every answer: the share in which it would
become champion at some time. `alike`: both err equally often. `uneven`: people are asked with probabilities of 20% to
100%. `in turns`: it is worse for a while, then better, never ahead in the mean. McNemar's exact test, looked at every
20 answers, beside it. Then the answers that a decision takes where the challenger is better. Last, a crowd of ten of
whom three push the challenger: they know both models' readings, side with the challenger wherever the two differ, and
are honest elsewhere, so that gold does not find them. Two agreeing answers settle a field, else a third person does.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binom

from serving.trial.decision import find
from serving.trial.gain import log_wealth
from serving.trial.pair import Pair, Side
from serving.trial.settings import Settings

ALPHA = 0.05
AT_ONCE = 100
PEOPLE, PUSHING = 10, 3
HONEST = 0.995
"""With what probability an honest person keys what stands there."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How often only the challenger is right, only the champion, and neither though they differ."""

    gained: float
    lost: float
    neither: float = 0.01

    @property
    def differ(self) -> float:
        return self.gained + self.lost + self.neither


BETTER = Rates(gained=0.06, lost=0.03)
"""94% against 91%: a third of the champion's errors are the challenger's too."""


def null_streams(kind: str, streams: int, rng: np.random.Generator, length: int = 600) -> Iterator[tuple]:
    """(AT_ONCE, length) gains where the two differ, with the probabilities with which people are asked, and a floor."""
    for _ in range(0, streams, AT_ONCE):
        shape = (AT_ONCE, length)
        if kind == "in turns":  # worse first: so it is never ahead in the mean
            chances = np.where(np.arange(length) % 200 < 100, 0.35, 0.65)
            yield np.where(rng.random(shape) < chances, 1.0, -1.0), np.ones(shape), 1.0
            continue
        gains = np.where(rng.random(shape) < 0.5, 1.0, -1.0)
        if kind == "alike":
            yield gains, np.ones(shape), 1.0
            continue
        p = rng.choice([0.2, 0.5, 1.0], shape)
        yield np.where(rng.random(shape) < p, gains, 0.0), p, 0.2


def promoted(kind: str, streams: int, rng: np.random.Generator) -> float:
    """The share of streams in which the challenger would become champion at some time."""
    hits = [
        (log_wealth(gains, p, floor) >= np.log(1 / ALPHA)).any(axis=1)
        for gains, p, floor in null_streams(kind, streams, rng)
    ]
    return float(np.concatenate(hits)[:streams].mean())


def mcnemar(kind: str, streams: int, rng: np.random.Generator, every: int = 20) -> float:
    """The same of McNemar's exact one-sided test, looked at now and then."""
    hits = []
    for gains, _, _ in null_streams(kind, streams, rng):
        won, n = (gains > 0).cumsum(axis=1)[:, every - 1 :: every], np.arange(every, gains.shape[1] + 1, every)
        hits.append((binom.sf(won - 1, n, 0.5) <= ALPHA).any(axis=1))
    return float(np.concatenate(hits)[:streams].mean())


def labels_needed(
    rates: Rates, streams: int, rng: np.random.Generator, agree_rate: float, length: int = 6000
) -> np.ndarray:
    """(streams,) answers until the bet is won, those on agreeing pairs included; inf where not within `length`."""
    found = []
    for _ in range(0, streams, AT_ONCE):
        kind = rng.random((AT_ONCE, length))
        gains = np.where(kind < rates.gained, 1.0, np.where(kind < rates.gained + rates.lost, -1.0, 0.0))
        asked = (kind < rates.differ) | (rng.random(kind.shape) < agree_rate)
        won = log_wealth(gains) >= np.log(1 / ALPHA)
        labels = np.take_along_axis(asked.cumsum(axis=1), won.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
        found.append(np.where(won.any(axis=1), labels, np.inf))
    return np.concatenate(found)[:streams]


def poisoned_pairs(rates: Rates, count: int, rng: np.random.Generator, pushing: int = PUSHING) -> list[Pair]:
    """`count` pairs that differ, as the office settles them with so many of its people pushing the challenger."""
    shares = np.array([rates.gained, rates.lost, rates.neither]) / rates.differ
    return [_settled(f"{i}", int(kind), rng, pushing) for i, kind in enumerate(rng.choice(3, count, p=shares))]


def _settled(crop_id: str, kind: int, rng: np.random.Generator, pushing: int) -> Pair:
    truth: Side = ("challenger", "champion", "neither")[kind]
    order = rng.permutation(PEOPLE)
    votes: dict[str, Side] = {}
    for person in order:
        if person < pushing:
            said: Side = "challenger"
        else:
            said = truth if rng.random() < HONEST else ("neither" if truth != "neither" else "champion")
        votes[f"person {person}"] = said
        names = list(votes.values())
        if max(names.count(side) for side in set(names)) == 2:
            break
    verdict = max(set(votes.values()), key=lambda side: (list(votes.values()).count(side), side))
    return Pair(
        crop_id=crop_id, kind="code", quality="good", agree=False, votes=votes, sure=0.5,
        champion_right=verdict == "champion", challenger_right=verdict == "challenger",
    )  # fmt: skip


def poisoned(
    rates: Rates, streams: int, rng: np.random.Generator, pushing: int, length: int = 400
) -> tuple[float, float]:
    """The shares of streams in which the bet is won at some time, and in which the challenger becomes champion."""
    settings = Settings(alpha=ALPHA, least_labels=50)
    bet = champion = 0
    for _ in range(streams):
        pairs = poisoned_pairs(rates, length, rng, pushing)
        won = log_wealth(np.array([pair.gain for pair in pairs])) >= np.log(1 / ALPHA)
        bet += bool(won.any())
        looks = range(max(50, int(won.argmax()) + 1), length + 1, 25) if won.any() else ()
        champion += any(find(pairs[:n], settings, lambda _: 0.5, length + 1).outcome == "promote" for n in looks)
    return bet / streams, champion / streams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--poisoned", type=int, default=200)
    asked = parser.parse_args()
    console, rng = Console(width=120), np.random.default_rng(5)
    table = Table("no better", "promoted at some time", "McNemar, looked at", title=f"{asked.streams:,} streams each")
    for kind in ("alike", "uneven", "in turns"):
        usual = f"{mcnemar(kind, asked.streams, rng):.1%}" if kind != "uneven" else ""
        table.add_row(kind, f"{promoted(kind, asked.streams, rng):.1%}", usual)
    console.print(table)
    table = Table("better", "answers, median", "90%", "not within 6,000 pairs", title="Until the bet is won")
    for name, rates in (
        ("94% against 91%", BETTER),
        ("99.2% against 98.7%", Rates(gained=0.008, lost=0.003, neither=0.001)),
    ):
        labels = labels_needed(rates, asked.streams, rng, 0.05)
        median, most = np.percentile(labels, [50, 90], method="inverted_cdf")
        table.add_row(name, f"{median:,.0f}", f"{most:,.0f}", f"{np.isinf(labels).mean():.1%}")
    console.print(table)
    table = Table("challenger", "pushing", "bet won", "promoted", title=f"{asked.poisoned} streams of 400 that differ")
    for name, rates, pushing in (
        ("90% against 91%", Rates(gained=0.04, lost=0.05), PUSHING),
        ("88% against 91%", Rates(gained=0.03, lost=0.06), PUSHING),
        ("as good", Rates(gained=0.05, lost=0.05), PUSHING),
        ("94% against 91%", BETTER, PUSHING),
        ("94% against 91%", BETTER, 0),
    ):
        bet, champion = poisoned(rates, asked.poisoned, rng, pushing)
        table.add_row(name, f"{pushing} of {PEOPLE}", f"{bet:.1%}", f"{champion:.1%}")
    console.print(table)


if __name__ == "__main__":
    main()
