"""Diagnosis: all that is told of an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.diagnose.lattice import Slice, Terms, worst_slices
from serving.diagnose.shift import oddness
from serving.diagnose.stage import READING, SCAN, Suspicion, suspect
from serving.diagnose.window import Ask, Windows, bucket, windows
from serving.ledger import Alarm

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("form", "kind", "field", "source", "model")
"""What is known of a field before anything is measured of it."""
SHARE = 0.05
"""A slice has this share of the new fields at least."""
LEAST = 10
MOST, SHOWN = 30, 5
"""So many slices are searched for, and so many different ones are told."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """An alarm with what is suspected. `asked` says by what the slices are scored, "" where nothing moved.

    `before` and `since` are how many fields were compared. `slices` are among those since, worst first;
    `prediction_ids` are those of the first slice, or of all fields since, oldest first; `first` is where the first of
    them stands.
    """

    alarm: Alarm
    suspicion: Suspicion
    before: int
    since: int
    asked: str
    slices: tuple[Slice, ...]
    prediction_ids: tuple[str, ...]
    first: str


def diagnose(ask: Ask, alarm: Alarm) -> Diagnosis:
    """Everything that the columns say of an alarm. `ask` answers questions about columns that are up to date."""
    seen = windows(ask, alarm)
    suspicion = suspect(seen, alarm.slice)
    asked, errors, names = _errors(seen, suspicion)
    least = max(LEAST, int(SHARE * len(seen.since)))
    slices = _told_apart(worst_slices(_columns(seen, names), errors, Terms(least=least, most=MOST))) if asked else ()
    meant = seen.since[slices[0].rows] if slices else seen.since
    return Diagnosis(
        alarm=alarm, suspicion=suspicion, before=len(seen.before), since=len(seen.since), asked=asked, slices=slices,
        prediction_ids=tuple(meant["prediction_id"]), first=_place(meant),
    )  # fmt: skip


def _told_apart(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """Of slices that are the same fields only the first, which is the simplest."""
    kept: dict[bytes, Slice] = {}
    for each in slices:
        kept.setdefault(each.rows.tobytes(), each)
    return tuple(kept.values())[:SHOWN]


def _errors(seen: Windows, suspicion: Suspicion) -> tuple[str, np.ndarray, tuple[str, ...]]:
    """By what fields are scored, (n,) what each costs, and which measures a slice may be told by.

    What moved most at the suspected stage, else what people found wrong, each times the seconds that people take for
    such a field. Slices are told by what comes before what is scored, or they would only say it again.
    """
    seconds = _seconds(seen.since)
    moved = [each for stage, each in suspicion.shifts if stage == suspicion.stage and each.measure in seen.since]
    if moved:
        name = max(moved, key=lambda each: each.distance / each.limit).measure
        return name, _odd(seen, name) * seconds, () if name in SCAN else SCAN
    wrong = np.nan_to_num(_floats(seen.since, "wrong"))
    if wrong.any():
        return "wrong", wrong * seconds, (*SCAN, *READING)
    return "", wrong, ()


def _odd(seen: Windows, name: str) -> np.ndarray:
    """(n,) how unusual each field since is among those of its own name: some fields are always harder than others."""
    odd, past = np.zeros(len(seen.since)), seen.before.groupby(["form", "field"]).indices
    now, was = _floats(seen.since, name), _floats(seen.before, name)
    for field, rows in seen.since.groupby(["form", "field"]).indices.items():
        odd[rows] = oddness(now[rows], was[past[field]] if field in past else was)
    return odd


def _seconds(fields: "pd.DataFrame") -> np.ndarray:
    """(n,) what people take for each field; where nobody was asked about such a kind, as for the others."""
    seconds = _floats(fields, "seconds")
    known = seconds[np.isfinite(seconds)]
    return np.where(np.isfinite(seconds), seconds, known.mean() if len(known) else 1.0)


def _columns(seen: Windows, measures: tuple[str, ...]) -> dict[str, np.ndarray]:
    since = seen.since
    columns = {name: np.asarray(since[name].fillna("").astype(str), object) for name in PLACES}
    columns["day"] = np.asarray(since["created"].dt.strftime("%Y-%m-%d"), object)
    for name in measures:
        if name in SCAN:
            columns[name] = bucket(_floats(since, name), _floats(seen.before, name))
    if "characters" in measures:
        columns["length"] = bucket(_floats(since, "characters"), _floats(seen.before, "characters"))
        columns |= {name: np.asarray(since[name].fillna("").astype(str), object) for name in ("outcome", "value")}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}


def _place(fields: "pd.DataFrame") -> str:
    if not len(fields):
        return ""
    row = fields.iloc[0]
    return f"{row['scan']}, page {row['page_no']}"


def _floats(frame: "pd.DataFrame", name: str) -> np.ndarray:
    return np.asarray(frame[name].astype(float))
