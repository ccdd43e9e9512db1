"""What an alarm says: of the streams that sound, those that are told, and how much they moved."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.diagnose.stage import GEOMETRY
from serving.monitors.drift import Drift, Look
from serving.monitors.effect import effect
from serving.monitors.slices import apart
from serving.monitors.watched import FROM

if TYPE_CHECKING:
    import pandas as pd

AS_GOOD = 0.9
"""Of slices that have nearly the same evidence the widest is told, unless one is the only place that is struck."""
AS_BEFORE = 0.25
"""Other places with less than this part of its evidence are not struck."""
MOST_OTHERS = 4
ANSWERS = ("vote", "pair", "person", "judged", "judged kind")
"""Families whose units are not pages but what people said."""


@dataclass(frozen=True, kw_only=True)
class Sounding:
    """An alarm that is due, as `Alarms.sound` wants it."""

    monitor: str
    slice: Mapping[str, str]
    evidence: Mapping[str, Any]
    first_seen: str | None
    prediction_id: str | None = None


def soundings(drift: Drift, looked: Sequence[Look], ask: Any) -> list[Sounding]:
    """Of each monitor the slice with the most evidence, and others only where these have nothing in common with it.

    What is not told is named in the evidence of what is, and its bets begin anew.
    """
    by_monitor: dict[str, list[Look]] = defaultdict(list)
    for each in looked:
        by_monitor[each.stream.monitor].append(each)
    told = [found for each in by_monitor.values() for found in _told(each)]
    for best, rest in told:
        for each in (best, *rest):
            drift.forget(each.stream)
    return [_sounding(drift, best, rest, ask) for best, rest in told]


def _told(looked: Sequence[Look]) -> list[tuple[Look, list[Look]]]:
    """The streams that are told, each with those that it stands for."""
    told, left = list[tuple[Look, list[Look]]](), [each for each in looked if each.over is not None]
    while left:
        most = max(_strength(each) for each in left)
        good = [each for each in left if _strength(each) >= AS_GOOD * most]
        if alone := [each for each in good if _is_alone(each, looked)]:
            good = alone
        elif _is_everywhere(looked, left):
            good = [each for each in left if not each.stream.slice] or good
        best = min(good, key=lambda each: (len(each.stream.slice), -_strength(each)))
        meant = dict(best.stream.slice)
        same = [each for each in left if not apart(meant, dict(each.stream.slice))]
        left = [each for each in left if apart(meant, dict(each.stream.slice))]
        named = _named([best, *(each for each in same if each is not best and each.stream.slice == best.stream.slice)])
        told.append((named, [each for each in same if each is not named]))
    return told


def _named(alike: Sequence[Look]) -> Look:
    """Of streams of one slice that sound together the one that is told: the first, which has the most evidence, unless
    a cause of the others is among them."""
    causes = {each.stream.measure: each for each in alike}
    return next((causes[name] for name in GEOMETRY if name in causes), alike[0])


def _is_everywhere(looked: Sequence[Look], over: Sequence[Look]) -> bool:
    """Whether most slices of a dimension sound, and not one alone."""
    seen, sounding = ({each.stream.slice[0] for each in some if each.stream.slice} for some in (looked, over))
    count = Counter(name for name, _ in sounding)
    return any(n >= 2 and n > sum(name == each for each, _ in seen) / 2 for name, n in count.items())


def _is_alone(look: Look, looked: Sequence[Look]) -> bool:
    """Whether it is a place that pages come from, and others stay as they were while enough came from them to tell.

    Of people this cannot be said: whoever is beside one that errs disagrees more often, too.
    """
    own = look.stream
    if not any(name in FROM for name, _ in own.slice):
        return False
    others = [
        each for each in looked
        if (each.stream.family, each.stream.measure) == (own.family, own.measure) and each.memory.turn
        and apart(dict(each.stream.slice), dict(own.slice))
    ]  # fmt: skip
    is_enough = 2 * sum(len(each.at) for each in others) >= len(look.at)
    return is_enough and max(map(_strength, others)) < AS_BEFORE * _strength(look)


def _strength(look: Look) -> float:
    return float(look.evidence.max())


def _sounding(drift: Drift, best: Look, rest: Sequence[Look], ask: Any) -> Sounding:
    stream, over = best.stream, best.over
    assert over is not None
    others = sorted((each for each in rest if each.stream.slice == stream.slice), key=_strength, reverse=True)
    slices = {_where(each) for each in rest if each.stream.slice != stream.slice}
    told: dict[str, Any] = {
        "measure": stream.measure, "log10 of evidence": float(best.evidence[over]) / math.log(10),
        "due": best.due / math.log(10), "others": ", ".join(each.stream.measure for each in others[:MOST_OTHERS]),
        "also": ", ".join(sorted(slices)[:MOST_OTHERS]),
    }  # fmt: skip
    since, row = _moved(drift, best, told, ask)
    return Sounding(
        monitor=stream.monitor, slice=dict(stream.slice), first_seen=since,
        prediction_id=None if row is None else _prediction(row, ask),
        evidence={name: value for name, value in told.items() if value != ""},
    )  # fmt: skip


def _where(look: Look) -> str:
    return " ".join(f"{name} {value}" for name, value in look.stream.slice) or "all"


def _moved(drift: Drift, best: Look, told: dict[str, Any], ask: Any) -> "tuple[str | None, pd.Series | None]":
    """Since when it moved, and the first unit since; `told` is told how much."""
    frame, at, rows = drift.history(best.stream)
    rows = rows.where(slice(None, _position(drift, best, frame, at)))
    moved = effect(rows, drift.references(best.stream), best.stream.salt)
    if moved is None:
        return None, None
    since = frame.iloc[at[moved.start : len(rows.values)]]
    unit = "answers" if best.stream.family in ANSWERS else "pages"
    told |= {
        "was": moved.was, "now": moved.now, "side": moved.side, "PSI": moved.psi, "KS": moved.ks,
        unit: len(since), "fields": int(since["fields"].sum()),
    }  # fmt: skip
    if best.stream.family == "page":
        told["fields"] = _fields(since["unit"], ask)
    first = since.iloc[0]
    return first["created"].isoformat(timespec="microseconds"), first


def _position(drift: Drift, best: Look, frame: "pd.DataFrame", at: Any) -> int:
    """So many of a stream's units had come in when it sounded."""
    assert best.over is not None
    after = len(best.evidence) - best.over - 1
    return len(at) - after


def _fields(pages: "pd.Series", ask: Any) -> int:
    named = ", ".join(_quoted(str(each)) for each in pages)
    found = ask(f"SELECT count(*) AS fields FROM _fields WHERE fresh AND page_id IN ({named})").to_pylist()
    return int(found[0]["fields"])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _prediction(row: "pd.Series", ask: Any) -> str | None:
    if "prediction_id" in row:
        return str(row["prediction_id"])
    unit = _quoted(str(row["unit"]))
    found = ask(f"SELECT min_by(prediction_id, field) AS first FROM _fields WHERE page_id = {unit}").to_pylist()
    first: str | None = found[0]["first"]
    return first
