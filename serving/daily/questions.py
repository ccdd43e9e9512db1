"""The questions behind a report: one file of SQL each, asked of the columns as anybody may ask them."""

from datetime import date
from functools import cache
from importlib.resources import files
from string import Template

from serving.promise import Policy

NAMES = (
    "days", "kinds", "audits", "work", "turnaround", "pages", "events", "models", "champions", "activations", "trials",
    "trial_pairs", "fields", "mistakes",
)  # fmt: skip
"""In the order in which they are explained."""


def question(name: str, day: date, policy: Policy) -> str:
    """The SQL of a question about a day, ready for `penfield query`."""
    filled = Template(_text(name)).substitute(
        day=day.isoformat(), wage=f"{policy.wage_per_hour:g}", piece=f"{policy.piece_rate:g}"
    )
    return filled.strip()


@cache
def _text(name: str) -> str:
    return files("serving.daily").joinpath("questions", f"{name}.sql").read_text(encoding="utf-8")
