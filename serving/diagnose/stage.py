"""The suspected stage, by rules that are told: the first stage of the way of a field whose measures moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from serving.diagnose.shift import Shift, shift
from serving.diagnose.window import Windows

if TYPE_CHECKING:
    import pandas as pd

Stage = Literal["scan", "alignment", "reading", "calibration", "people", "not known"]

SCAN = ("resolution_dpi", "sharpness", "contrast", "noise", "skew_deg", "illumination", "clipping", "compression")
"""What of the picture does not depend on what is written: ink and what bleeds through do."""
ALIGNMENT = ("unmatched", "residual_px")
PLACED = ("off_place",)
"""Crops that do not hold what the form says: boxes that were moved fit as well as before, as a whole."""
READING = ("confidence", "log_mass", "characters", "blank", "no_answer", "repeated")
CALIBRATION = ("too_sure",)
PEOPLE = ("seconds", "agrees")
ASKED = len(SCAN) + len(ALIGNMENT) + len(PLACED) + len(READING) + len(CALIBRATION)
COMPONENT = "component"

WHY: Mapping[Stage, str] = {
    "scan": "the pictures themselves are others",
    "alignment": "the pictures are as before, and fit their forms otherwise",
    "reading": "pictures and alignment are as before, and what is read of them is not",
    "calibration": "what comes in and what is read are as before, and confidence says less about what is right",
    "people": "one person's votes are not what they were",
}


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """The stage, why, and all that moved: `shifts` by the stage whose measures they are."""

    stage: Stage
    why: str
    shifts: tuple[tuple[Stage, Shift], ...] = ()


def suspect(seen: Windows, of: Mapping[str, str]) -> Suspicion:
    """Which stage changed, of the windows of an alarm of the slice `of`.

    A page is the unit: its fields share sheet, hand and scan. The earliest stage that moved is suspected, since those
    after it move with it; an alarm about a component or a person is about reading or people.
    """
    moved = (*_fields_moved(seen), *_people_moved(seen.votes))
    stages = [stage for stage, _ in moved]
    if COMPONENT in of:
        why = f"the alarm is about the component {of[COMPONENT]} of a stack, beside others that read the same fields"
        return Suspicion(stage="reading", why=why, shifts=moved)
    if "person" in of:
        return _told("people" if "people" in stages else "not known", moved)
    order: tuple[Stage, ...] = ("scan", "alignment", "reading", "calibration", "people")
    return _told(next((stage for stage in order if stage in stages), "not known"), moved)


def _told(stage: Stage, moved: tuple[tuple[Stage, Shift], ...]) -> Suspicion:
    why = WHY.get(stage, "nothing that is measured moved by more than chance allows, or there are too few pages to say")
    return Suspicion(stage=stage, why=why, shifts=moved)


def _fields_moved(seen: Windows) -> Sequence[tuple[Stage, Shift]]:
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
    return [(stage, each) for stage, each in found if each is not None and each.is_real]


def _people_moved(votes: "pd.DataFrame") -> Sequence[tuple[Stage, Shift]]:
    """One person among others; where most of them changed it is the work, not somebody."""
    people = list(votes.groupby("person"))
    found: dict[str, list[Shift]] = {}
    for person, rows in people:
        new = rows["since"].to_numpy(bool)
        for name in PEOPLE:
            values = _numbers(rows, name)
            each = shift(f"{name} of {person}", values[~new], values[new], len(people) * len(PEOPLE))
            if each is not None and each.is_real:
                found.setdefault(str(person), []).append(each)
    if len(found) * 2 > len(people) > 1:
        return []
    return [("people", each) for shifts in found.values() for each in shifts]


def by_page(fields: "pd.DataFrame") -> "pd.DataFrame":
    """The mean of each measure over the fields of a page."""
    measured = [*SCAN, *PLACED, *READING, *CALIBRATION]
    rows = fields[["batch_id", "scan_no", "page_no", *measured]].copy()
    rows[measured] = rows[measured].astype(float)
    return rows.groupby(["batch_id", "scan_no", "page_no"], sort=False)[measured].mean()


def _numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    return np.asarray(frame[name].astype(float))
