"""What a report cannot tell, plainly: too few labels, data that is missing, numbers that contradict each other."""

from collections.abc import Iterator
from datetime import timedelta

from serving.daily.day import DAYS, Day
from serving.daily.headline import percent
from serving.metrics.accuracy import ALL, Accuracy

VAGUE = 0.02
"""An interval of accuracy that is wider than this tells little."""
NAMED = 4


def unknown(day: Day) -> tuple[str, ...]:
    """Sentences, the most serious first."""
    return (*_accuracy(day), *_estimate(day), *_days(day), *_people(day))


def _accuracy(day: Day) -> Iterator[str]:
    everything = day.accuracy[ALL]
    if everything.reason:
        yield f"Accuracy of what was accepted: {everything.reason}."
    kinds = {name: each for name, each in day.accuracy.items() if name != ALL and each.accepted}
    silent = [name for name, each in kinds.items() if each.value is None]
    if silent and everything.value is not None:
        yield f"Nothing is known of the accuracy of {_listed(silent)}: no answered audit in {DAYS} days."
    vague = [f"{name} ({_between(each)})" for name, each in kinds.items() if _is_vague(each)]
    if vague:
        yield f"Audits tell little of {_listed(vague)}: they are too few, or too many of them wait for an answer."


def _estimate(day: Day) -> Iterator[str]:
    told, estimated = day.accuracy[ALL], day.estimated
    if estimated is None or told.low is None or told.high is None or told.low <= estimated <= told.high:
        return
    where = "more" if estimated > told.high else "less"
    yield (
        f"The machine is sure of {where} than audits find: it expects {percent(estimated, 2)}, "
        f"audits say {_between(told)}. Its calibration is to be looked at."
    )


def _days(day: Day) -> Iterator[str]:
    if day.on("days", day.day) is None:
        yield "Nothing was read on this day: either nothing came in, or a scan is still on its way into the columns."
    known = {row["day"] for row in day.rows("days")}
    before = [day.day - timedelta(days=back) for back in range(1, 8)]
    if known and not known.intersection(before):
        yield "Nothing was read in the week before: there is nothing to compare the day with."


def _people(day: Day) -> Iterator[str]:
    row = day.on("days", day.day)
    if row is not None and row["review"] and day.on("work", day.day) is None:
        yield "Fields went to people, and nobody answered any on this day: what they take is not known yet."
    if day.policy.wage_per_hour == 0 and day.policy.piece_rate == 0:
        yield "The policy says no wage (wage_per_hour, piece_rate), so work is free in these numbers."


def _is_vague(accuracy: Accuracy) -> bool:
    return accuracy.low is not None and accuracy.high is not None and accuracy.high - accuracy.low > VAGUE


def _between(accuracy: Accuracy) -> str:
    return f"{percent(accuracy.low or 0)} to {percent(accuracy.high or 0)}"


def _listed(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
