"""What one setting of a form demands of the others; each check yields what is wrong."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from recognizer.alphabet import Alphabet
from recognizer.errors import FormError
from recognizer.form.complaint import Complaint, Place
from recognizer.form.language import accepts_everything, automaton_of
from recognizer.form.lexicon import load_lexicon
from recognizer.form.model import Box, Check, Field, Kind, PageSize
from recognizer.form.pattern import compile_pattern

WRITTEN: frozenset[Kind] = frozenset({"digits", "number", "amount", "date", "ssn", "phone", "code", "name", "text"})
LEXICON: frozenset[Kind] = frozenset({"digits", "number", "code", "name", "text", "choice"})
NUMERIC: frozenset[Kind] = frozenset({"digits", "number", "amount"})

CHECKED: dict[str, frozenset[Kind]] = {"order": frozenset({"date"}), "sum": NUMERIC}
"""The kinds of fields that a check is about, where not every kind will do."""

KINDS_WITH: dict[str, frozenset[Kind]] = {
    "pattern": WRITTEN,
    "comb": WRITTEN | {"choice"},
    "lexicon": LEXICON,
    "options": frozenset({"choice", "choice_group"}),
    "multiple": frozenset({"choice_group"}),
}
RULES_WITH: dict[str, frozenset[Kind]] = {
    "min_value": NUMERIC,
    "max_value": NUMERIC,
    "min_length": WRITTEN,
    "max_length": WRITTEN,
    "check_digit": frozenset({"digits", "number", "code"}),
    "date_order": frozenset({"date"}),
    "not_before": frozenset({"date"}),
    "not_after": frozenset({"date"}),
}


def check_fields(fields: dict[int, Field], page: PageSize | None, folder: Path) -> Iterator[Complaint]:
    """Check fields, given by their number in the file, against each other, the page and the files they name."""
    names: dict[str, int] = {}
    for number, field in fields.items():
        place: Place = ("fields", number)
        if field.name in names:
            what = f"there is another field {field.name!r}, number {names[field.name] + 1} in the list"
            yield Complaint(place=(*place, "name"), what=what, mend="give each field a name of its own")
        names.setdefault(field.name, number)
        yield from check_box(field.box, page, (*place, "box"))
        complaints = [*_kind(field, place), *_ranges(field, (*place, "rules")), *_options(field, place)]
        complaints += _words(field, place, folder)
        yield from complaints or _language(field, place, folder)


def check_checks(checks: Sequence[Check], fields: Iterable[Field]) -> Iterator[Complaint]:
    """Every field that a check is about must be there, and be of a kind that the check understands."""
    kinds = {field.name: field.kind for field in fields}
    for number, check in enumerate(checks):
        possible = CHECKED.get(check.rule, frozenset(get_args(Kind)))
        for name in check.fields:
            place: Place = ("checks", number)
            if name not in kinds:
                close = difflib.get_close_matches(name, kinds, n=1)
                mend = f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(kinds)}"
                yield Complaint(place=place, what=f"there is no field {name!r}", mend=mend)
            elif kinds[name] not in possible:
                mend = f"name fields of the kinds {', '.join(sorted(possible))}"
                yield Complaint(place=place, what=f"{name!r} is a field of the kind {kinds[name]}", mend=mend)
        if len(set(check.fields)) < len(check.fields):
            yield Complaint(place=("checks", number), what="names a field twice", mend="name each field once")


def check_box(box: Box, page: PageSize | None, place: Place) -> Iterator[Complaint]:
    """Width and height must be positive, and the box inside the page."""
    x, y, width, height = box
    for name, size in (("width", width), ("height", height)):
        if size <= 0:
            mend = f"write [x, y, width, height]; {name} is {size}"
            yield Complaint(place=place, what=f"{name} must be > 0", mend=mend)
    if page and min(width, height) > 0 and not _inside(box, (0, 0, page.width, page.height)):
        what = f"reaches from ({x}, {y}) to ({x + width}, {y + height}), outside the page"
        mend = f"keep it within {page.width} x {page.height} pixels; the third and fourth number are width and height"
        yield Complaint(place=place, what=what, mend=mend)


def _inside(inner: Box, outer: Box) -> bool:
    x, y, width, height = inner
    left, top, wide, high = outer
    return x >= left and y >= top and x + width <= left + wide and y + height <= top + high


def _kind(field: Field, place: Place) -> Iterator[Complaint]:
    for setting, kinds in KINDS_WITH.items():
        if setting in field.model_fields_set and getattr(field, setting) and field.kind not in kinds:
            yield _misplaced((*place, setting), field.kind, kinds)
    for rule in sorted(field.rules.model_fields_set & RULES_WITH.keys()):
        if field.kind not in RULES_WITH[rule] and getattr(field.rules, rule) is not None:
            yield _misplaced((*place, "rules", rule), field.kind, RULES_WITH[rule])


def _misplaced(place: Place, kind: Kind, kinds: frozenset[Kind]) -> Complaint:
    what = f"makes no sense for the kind {kind}"
    return Complaint(place=place, what=what, mend=f"remove it; it belongs to: {', '.join(sorted(kinds))}")


def _ranges(field: Field, place: Place) -> Iterator[Complaint]:
    rules = field.rules
    pairs: Sequence[tuple[str, str]] = (
        ("min_value", "max_value"),
        ("min_length", "max_length"),
        ("not_before", "not_after"),
    )
    for low, high in pairs:
        least, most = getattr(rules, low), getattr(rules, high)
        if least is not None and most is not None and least > most:
            what = f"{low} {least} is greater than {high} {most}"
            yield Complaint(place=(*place, low), what=what, mend="no value can fulfil both; exchange or correct them")


def _options(field: Field, place: Place) -> Iterator[Complaint]:
    if field.kind == "choice" and field.options and field.lexicon:
        yield Complaint(place=(*place, "lexicon"), what="stands beside options", mend="keep one of the two")
    values: set[str] = set()
    for number, option in enumerate(field.options):
        here: Place = (*place, "options", number)
        if option.value in values:
            what = f"the answer {option.value!r} is there twice"
            yield Complaint(place=(*here, "value"), what=what, mend="give each option a value of its own")
        values.add(option.value)
        if option.box is None:
            continue
        if field.kind == "choice":
            mend = "remove it, or make the field a choice_group if boxes are to be marked"
            yield Complaint(place=(*here, "box"), what="a choice is written, it has no boxes to mark", mend=mend)
        elif min(option.box[2:]) <= 0:
            yield from check_box(option.box, None, (*here, "box"))
        elif not _inside(option.box, field.box):
            mend = f"enlarge the field's box {list(field.box)} so that it holds all of its options"
            yield Complaint(place=(*here, "box"), what="lies outside the field's box", mend=mend)


def _words(field: Field, place: Place, folder: Path) -> Iterator[Complaint]:
    """The pattern, the lexicon and what one says of the other."""
    pattern = None
    if field.pattern is not None and field.kind in WRITTEN:
        try:
            pattern = compile_pattern(field.pattern)
        except ValueError as error:
            mend = "use letters, classes such as [A-Z] or \\d, groups, | and repeats such as {2,4}"
            yield Complaint(place=(*place, "pattern"), what=str(error), mend=mend)
    if field.lexicon is None or field.kind not in LEXICON:
        return
    try:
        entries = load_lexicon(field.lexicon, folder)
    except FormError as error:
        what, _, mend = str(error).partition(" - mend: ")
        yield Complaint(place=(*place, "lexicon"), what=what, mend=mend)
        return
    unfit = [entry for entry in entries if pattern is not None and not pattern.fullmatch(entry)]
    if unfit:
        what = f"{len(unfit)} of {len(entries)} entries cannot match the pattern, the first is {unfit[0]!r}"
        yield Complaint(place=(*place, "lexicon"), what=what, mend="correct the pattern, or remove the entries")


def _language(field: Field, place: Place, folder: Path) -> Iterator[Complaint]:
    """What may be written there, all settings together: neither nothing nor everything."""
    if field.kind not in WRITTEN | LEXICON:
        return
    here = next((name for name in ("pattern", "lexicon", "rules") if getattr(field, name) is not None), "kind")
    try:
        automaton_of(field, Alphabet(), folder)
    except FormError as error:
        what, _, mend = str(error).partition(" - mend: ")
        yield Complaint(place=(*place, here), what=what, mend=mend)
        return
    if field.pattern is not None and accepts_everything(field.pattern):
        mend = "remove it, or say what may stand there"
        yield Complaint(place=(*place, "pattern"), what=f"{field.pattern!r} accepts every text", mend=mend)
