"""Diagnosis: all that is told of an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.diagnose.beginning import beginning
from serving.diagnose.lattice import Slice, Terms, worst_slices
from serving.diagnose.scores import Scores, floats, scores
from serving.diagnose.stage import SCAN, Suspicion, suspect
from serving.diagnose.window import Ask, Windows, bucket, windows
from serving.ledger import Alarm

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("form", "kind", "field", "source", "scanner", "model")
"""What is known of a field before anything is measured of it."""
SHARE = 0.05
"""A slice has this share of the new fields at least."""
LEAST = 10
MOST, SHOWN = 30, 5
"""So many slices are searched for, and so many different ones are told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis:
    """An alarm with what is suspected, and the fields that were compared (`seen`), those since with their `scores`.

    `start` is the moment that parts them; `how` says where it is known from. `slices` are among the fields since, worst
    first; `meant` says which of them are those of the first slice: all where there is none.
    """

    alarm: Alarm
    start: str
    how: str
    suspicion: Suspicion
    seen: Windows
    scores: Scores
    slices: tuple[Slice, ...]
    meant: np.ndarray

    @property
    def fields(self) -> "pd.DataFrame":
        """The fields that are meant, oldest first."""
        return self.seen.since[self.meant]

    @property
    def prediction_ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(self.fields["prediction_id"])

    @property
    def first(self) -> str:
        """Where the first of them stands; "" where there is none."""
        return place(self.fields.iloc[0]) if self.meant.any() else ""

    @property
    def unseen(self) -> int:
        """How many of them were accepted without being looked at."""
        return int((self.fields["decision"] == "accept").sum())


def diagnose(ask: Ask, alarm: Alarm) -> Diagnosis:
    """Everything that the columns say of an alarm. `ask` answers questions about columns that are up to date."""
    start, how, seen = _begun(ask, alarm)
    suspicion = suspect(seen, alarm.slice, str(alarm.evidence.get("measure", "")))
    scored, n = scores(seen, suspicion), len(seen.since)
    terms = Terms(least=max(LEAST, int(SHARE * n)), most=MOST)
    found = _told_apart(worst_slices(_columns(seen, scored.told_by), scored.costs, terms)) if scored.asked else ()
    return Diagnosis(
        alarm=alarm, start=start, how=how, suspicion=suspicion, seen=seen, scores=scored, slices=found,
        meant=found[0].rows if found else np.ones(n, bool),
    )  # fmt: skip


def place(row: "pd.Series") -> str:
    """Where a field stands."""
    return f"{row['scan']}, page {row['page_no']}"


def _begun(ask: Ask, alarm: Alarm) -> tuple[str, str, Windows]:
    """Since when it is, how that is known, and what came before and since.

    An alarm that knows no beginning says that it was first seen when it sounded. The fields that made it sound came
    before: the beginning is looked for among them.
    """
    seen = windows(ask, alarm, alarm.first_seen)
    if alarm.first_seen < alarm.at:
        return alarm.first_seen, "first seen", seen
    found = beginning(seen, alarm.at, alarm.slice.get("person"))
    if found is None:
        return alarm.at, "sounded, its beginning is not known", seen
    how = "begun, as votes say," if "person" in alarm.slice else "begun, as pages say,"
    return found, how, windows(ask, alarm, found)


def _told_apart(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """Of slices that are the same fields only the first, which is the simplest."""
    kept: dict[bytes, Slice] = {}
    for each in slices:
        kept.setdefault(each.rows.tobytes(), each)
    return tuple(kept.values())[:SHOWN]


def _columns(seen: Windows, measures: tuple[str, ...]) -> dict[str, np.ndarray]:
    since = seen.since
    columns = {name: np.asarray(since[name].fillna("").astype(str), object) for name in PLACES}
    columns["day"] = np.asarray(since["created"].dt.strftime("%Y-%m-%d"), object)
    for name in measures:
        if name in SCAN:
            columns[name] = bucket(floats(since, name), floats(seen.before, name))
    if "characters" in measures:
        columns["length"] = bucket(floats(since, "characters"), floats(seen.before, "characters"))
        columns |= {name: np.asarray(since[name].fillna("").astype(str), object) for name in ("outcome", "value")}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}
