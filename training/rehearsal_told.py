"""What a rehearsal came to, in words."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from serving.promise import Policy
from training.rehearsal import Cast, Rehearsed


def show_rehearsal(console: Console, done: Rehearsed, cast: Cast, policy: Policy) -> None:
    """Print records, accuracy against the promise, and what it cost."""
    console.print(f"[bold]{done.came.fields:,} fields on {done.numbers.pages:,} pages[/], {_cast(done, cast)}")
    table = Table(box=None, padding=(0, 3, 0, 2), show_header=False)
    for name, words in lines(done, policy):
        table.add_row(name, words)
    console.print(table)
    if not done.is_complete:
        console.print(f"[red]not complete:[/] {done.ended.waiting:,} votes wait, and nobody is left who may cast them")


def lines(done: Rehearsed, policy: Policy) -> list[tuple[str, str]]:
    """The findings, each with its name."""
    came, numbers, work = done.came, done.numbers, done.numbers.work
    gold = done.keyed.purposes.get("gold")
    audits = numbers.accuracy
    estimated = f"{audits.value:.2%} [{audits.low:.2%}, {audits.high:.2%}]" if audits.value is not None else "unknown"
    return [
        ("records complete", f"{came.complete:,} of {came.records:,}"),
        ("accepted", f"{came.accepted:,} of {came.fields:,} ({_share(came.accepted, came.fields)})"),
        ("  right of these", f"{came.accepted_right:,} ({_exact(came.accepted_accuracy)}); "
                             f"promised {policy.accuracy:.2%} with {policy.certainty:.0%} certainty"),
        ("  said by audits", f"{estimated}, {audits.answered} answered"),
        ("right in the end", f"{came.right:,} of {came.fields:,} ({_exact(came.right / max(1, came.fields))})"),
        ("automation rate", f"{_exact(numbers.automation_rate)} of fields seen by nobody"),
        ("votes", f"{work.votes:,} ({done.ended.experts} by the expert), and {gold.votes if gold else 0:,} on gold"),
        ("keystrokes", f"{work.keystrokes:,}, and {gold.keystrokes if gold else 0:,} on gold"),
        ("minutes per page", f"{numbers.per_page(work.minutes) or 0:.2f}, "
                             f"with gold {numbers.per_page(done.keyed.work.minutes) or 0:.2f}"),
        ("cost per page", f"{numbers.per_page(work.cost) or 0:.3f}, "
                          f"with gold {numbers.per_page(done.keyed.work.cost) or 0:.3f} "
                          f"(at {policy.wage_per_hour:g} an hour)"),
    ]  # fmt: skip


def _cast(done: Rehearsed, cast: Cast) -> str:
    manners = Counter(someone.manner for someone in cast.staff(0))
    people = ", ".join(f"{count} {manner}" for manner, count in manners.most_common())
    gone = Counter(done.ended.sent_away)
    away = f"; sent away: {', '.join(f'{count} {manner}' for manner, count in gone.items())}" if gone else ""
    return f"{people}; fields left lying by people who vanished: {done.ended.left_lying:,}{away}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"


def _exact(share: float | None) -> str:
    return "none" if share is None else f"{share:.2%}"
