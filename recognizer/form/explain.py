"""Put pydantic's complaints into words for the person who wrote the YAML."""

import difflib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from recognizer.form.complaint import Complaint, Place
from recognizer.form.model import (
    BlankPage,
    Field,
    FilledCheck,
    Form,
    Kind,
    Mark,
    Marks,
    Option,
    OrderCheck,
    PageSize,
    PrintedBoxes,
    ReviewPolicy,
    Rules,
    SumCheck,
)

METHODS: dict[str, type[BaseModel]] = {"blank_page": BlankPage, "marks": Marks, "boxes": PrintedBoxes}
CHECKS: dict[str, type[BaseModel]] = {"order": OrderCheck, "sum": SumCheck, "filled": FilledCheck}
PARTS: dict[str, type[BaseModel]] = {
    "page": PageSize,
    "fields": Field,
    "rules": Rules,
    "review": ReviewPolicy,
    "options": Option,
    "marks": Mark,
}
"""Which part of a form a setting of that name (or an item of that list) is."""

DOCS = "see docs/FORMS.md"


def explain(error: ValidationError, data: Any) -> list[Complaint]:
    """One complaint for each setting that is wrong; `data` is what was validated."""
    found: dict[Place, Complaint] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail["loc"], detail["type"] in ("missing", "extra_forbidden"), data)
        found.setdefault(place, _complaint(place, detail, data))
    return list(found.values())


def _place(loc: tuple[int | str, ...], names_key: bool, data: Any) -> Place:
    """Pydantic's location without the names of the union members that it tried, which are not in the file.

    `names_key` says that the last part is a setting, though perhaps one that is missing.
    """
    place: list[str | int] = []
    here = data
    for number, part in enumerate(loc):
        is_key = names_key and number == len(loc) - 1
        if isinstance(here, dict) and (part in here or is_key):
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        else:
            continue
        place.append(part)
        if part == "box":
            break
    return tuple(place)


def _complaint(place: Place, detail: Any, data: Any) -> Complaint:
    kind, given = detail["type"], detail["input"]
    name = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        return Complaint(place=place, what="unknown setting", mend=_did_you_mean(name, _settings(place[:-1], data)))
    if "box" in place or "boxes" in place:
        what = f"{_shown(_at(place, data))} is not a box"
        return Complaint(place=place, what=what, mend="write four whole numbers: [x, y, width, height]")
    if kind == "missing":
        return Complaint(place=place, what="is missing", mend=f"add `{name}:`, {DOCS}")
    if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
        return _choice(place, given, name)
    if kind == "string_type":
        mend = f'put it in quotes: "{given}"' if not isinstance(given, dict | list) else f"write text, {DOCS}"
        return Complaint(place=place, what=f"{_shown(given)} is not text", mend=mend)
    if kind == "value_error":
        return Complaint(place=place, what=str(detail["ctx"]["error"]), mend=f"add what is missing, {DOCS}")
    if kind == "string_pattern_mismatch":
        mend = "use lower-case letters, digits and _, starting with a letter, such as date_of_birth"
        return Complaint(place=place, what=f"{_shown(given)} cannot be a name", mend=mend)
    message = str(detail["msg"]).removeprefix("Input ").replace("should", "must", 1)
    return Complaint(place=place, what=message, mend=f"{_shown(given)} is there now; {DOCS}")


def _choice(place: Place, given: Any, name: str) -> Complaint:
    """A word that is none of those that may stand there."""
    if name == "registration":
        method = given.get("method") if isinstance(given, dict) else None
        what = "is missing" if method is None else f"{_shown(method)} is no method"
        return Complaint(place=(*place, "method"), what=what, mend=_did_you_mean(str(method), METHODS))
    if place[:1] == ("checks",) and len(place) == 2:
        rule = given.get("rule") if isinstance(given, dict) else None
        what = "is missing" if rule is None else f"{_shown(rule)} is no rule"
        return Complaint(place=(*place, "rule"), what=what, mend=_did_you_mean(str(rule), CHECKS))
    kinds = get_args(Kind)
    if name == "kind" and "marks" not in place:
        return Complaint(
            place=place, what=f"{_shown(given)} is no kind of field", mend=_did_you_mean(str(given), kinds)
        )
    if place[:1] == ("thresholds",):
        return Complaint(place=place, what="is no kind of field", mend=_did_you_mean(name, kinds))
    words = {"date_order": ("mdy", "dmy", "ymd"), "kind": ("square", "aruco", "qr")}.get(name, tuple(METHODS))
    return Complaint(place=place, what=f"{_shown(given)} is not possible", mend=_did_you_mean(str(given), words))


def _did_you_mean(word: str, words: Iterable[str]) -> str:
    known = list(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.55)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known)}"


def _settings(place: Place, data: Any) -> list[str]:
    """The settings that may stand in the part of the form at `place`."""
    names = [part for part in place if isinstance(part, str)]
    model = PARTS.get(names[-1], Form) if names else Form
    if names and names[-1] == "registration":
        model = METHODS.get(str(_at(place, data).get("method")), BlankPage)
    if names and names[-1] == "checks":
        model = CHECKS.get(str(_at(place, data).get("rule")), OrderCheck)
    return [name for name in model.model_fields if not (model is Form and name == "folder")]


def _at(place: Place, data: Any) -> Any:
    for part in place:
        inside = isinstance(data, dict) and part in data
        inside = inside or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if not inside:
            break
        data = data[part]
    return data


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
