"""Complaint: one mistake in a form definition, where it is and how to mend it."""

from dataclasses import dataclass

Place = tuple[str | int, ...]
"""The way to a setting, such as ("fields", 3, "rules", "min_value")."""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """`place` is the setting it is about, `what` is wrong with it, and `mend` says what to do."""

    place: Place
    what: str
    mend: str
