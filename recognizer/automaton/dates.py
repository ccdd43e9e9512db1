"""All dates that exist, in the ways in which people write them in digits, as one pattern."""

import calendar
import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

Order = Literal["mdy", "dmy", "ymd"]

FIRST_DAY = datetime.date(1800, 1, 1)
LAST_DAY = datetime.date(2199, 12, 31)
"""Without rules, a date that somebody writes today lies between them."""
CENTURIES = (1900, 2000)
"""A year of two digits may mean either."""
SEPARATORS = "/.- "

Days = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Years, months and days, of which every combination is a date."""


def date_pattern(order: Order, first: datetime.date = FIRST_DAY, last: datetime.date = LAST_DAY) -> str:
    """The pattern of all dates from `first` to `last`, both included; "" if there are none.

    Year, month and day stand in `order`, months and days of one or two digits, years of four or two, with the same
    separator between them: 1/31/2020, 01-31-20. Without a separator all have their full length: 01312020. ISO 8601
    (2020-01-31) is a date in every order.
    """
    styles = []
    for days in _blocks(first, last):
        short = _parts(days, padded=False)
        styles += [_joined(order, short, re_separator) for re_separator in map(_quoted, SEPARATORS)]
        styles.append(_joined(order, _parts(days, padded=True), ""))
        if order != "ymd":
            styles.append(_joined("ymd", _parts(days, padded=True), "-"))
    for days in _blocks_of_century(first, last):
        styles += [_joined(order, _parts(days, padded=False, short_year=True), _quoted(s)) for s in SEPARATORS]
        styles.append(_joined(order, _parts(days, padded=True, short_year=True), ""))
    return "|".join(styles)


def _blocks(first: datetime.date, last: datetime.date) -> list[Days]:
    """The days from `first` to `last` in as few blocks as there are kinds of years."""
    years_of: dict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
    for year in range(first.year, last.year + 1):
        years_of[_year_days(year, first, last)].append(year)
    blocks = []
    for months, years in years_of.items():
        months_of: dict[tuple[int, int], list[int]] = defaultdict(list)
        for month, days in enumerate(months, start=1):
            months_of[days].append(month)
        blocks += [
            (tuple(years), tuple(numbers), tuple(range(low, high + 1)))
            for (low, high), numbers in months_of.items()
            if low <= high
        ]
    return blocks


def _year_days(year: int, first: datetime.date, last: datetime.date) -> tuple[tuple[int, int], ...]:
    """The first and the last day of each month that lies between two dates; (1, 0) where there is none."""
    found = []
    for month in range(1, 13):
        length = calendar.monthrange(year, month)[1]
        low = first.day if (year, month) == (first.year, first.month) else 1
        high = last.day if (year, month) == (last.year, last.month) else length
        outside = (year, month) < (first.year, first.month) or (year, month) > (last.year, last.month)
        found.append((1, 0) if outside or low > high else (low, high))
    return tuple(found)


def _blocks_of_century(first: datetime.date, last: datetime.date) -> list[Days]:
    """The blocks of the days whose year may be written with two digits."""
    low = max(first, datetime.date(CENTURIES[0], 1, 1))
    high = min(last, datetime.date(CENTURIES[-1] + 99, 12, 31))
    return _blocks(low, high) if low <= high else []


def _parts(days: Days, *, padded: bool, short_year: bool = False) -> dict[str, str]:
    """The patterns of year, month and day."""
    years, months, month_days = days
    year_texts = {f"{year % 100:02}" if short_year else f"{year:04}" for year in years}
    return {"y": any_of(year_texts), "m": _numbers(months, padded), "d": _numbers(month_days, padded)}


def _numbers(numbers: Iterable[int], padded: bool) -> str:
    texts = {f"{number:02}" for number in numbers}
    return any_of(texts if padded else texts | {text.removeprefix("0") for text in texts})


def _joined(order: str, parts: dict[str, str], separator: str) -> str:
    return separator.join(parts[part] for part in order)


def _quoted(separator: str) -> str:
    return f"[{separator}]"


def any_of(texts: Iterable[str]) -> str:
    """A short pattern of a finite set of strings of letters and digits."""
    texts = set(texts)
    firsts: dict[str, list[str]] = defaultdict(list)
    for char in sorted({text[0] for text in texts if text}):
        firsts[any_of({text[1:] for text in texts if text.startswith(char)})].append(char)
    choices = [f"[{''.join(chars)}]{rest}" for rest, chars in firsts.items()]
    body = choices[0] if len(choices) == 1 and "" not in texts else f"(?:{'|'.join(choices)})" if choices else ""
    return f"(?:{body})?" if body and "" in texts else body
