"""The suspected stage, by rules that are told: the first stage of the way of a field that moved as much as any did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from serving.diagnose.shift import Shift, shift
from serving.diagnose.window import Windows

if TYPE_CHECKING:
    import pandas as pd

Stage = Literal["scan", "writing", "alignment", "reading", "calibration", "people", "not known"]

SCAN = ("resolution_dpi", "sharpness", "contrast", "noise", "skew_deg", "illumination", "clipping", "compression")
"""What of the picture does not depend on what is written: ink and what bleeds through do."""
GEOMETRY = ("resolution_dpi", "skew_deg")
"""What of it is how the sheet lay and was sampled: where that moved, sharpness and compression move with it."""
ALIGNMENT = ("unmatched", "residual_px")
PLACED = ("off_place",)
"""Crops that do not hold what the form says: boxes that were moved fit as well as before, as a whole."""
READING = ("confidence", "log_mass", "characters", "blank", "no_answer", "repeated")
VALUES = ("like_its_field",)
"""What only a monitor measures: whether values are like those of their own field. Such an alarm is about reading."""
STYLE = ("style",)
"""What only the network sees of strokes. Such an alarm is about writing, where nothing else moved."""
CALIBRATION = ("too_sure",)
PEOPLE = ("seconds", "agrees")
PER_FIELD = (*SCAN, *PLACED, *READING, *CALIBRATION)
"""What is known of each field, and compared as the mean of a page."""
ASKED = len(PER_FIELD) + len(ALIGNMENT)
PAGE = ("batch_id", "scan_no", "page_no")
COMPONENT = "component"
ORDER: tuple[Stage, ...] = ("scan", "alignment", "reading", "calibration", "people")
"""The way of a field."""
AS_MUCH = 0.8
"""A cause moves nearly as far as what follows from it, as a share of the distance: what is computed of something tells
two windows apart no better than the thing itself. Compression and illumination are touched by ink as well, so that a
scan which moved less than this share of a later stage is taken for what follows."""

WHY: Mapping[Stage, str] = {
    "scan": "the pictures themselves are others",
    "writing": "the pictures are as before, and the strokes on them are not: another hand, pen or language",
    "alignment": "the pictures are as before, and fit their forms otherwise",
    "reading": "pictures and alignment are as before, and what is read of them is not",
    "calibration": "what comes in and what is read are as before, and confidence says less about what is right",
    "people": "one person's votes are not what they were",
    "not known": "nothing that is measured moved by more than chance allows, or there are too few pages to say",
}

OTHER_VALUES = "nothing moved but the values themselves: they are not like those that stood in their fields before"


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """The stage, why, and all that moved: `shifts` by the stage whose measures they are. Of stages that are not in
    `compared` there is too little to say."""

    stage: Stage
    why: str
    shifts: tuple[tuple[Stage, Shift], ...] = ()
    compared: frozenset[Stage] = frozenset()


def suspect(seen: Windows, of: Mapping[str, str], measure: str = "") -> Suspicion:
    """Which stage changed, of the windows of an alarm of the slice `of` about a measure.

    A page is the unit: its fields share sheet, hand and scan. The earliest stage that moved as much as any other is
    suspected, since those after it move with it; people are where nothing else moved. An alarm about a component or a
    person is about reading or people. `shifts` has what moved first of the suspected stage, its cause before the rest.
    """
    compared = (*_fields_compared(seen), *_people_compared(seen.votes))
    known = frozenset(stage for stage, _ in compared)
    moved = tuple((stage, each) for stage, each in compared if each.is_real)
    if COMPONENT in of:
        why = f"the alarm is about the component {of[COMPONENT]} of a stack, beside others that read the same fields"
        return Suspicion(stage="reading", why=why, shifts=moved, compared=known)
    own = {f"{name} of {of['person']}" for name in PEOPLE} if "person" in of else None
    stage = _earliest([(stage, each) for stage, each in moved if own is None or each.measure in own])
    if stage == "not known" and measure in STYLE:
        return Suspicion(stage="writing", why=WHY["writing"], shifts=_ordered(moved), compared=known)
    if stage == "not known" and measure in VALUES:
        return Suspicion(stage="reading", why=OTHER_VALUES, shifts=_ordered(moved), compared=known)
    return Suspicion(stage=stage, why=WHY[stage], shifts=_ordered(moved), compared=known)


def _earliest(moved: Sequence[tuple[Stage, Shift]]) -> Stage:
    """The first stage of the way that moved nearly as much as the one that moved most."""
    furthest: dict[Stage, float] = {
        stage: max(each.distance for of, each in moved if of == stage) for stage, _ in moved
    }
    asked: dict[Stage, float] = {stage: far for stage, far in furthest.items() if stage != "people"} or furthest
    return next((stage for stage in ORDER if asked.get(stage, 0.0) >= AS_MUCH * max(asked.values(), default=1.0)),
                "not known")  # fmt: skip


def _ordered(moved: Sequence[tuple[Stage, Shift]]) -> tuple[tuple[Stage, Shift], ...]:
    """By the way of a field; within a stage what is a cause of others first, then what moved furthest."""
    rank = {name: number for number, name in enumerate(GEOMETRY)}
    return tuple(sorted(moved, key=lambda each: (
        ORDER.index(each[0]), rank.get(each[1].measure, len(rank)), -each[1].distance)))  # fmt: skip


def _fields_compared(seen: Windows) -> Sequence[tuple[Stage, Shift]]:
    old, new = by_page(seen.before), by_page(seen.since)
    pages = seen.pages
    was, now = pages[~pages["since"].astype(bool)], pages[pages["since"].astype(bool)]
    groups: tuple[tuple[Stage, tuple[str, ...], pd.DataFrame, pd.DataFrame], ...] = (
        ("scan", SCAN, old, new), ("alignment", ALIGNMENT, was, now), ("alignment", PLACED, old, new),
        ("reading", READING, old, new),
        ("calibration", CALIBRATION, old, new),
    )  # fmt: skip
    found = [
        (stage, shift(name, _numbers(a, name), _numbers(b, name), ASKED))
        for stage, names, a, b in groups for name in names
    ]  # fmt: skip
    return [(stage, each) for stage, each in found if each is not None]


def _people_compared(votes: "pd.DataFrame") -> Sequence[tuple[Stage, Shift]]:
    """One person among others. Where most of them changed alike it is the work, not somebody: such a measure names
    nobody. One who says anything makes the others agree less too, though not as much."""
    people = list(votes.groupby("person"))
    found: list[tuple[Stage, Shift]] = []
    for name in PEOPLE:
        each = [_person(rows, name, f"{name} of {person}", len(people) * len(PEOPLE)) for person, rows in people]
        known = [one for one in each if one is not None]
        furthest = max((one.distance for one in known if one.is_real), default=0.0)
        meant = [one for one in known if one.is_real and one.distance >= AS_MUCH * furthest]
        if len(people) == 1 or 2 * len(meant) <= len(people):
            found += [("people", one) for one in known if one in meant or not one.is_real]
    return found


def _person(votes: "pd.DataFrame", name: str, measure: str, asked: int) -> Shift | None:
    new, values = votes["since"].to_numpy(bool), _numbers(votes, name)
    return shift(measure, values[~new], values[new], asked)


def by_page(fields: "pd.DataFrame") -> "pd.DataFrame":
    """The mean of each measure over the fields of a page."""
    rows = fields[[*PAGE, *PER_FIELD]].copy()
    rows[list(PER_FIELD)] = rows[list(PER_FIELD)].astype(float)
    return rows.groupby(list(PAGE), sort=False)[list(PER_FIELD)].mean()


def _numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    return np.asarray(frame[name].astype(float))
