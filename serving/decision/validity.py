"""Whether a value is possible at all: what no confidence can make right goes to a person, with its reason.

No reason repeats the value: reasons go into logs, values do not.
"""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recognizer.form import Field, Rules, load_lexicon
from recognizer.form.pattern import compile_pattern

CENTURIES = (1900, 2000)
"""A year of two digits may mean either."""


@dataclass(frozen=True, kw_only=True)
class Objection:
    """Why a value cannot be: a stable code and a sentence."""

    code: str
    reason: str


def objection(text: str, field: Field, folder: Path) -> Objection | None:
    """The first rule of the field that the text breaks, or None. `folder` is where relative lexicons start."""
    return (
        _length(text, field.rules)
        or _pattern(text, field)
        or _answer(text, field, folder)
        or (_date(text, field.rules) if field.kind == "date" else None)
        or (_number(text, field) if field.kind in ("digits", "number", "amount") else None)
        or (_ssn(text) if field.kind == "ssn" else None)
    )


def _length(text: str, rules: Rules) -> Objection | None:
    if rules.min_length is not None and len(text) < rules.min_length:
        return Objection(code="too_short", reason=f"shorter than the {rules.min_length} characters that it must have")
    if rules.max_length is not None and len(text) > rules.max_length:
        return Objection(code="too_long", reason=f"longer than the {rules.max_length} characters that it may have")
    return None


def _pattern(text: str, field: Field) -> Objection | None:
    if field.pattern is None or _compiled(field.pattern).fullmatch(text):
        return None
    return Objection(code="pattern", reason=f"does not match the field's pattern {field.pattern}")


def _answer(text: str, field: Field, folder: Path) -> Objection | None:
    if field.options:
        known = frozenset(option.value for option in field.options)
        answers = text.split("|") if field.multiple else [text]
        if not known.issuperset(answers):
            return Objection(code="not_an_option", reason="not one of the field's options")
    if field.lexicon and text not in _entries(field.lexicon, folder):
        return Objection(code="not_in_lexicon", reason="not in the field's lexicon")
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str):  # type: ignore[no-untyped-def]  # re2's pattern type has no name
    return compile_pattern(pattern)


@lru_cache(maxsize=64)
def _entries(lexicon: Path | tuple[str, ...], folder: Path) -> frozenset[str]:
    return frozenset(load_lexicon(lexicon, folder))


def _date(text: str, rules: Rules) -> Objection | None:
    days = possible_dates(text, rules.date_order)
    if not days:
        return Objection(code="impossible_date", reason=f"not a date that exists, written {' '.join(rules.date_order)}")
    if rules.not_before is not None and max(days) < rules.not_before:
        return Objection(code="too_early", reason=f"before {rules.not_before}, the earliest date possible")
    if rules.not_after is not None and min(days) > rules.not_after:
        return Objection(code="too_late", reason=f"after {rules.not_after}, the latest date possible")
    return None


def possible_dates(text: str, order: str) -> tuple[datetime.date, ...]:
    """The days that a written date can mean: none, one, or two where its year has two digits.

    `order` is that of year, month and day ("mdy"). Between the parts stands anything but digits; without it, the
    parts have two digits each, and the year two or four.
    """
    parts = re.findall(r"[0-9]+", text)
    if len(parts) == 1:
        parts = _unglued(parts[0], order)
    if len(parts) != 3:
        return ()
    if len(parts[0]) == 4:
        order = "ymd"  # ISO 8601; cannot be anything else
    written = dict(zip(order, parts, strict=True))
    if len(written["y"]) not in (2, 4) or len(written["m"]) > 2 or len(written["d"]) > 2:
        return ()
    years = [int(written["y"])] if len(written["y"]) == 4 else [century + int(written["y"]) for century in CENTURIES]
    days = (_day(year, int(written["m"]), int(written["d"])) for year in years)
    return tuple(day for day in days if day is not None)


def _unglued(digits: str, order: str) -> list[str]:
    year_length = len(digits) - 4
    parts, start = [], 0
    for part in order:
        length = year_length if part == "y" else 2
        parts.append(digits[start : start + length])
        start += length
    return parts if year_length in (2, 4) else []


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _number(text: str, field: Field) -> Objection | None:
    rules = field.rules
    value = number_of(text)
    if value is None:
        return Objection(code="not_a_number", reason="not a number")
    if rules.min_value is not None and value < rules.min_value:
        return Objection(code="too_small", reason=f"less than {rules.min_value:g}, the least value possible")
    if rules.max_value is not None and value > rules.max_value:
        return Objection(code="too_large", reason=f"more than {rules.max_value:g}, the greatest value possible")
    return None


def number_of(text: str) -> float | None:
    """The number that a text writes, with or without a currency sign and separators of thousands (`$1,234.50`)."""
    bare = re.sub(r"[\s$€£]", "", text)
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]{1,2}", bare):  # a decimal comma
        bare = bare.replace(".", "").replace(",", ".")
    return float(bare) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", bare) else None


def _ssn(text: str) -> Objection | None:
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"[0-9]{9}", digits):
        return None
    return Objection(code="not_an_ssn", reason="not nine digits")
