"""What `penfield numbers` says."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from serving.metrics import Accuracy, KindMetrics, ProductionMetrics, Waiting
from serving.promise import Policy
from serving.truth.moment import shown

DECISIONS = ("accept", "review", "audit", "rescan")
WHAT_HAPPENED = ("kind", "fields", "automatic", "review", "audit", "rescan", "agree", "alpha", "minutes")
ACCURACY = ("of accepted", "accuracy", "interval", "promised", "audits", "wrong")


def show_numbers(found: ProductionMetrics, policy: Policy) -> None:
    """Two tables by kind, and below them people's work, the line, verdicts and records."""
    out = Console(soft_wrap=True, highlight=False)
    out.print(f"[bold]{found.pages:,} pages, {found.fields:,} fields[/]{_scope(found)}\n")
    kinds = (*found.kinds, found.all)
    out.print(_table(WHAT_HAPPENED, [_happened(kind) for kind in kinds]))
    out.print()
    out.print(_table(ACCURACY, [_accuracy(kind, policy) for kind in kinds if kind.accepted]))
    if found.accuracy.reason:
        out.print(f"\nAccuracy: {found.accuracy.reason}.", style="yellow")
    out.print()
    for name, words in _below(found).items():
        out.print(f"[bold]{name:<10}[/]{words}")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Rows of which the last is the total."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row, style="bold" if row is rows[-1] else "")
    return table


def _scope(found: ProductionMetrics) -> str:
    bounds = {"since": found.since, "until": found.until, "as known on": found.known_at}
    words = [f"{name} {shown(at)}" for name, at in bounds.items() if at]
    words = ([f"batch {found.batch_id}"] if found.batch_id else []) + words
    return f"  [dim]{', '.join(words)}[/]" if words else ""


def _happened(kind: KindMetrics) -> list[str]:
    agreement = kind.agreement
    alpha = None if agreement is None else agreement.alpha
    return [
        kind.kind,
        f"{kind.fields:,}",
        *(_percent(kind.rate(name), 1) for name in DECISIONS),
        _percent(agreement.share if agreement else None, 1),
        "-" if alpha is None else f"{alpha:.2f}",
        f"{kind.work.minutes:,.1f}",
    ]


def _accuracy(kind: KindMetrics, policy: Policy) -> list[str]:
    accuracy = kind.accuracy
    return [
        kind.kind,
        _percent(accuracy.value),
        _interval(accuracy),
        _percent(policy.target(kind.kind).accuracy),
        f"{accuracy.answered:,} of {accuracy.audits:,}",
        f"{accuracy.wrong:,}",
    ]


def _interval(accuracy: Accuracy) -> str:
    return "-" if accuracy.low is None else f"{_percent(accuracy.low)} to {_percent(accuracy.high)}"


def _below(found: ProductionMetrics) -> dict[str, str]:
    work, settling, agreement = found.work, found.settling, found.agreement
    told = {
        "work": f"{work.votes:,} answers ({work.voided:,} void), {work.minutes:,.1f} minutes, {work.keystrokes:,} "
        f"keystrokes, cost {work.cost:,.2f} ({work.wage_per_hour:g} an hour, {work.piece_rate:g} an answer)",
    }
    if found.pages and work.votes:
        told["per page"] = (
            f"{found.per_page(work.minutes):.2f} minutes, cost {found.per_page(work.cost):.3f}; "
            f"per field {found.per_field(work.seconds):.2f} seconds, cost {found.per_field(work.cost):.4f}"
        )
    if agreement is not None and agreement.beside_machine:
        told["machine"] = (
            f"{_percent(agreement.machine_share, 1)} of {agreement.beside_machine:,} first answers say what it read"
        )
    if found.gold_answers:
        told["gold"] = f"{_percent(found.gold_accuracy, 1)} of {found.gold_answers:,} answers are right"
    told["verdicts"] = (
        f"{settling.crowd:,} of the crowd, {settling.expert:,} of experts, {settling.customer:,} of customers"
    )
    if settling.median_s is not None:
        told["verdicts"] += f"; after {_time(settling.median_s)} (median), {_time(settling.p90_s)} (90%)"
    if found.records:
        told["records"] = ", ".join(f"{count:,} {name}" for name, count in sorted(found.records.items()))
    if found.queue is not None:
        told["waiting"] = _waiting(found.queue)
    return told


def _waiting(queue: Waiting) -> str:
    if not queue.votes:
        return "nothing"
    return (
        f"{queue.votes:,} answers to {queue.tasks:,} questions, {queue.leased:,} on desks, {queue.overdue:,} overdue; "
        f"oldest {_time(queue.oldest_age_s)}, median {_time(queue.median_age_s)}"
    )


def _percent(share: float | None, digits: int = 2) -> str:
    return "-" if share is None else f"{share:.{digits}%}"


def _time(seconds: float | None) -> str:
    """A duration in the unit that fits."""
    if seconds is None:
        return "-"
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} seconds"
