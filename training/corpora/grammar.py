"""What people write into fields: random digit strings, dates, amounts, codes, phone numbers."""

from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def digits(rng: Rng, shortest: int = 1, longest: int = 10) -> str:
    """A string of digits."""
    return "".join(rng.choice(list("0123456789"), int(rng.integers(shortest, longest + 1))))


def letters(rng: Rng, of: str, shortest: int, longest: int) -> str:
    """A string of characters out of `of`."""
    return "".join(rng.choice(list(of), int(rng.integers(shortest, longest + 1))))


def alphabet_line(rng: Rng) -> str:
    """The letters of the alphabet in random order, all or some, in one case."""
    order = "".join(rng.permutation(list(UPPER)))[: int(rng.integers(8, 27))]
    return order if rng.random() < 0.5 else order.lower()


def date(rng: Rng) -> str:
    """A date in one of the ways people write it; not always one that exists."""
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1900, 2040))
    mark = str(rng.choice(["/", "/", "-", ".", " "]))
    style = rng.integers(6)
    if style == 0:
        return f"{year}-{month:02}-{day:02}"
    if style == 1:
        return f"{day} {rng.choice(MONTHS)} {year}"
    year_text = str(year) if rng.random() < 0.75 else f"{year % 100:02}"
    first, second = (month, day) if rng.random() < 0.6 else (day, month)
    return f"{first:02}{mark}{second:02}{mark}{year_text}" if style < 5 else f"{first}{mark}{second}{mark}{year_text}"


def amount(rng: Rng) -> str:
    """An amount of money, American or European."""
    value = float(np.round(np.exp(rng.uniform(0, 14)), 2))
    text = rng.choice([f"{value:,.2f}", f"{value:.2f}", f"{value:,.0f}", f"{value:,.2f}"])
    if rng.random() < 0.12:
        text = str(text).replace(",", "_").replace(".", ",").replace("_", ".")
    return str(rng.choice(["", "", "", "$"])) + str(text)


def phone(rng: Rng) -> str:
    """A North American phone number."""
    area, exchange, line = digits(rng, 3, 3), digits(rng, 3, 3), digits(rng, 4, 4)
    return str(rng.choice([f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"{area} {exchange} {line}"]))


def ssn(rng: Rng) -> str:
    """A number in the form of a social security number."""
    return f"{digits(rng, 3, 3)}-{digits(rng, 2, 2)}-{digits(rng, 4, 4)}"


def code(rng: Rng) -> str:
    """A policy, order or file number."""
    style = rng.integers(4)
    if style == 0:
        return letters(rng, UPPER, 1, 2) + digits(rng, 4, 8)
    if style == 1:
        return letters(rng, UPPER, 2, 4) + "-" + digits(rng, 2, 6)
    if style == 2:
        return letters(rng, UPPER + "0123456789", 4, 10)
    return digits(rng, 2, 5) + "-" + digits(rng, 2, 5)


def upper(rng: Rng) -> str:
    """Capitals."""
    return letters(rng, UPPER, 1, 9)


def mixed(rng: Rng) -> str:
    """Letters and digits without any order."""
    return letters(rng, UPPER + UPPER.lower() + "0123456789", 1, 8)


GRAMMARS: dict[Callable[[Rng], str], float] = {
    digits: 0.42, date: 0.12, amount: 0.1, phone: 0.05, ssn: 0.05, code: 0.12, upper: 0.07, mixed: 0.03,
    alphabet_line: 0.04,
}  # fmt: skip


def random_text(rng: Rng) -> str:
    """Draw a grammar by its weight and a text of it."""
    return _drawn(GRAMMARS, rng)


def random_number(rng: Rng) -> str:
    """The same of the grammars of numbers alone."""
    return _drawn({grammar: GRAMMARS[grammar] for grammar in (digits, date, amount, phone, ssn)}, rng)


def _drawn(grammars: dict[Callable[[Rng], str], float], rng: Rng) -> str:
    weights = np.array(list(grammars.values()))
    return list(grammars)[int(rng.choice(len(grammars), p=weights / weights.sum()))](rng)
