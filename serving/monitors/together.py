"""Several measures together: a classifier that learns to tell recent pages from those of the reference. Its measures
are those of scans, ink and readings, or how people write, as the network sees it (`serving.monitors.style`).

Blocks of pages come one after the other. A classifier is fitted on one half of the reference against the blocks before,
and asked about the next block and the other half: if it tells them apart, they are not of one kind (Lopez-Paz and
Oquab, Revisiting classifier two-sample tests, ICLR 2017). What it was fitted on is not what it is asked about, so each
test is valid by itself, by the ranks of Mann and Whitney (1947). Tests of the same reference are not independent; so
each has a part of the chance of its own, and all parts together are no more than the whole (Bonferroni).

Ten measures that move by half a standard deviation each are found so, of which none is told by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.ledger import Alarm
from serving.ledger.monitoring import KeptReference
from serving.monitors.bets import share
from serving.monitors.settings import Settings
from serving.monitors.slices import apart as slices_apart
from serving.monitors.slices import moments, uncovered
from serving.monitors.sounding import Sounding
from serving.monitors.watched import INK, READ, SCAN

if TYPE_CHECKING:
    import pandas as pd

    from serving.monitors.drift import Fetch

MONITOR = "joint_drift"
OF_PAGES = ("scan_drift", "alignment_drift", "ink_drift", "output_drift", "constant_output", MONITOR, "style_drift")
"""Monitors of the same pages: what they have told is not told again."""
MEASURES = (*SCAN, *INK, *(name for name in READ if name != "yes"))
BLOCK, BLOCKS = 64, 3
"""Pages of a block, and so many blocks are learned from."""
SHRINKAGE = 0.3
"""How much of the covariance is taken for noise: there are hardly more pages than pairs of measures."""
NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Battery:
    """The `measures` that a classifier sees of pages, as the (n, measures) matrix of rows of theirs; `monitor` is what
    alarms are called, and sounds with at most this `chance` while nothing changes. `told`: what an alarm says of
    measures that mean nothing one by one."""

    monitor: str
    measures: tuple[str, ...]
    matrix: "Callable[[pd.DataFrame], np.ndarray]"
    chance: float
    told: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Lane:
    """What is remembered of the pages of a form that one model reads: `seen` count towards the reference; then it has a
    `turn` among all lanes, so many `tests` were made, and pages that came in after `start` are blocks, `done` of which
    were asked about."""

    since: str = ""
    seen: int = 0
    turn: int = 0
    tests: int = 0
    start: str = ""
    done: int = 0
    waiting: int = 0


class Together:
    """All lanes, as the look before left them."""

    def __init__(
        self, settings: Settings, alarms: Sequence[Alarm], lanes: Mapping[str, Mapping[str, Any]],
        references: Sequence[KeptReference], first: str, fetch: "Fetch", battery: Battery,
    ) -> None:  # fmt: skip
        self.battery = battery
        self.lanes = {name: Lane(**each) for name, each in lanes.items()}
        self.closed: list[KeptReference] = []
        self._settings, self._first, self._fetch = settings, first, fetch
        self._alarms = [each for each in alarms if each.monitor in OF_PAGES]
        self._halves = {
            (each.category, each.since): (np.array(each.facts["fit"], float), np.array(each.facts["held"], float))
            for each in references if each.stream == battery.monitor
        }  # fmt: skip

    def advance(self, frames: "Mapping[str, pd.DataFrame]", told: Sequence[Sounding]) -> list[Sounding]:
        """Look at new pages that no alarm covers; gives what is due, but for what a measure alone has `told`."""
        pages = self._free(joined(frames["page"], frames["read"]))
        found = (self._advance(str(name), rows) for name, rows in pages.groupby("reader", sort=True))
        known = [each.slice for each in told if each.monitor in OF_PAGES]
        return [each for each in found if each is not None and all(slices_apart(each.slice, other) for other in known)]

    def _advance(self, name: str, new: "pd.DataFrame") -> Sounding | None:
        form = str(new["form"].iloc[0])
        mine = [each for each in self._alarms if not slices_apart({"form": form}, each.slice)]
        since = max([self._first, *(each.ended_at or "" for each in mine)])
        lane = self.lanes.get(name, Lane(since=since))
        lane = lane if lane.since >= since else Lane(since=since)
        came = int((moments(new) > moments(since)).sum()) if since else len(new)
        need = 2 * self._settings.reference_pages
        lane = replace(lane, waiting=lane.waiting + came) if lane.turn else replace(lane, seen=lane.seen + came)
        if not lane.turn and lane.seen >= need:
            lane = self._close(name, lane, need)
        self.lanes[name] = lane
        if not lane.turn or lane.waiting < BLOCK:
            return None
        return self._ask(name, form, lane)

    def _close(self, name: str, lane: Lane, need: int) -> Lane:
        rows = self._rows(name, lane.since)
        if len(rows) < need:  # an alarm has taken some of them away
            return replace(lane, seen=len(rows))
        values = self.battery.matrix(rows[:need])
        if not np.isfinite(values).any():  # nothing of them can be seen
            return replace(lane, seen=len(rows))
        halves = values[::2], values[1::2]
        self._halves[name, lane.since] = halves
        facts = {"fit": np.round(halves[0], 6).tolist(), "held": np.round(halves[1], 6).tolist()}
        self.closed.append(KeptReference(stream=self.battery.monitor, since=lane.since, category=name, facts=facts))
        turn = 1 + max((each.turn for each in self.lanes.values()), default=0)
        return replace(lane, turn=turn, start=_iso(rows["at"].iloc[need - 1]), waiting=len(rows) - need)

    def _ask(self, name: str, form: str, lane: Lane) -> Sounding | None:
        """Ask about every block that is full; the first that is told apart sounds."""
        fit, held = self._halves[name, lane.since]
        rows = self._rows(name, lane.start)
        values, count, told = self.battery.matrix(rows), len(rows) // BLOCK, None
        for n in range(max(1, lane.done), count):
            lane = replace(lane, tests=lane.tests + 1)
            learned, asked = values[max(0, n - BLOCKS) * BLOCK : n * BLOCK], values[n * BLOCK : (n + 1) * BLOCK]
            score = classifier(fit, learned)
            chance = float(self.battery.chance * share(lane.turn) * share(lane.tests))
            area, p = apart(score(held), score(asked))
            if p <= chance and told is None:
                told = self._sounding(rows[(n - 1) * BLOCK : (n + 1) * BLOCK], form, fit, asked, area, p)
        keep = max(0, count - BLOCKS) * BLOCK
        start = _iso(rows["at"].iloc[keep - 1]) if keep else lane.start
        self.lanes[name] = replace(lane, start=start, done=min(count, BLOCKS), waiting=len(rows) % BLOCK)
        return told

    def _sounding(
        self, rows: "pd.DataFrame", form: str, reference: np.ndarray, asked: np.ndarray, area: float, p: float
    ) -> Sounding:
        told = self.battery.told or {"moved, standard deviations": self._moved(reference, asked)}
        return Sounding(
            monitor=self.battery.monitor, slice={"form": form}, first_seen=_iso(rows["created"].iloc[0]),
            prediction_id=str(rows["prediction_id"].iloc[0]),
            evidence={"AUC": area, "chance of it": p, "pages": len(rows), **told},
        )  # fmt: skip

    def _moved(self, reference: np.ndarray, asked: np.ndarray) -> str:
        """The measures whose means moved farthest."""
        with np.errstate(all="ignore"):
            moved = (np.nanmean(asked, axis=0) - np.nanmean(reference, axis=0)) / np.nanstd(reference, axis=0)
        moved = np.nan_to_num(moved, posinf=0.0, neginf=0.0)
        most = np.argsort(-np.abs(moved))[:NAMED]
        return ", ".join(f"{self.battery.measures[n]} {moved[n]:+.2f}" for n in most)

    def _rows(self, name: str, since: str) -> "pd.DataFrame":
        pages = joined(self._fetch("page", since), self._fetch("read", since))
        return self._free(pages[pages["reader"] == name])

    def _free(self, pages: "pd.DataFrame") -> "pd.DataFrame":
        """Those of which no alarm that holds speaks: what is known is not told again."""
        return pages[uncovered(pages, [each for each in self._alarms if each.is_holding])]


def joined(pages: "pd.DataFrame", read: "pd.DataFrame") -> "pd.DataFrame":
    """Measures of pages beside those of their fields."""
    ours = [name for name in read.columns if name not in pages.columns or name in ("unit", *INK)]
    return pages.drop(columns=list(INK)).merge(read[ours].drop(columns="fields", errors="ignore"), on="unit")


def matrix(rows: "pd.DataFrame") -> np.ndarray:
    """(n, measures), NaN where a page has none."""
    return np.asarray(rows[list(MEASURES)].astype(float))


def classifier(reference: np.ndarray, recent: np.ndarray) -> Any:
    """Fisher's linear discriminant (1936) with a covariance that is shrunk to the identity: a function of (n, d) pages,
    higher for those that are more like the recent ones. What is not known counts as the reference's mean."""
    known = np.isfinite(reference).any(axis=0)
    middle, spread = np.zeros(len(known)), np.ones(len(known))
    middle[known] = np.nanmean(reference[:, known], axis=0)
    spread[known] = np.nanstd(reference[:, known], axis=0)
    useful = known & (spread > 0)

    def scaled(pages: np.ndarray) -> np.ndarray:
        values = (pages[:, useful] - middle[useful]) / spread[useful]
        return np.nan_to_num(np.clip(values, -10, 10))

    old, new = scaled(reference), scaled(recent)
    within = (np.cov(old.T) * len(old) + np.cov(new.T) * len(new)) / (len(old) + len(new))
    within = (1 - SHRINKAGE) * np.atleast_2d(within) + SHRINKAGE * np.eye(old.shape[1])
    weights = np.linalg.solve(within, new.mean(axis=0) - old.mean(axis=0))
    return lambda pages: scaled(pages) @ weights


def apart(held: np.ndarray, asked: np.ndarray) -> tuple[float, float]:
    """The area under the ROC curve, and the chance of one as large where both are of one kind."""
    from scipy.stats import mannwhitneyu

    found = mannwhitneyu(asked, held, alternative="greater", method="asymptotic")
    return float(found.statistic) / (len(held) * len(asked)), float(found.pvalue)


def _iso(moment: Any) -> str:
    return str(moment.isoformat(timespec="microseconds"))
