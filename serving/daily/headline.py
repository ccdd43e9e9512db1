"""The headline of a day: a few numbers, each with what it was before, or with its interval."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

from serving.daily.day import Day
from serving.metrics.accuracy import ALL

Words = Callable[[float], str]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number in words: `note` is its interval or what it is made of, `change` how it stands to the days before.
    `question` names the SQL that gives it."""

    name: str
    value: str
    note: str = ""
    change: str = ""
    question: str


def headline(day: Day) -> tuple[Figure, ...]:
    """What everybody should know of the day."""
    return (_pages(day), _fields(day), _automation(day), _accuracy(day), _work(day), _turnaround(day))


def in_a_sentence(day: Day) -> str:
    """The day in a line: the subject of a letter."""
    row = day.on("days", day.day)
    if row is None:
        return "nothing was read"
    accuracy = day.accuracy[ALL]
    right = "" if accuracy.value is None else f", {percent(accuracy.value)} of what it accepted right"
    return f"{row['fields']:,} fields, {percent(row['accept'] / row['fields'])} by machine{right}"


def _pages(day: Day) -> Figure:
    row = day.on("days", day.day)
    failed = sum(row["pages"] for row in day.rows("pages") if row["status"] not in ("read", "blank"))
    return Figure(
        name="pages read", value=f"{row['pages']:,}" if row else "0",
        note=f"{failed:,} could not be" if failed else "none failed",
        change=_change(day, "days", "pages", row["pages"] if row else 0), question="days",
    )  # fmt: skip


def _fields(day: Day) -> Figure:
    row = day.on("days", day.day)
    note = f"{row['review'] + row['rescan']:,} to people, {row['audit']:,} audited" if row else ""
    return Figure(
        name="fields", value=f"{row['fields']:,}" if row else "0", note=note,
        change=_change(day, "days", "fields", row["fields"] if row else 0), question="days",
    )  # fmt: skip


def _automation(day: Day) -> Figure:
    rows = {row["day"]: row["accept"] / row["fields"] for row in day.rows("days")}
    today = rows.get(day.day)
    before = [share for when, share in rows.items() if 0 < (day.day - when).days <= 7]
    change = f"{points(today - mean(before))} on the week before" if before and today is not None else ""
    return Figure(
        name="settled by machine", value="-" if today is None else percent(today), change=change, question="days",
        note="nobody had to look",
    )  # fmt: skip


def _accuracy(day: Day) -> Figure:
    accuracy, estimated = day.accuracy[ALL], day.estimated
    told = "no audit is answered" if accuracy.value is None else (
        f"{percent(accuracy.low or 0)} to {percent(accuracy.high or 0)}, {accuracy.answered:,} audits, 28 days"
    )  # fmt: skip
    return Figure(
        name="of accepted are right", value="not known" if accuracy.value is None else percent(accuracy.value, 2),
        note=told, change=f"the machine expects {percent(estimated, 2)}" if estimated is not None else "",
        question="audits",
    )  # fmt: skip


def _work(day: Day) -> Figure:
    row = day.on("work", day.day)
    minutes = row["minutes"] if row else 0.0
    note = f"{row['votes']:,} answers of {row['people']:,} people, cost {row['cost']:,.2f}" if row else "nobody worked"
    return Figure(
        name="minutes of people", value=f"{minutes:,.0f}" if minutes >= 10 else f"{minutes:.1f}", note=note,
        change=_change(day, "work", "minutes", minutes), question="work",
    )  # fmt: skip


def _turnaround(day: Day) -> Figure:
    row = day.on("turnaround", day.day)
    if row is None:
        return Figure(name="hours to complete", value="-", note="no record was completed", question="turnaround")
    return Figure(
        name="hours to complete", value=hours(row["hours_median"]),
        note=f"median of {row['records']:,} records; 90% within {hours(row['hours_90'])}",
        change=_change(day, "turnaround", "hours_median", row["hours_median"]), question="turnaround",
    )  # fmt: skip


def _change(day: Day, name: str, column: str, value: float) -> str:
    before = day.before(name, column)
    usual = mean(before) if before else 0.0
    if not usual:
        return ""
    return f"{(value / usual - 1) * 100:+.0f}% on the week before"


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as people read it."""
    return f"{100 * share:.{digits}f}%"


def points(difference: float) -> str:
    """A difference of shares."""
    return f"{100 * difference:+.1f} points"


def age(seconds: float) -> str:
    """How long something waited."""
    waited = seconds / 3600
    return f"{waited / 24:,.0f} days" if waited > 72 else f"{hours(waited)} hours"


def hours(value: float) -> str:
    """Hours, fine where they are few."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"
