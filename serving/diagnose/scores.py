"""What each field since the trouble began costs: how unusual it is, times what people take for such a field."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.diagnose.shift import oddness
from serving.diagnose.stage import READING, SCAN, Suspicion
from serving.diagnose.window import Windows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Of (n,) fields since: `odd` in [0, 1], by the measure `asked` ("" where nothing moved), and `seconds` of people.

    `told_by` are the measures by which slices may be told beside place and time. Where nobody was ever asked about any
    such field, `seconds` are not `known`, and 1 each.
    """

    asked: str
    odd: np.ndarray
    seconds: np.ndarray
    known: bool
    told_by: tuple[str, ...] = ()

    @property
    def costs(self) -> np.ndarray:
        """(n,) what counts."""
        return self.odd * self.seconds


def scores(seen: Windows, suspicion: Suspicion) -> Scores:
    """By what moved most at the suspected stage; where nothing did, by what people found wrong.

    Slices are told by what comes before what is scored, or they would only say it again.
    """
    seconds, known = _seconds(seen.since)
    moved = [each for stage, each in suspicion.shifts if stage == suspicion.stage and each.measure in seen.since]
    if moved:
        name = max(moved, key=lambda each: each.distance / each.limit).measure
        told_by = () if name in SCAN else SCAN
        return Scores(asked=name, odd=_odd(seen, name), seconds=seconds, known=known, told_by=told_by)
    wrong = np.nan_to_num(floats(seen.since, "wrong"))
    asked = "wrong" if wrong.any() and suspicion.stage != "people" else ""
    return Scores(asked=asked, odd=wrong, seconds=seconds, known=known, told_by=(*SCAN, *READING))


def _odd(seen: Windows, name: str) -> np.ndarray:
    """(n,) how unusual each field since is among those of its own name: some fields are always harder than others."""
    odd, past = np.zeros(len(seen.since)), seen.before.groupby(["form", "field"]).indices
    now, was = floats(seen.since, name), floats(seen.before, name)
    for field, rows in seen.since.groupby(["form", "field"]).indices.items():
        odd[rows] = oddness(now[rows], was[past[field]] if field in past else was)
    return odd


def _seconds(fields: "pd.DataFrame") -> tuple[np.ndarray, bool]:
    """(n,) what people take for each field, and whether that is known of any; else as for the others."""
    seconds = floats(fields, "seconds")
    known = seconds[np.isfinite(seconds)]
    return np.where(np.isfinite(seconds), seconds, known.mean() if len(known) else 1.0), bool(len(known))


def floats(frame: "pd.DataFrame", name: str) -> np.ndarray:
    """(n,) a column as numbers, NaN where there is none."""
    return np.asarray(frame[name].astype(float))
