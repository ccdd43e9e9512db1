"""Numbers between two bounds, as patterns."""

from collections.abc import Sequence
from math import floor

DIGITS = 15
"""Longest integer part of a number with bounds."""


def numbers_between(
    low: float | None, high: float | None, *, fraction: str = "", zeros: str = "", groups: Sequence[str] = ("",)
) -> str:
    """The pattern of the numbers between two bounds, both included; "" if there are none.

    `fraction` is the pattern of what may follow the integer part, `zeros` that of a fraction that adds nothing, and
    `groups` what may stand between groups of three digits. A bound with a fraction is rounded away from the others, so
    that a few numbers too many are accepted. Negative numbers begin with `-`.
    """
    signs = []
    if high is None or high >= 0:
        signs.append(_magnitudes(max(low or 0, 0), high, fraction, zeros, groups))
    if low is not None and low < 0:
        signs.append("-" + _magnitudes(max(-(high or 0), 0), -low, fraction, zeros, groups))
    return "|".join(signs)


def _magnitudes(low: float, high: float | None, fraction: str, zeros: str, groups: Sequence[str]) -> str:
    least, most = floor(low), 10**DIGITS - 1 if high is None else min(floor(high), 10**DIGITS - 1)
    choices = [f"{integers(least, most, group)}{zeros}" for group in groups]
    if fraction and (high is None or most < high):
        choices += [f"{integers(least, most, group)}{fraction}" for group in groups]
    elif fraction and least < most:
        choices += [f"{integers(least, most - 1, group)}{fraction}" for group in groups]
    return f"(?:{'|'.join(choices)})"


def integers(low: int, high: int, group: str = "") -> str:
    """The pattern of all integers from `low` to `high`, both included, not negative, without leading zeros."""
    choices = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least, most = max(low, 10 ** (length - 1) if length > 1 else 0), min(high, 10**length - 1)
        choices.append(_between(str(least), str(most), group))
    return f"(?:{'|'.join(choices)})"


def _between(low: str, high: str, group: str) -> str:
    """The numbers between two of the same length."""
    if not low:
        return ""
    rest = len(low) - 1
    mark = f"[{group}]" if group and rest and rest % 3 == 0 else ""
    if set(low) == {"0"} and set(high) == {"9"}:
        return "[0-9]" + mark + _between(low[1:], high[1:], group)
    if low[0] == high[0]:
        return low[0] + mark + _between(low[1:], high[1:], group)
    first, last, choices = int(low[0]), int(high[0]), []
    if low[1:].strip("0"):
        choices.append(low[0] + mark + _between(low[1:], "9" * rest, group))
        first += 1
    if high[1:].strip("9"):
        choices.append(high[0] + mark + _between("0" * rest, high[1:], group))
        last -= 1
    if first <= last:
        choices.append(f"[{first}-{last}]" + mark + _between("0" * rest, "9" * rest, group))
    return f"(?:{'|'.join(choices)})"
