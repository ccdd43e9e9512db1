"""A day of production as its report tells it: answers to the questions, accuracy with its interval, and the line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serving.columns import Asking
from serving.daily.questions import NAMES, question
from serving.ledger import Alarm, Ledger
from serving.ledger.numbers import Scope
from serving.metrics.accuracy import ALL, Accuracy, Drawn, estimated_accuracy
from serving.metrics.production import Waiting, waiting
from serving.promise import Policy

DAYS = 28
"""The window of accuracy and of the pictures: four whole weeks."""
LONGEST_WAITING = 8

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Day:
    """What is known of a day (UTC) at the time `made_at`.

    `answers` are the rows of each question; `accuracy` is by kind, and of all kinds under "all", over the 28 days that
    end with it. `line` and `oldest` are of the moment at which it was made; `alarms` hold then, or ended on the day.
    """

    day: date
    made_at: str
    policy: Policy
    answers: Mapping[str, Sequence[Row]]
    accuracy: Mapping[str, Accuracy]
    line: Waiting
    oldest: Sequence[Row]
    alarms: Sequence[Alarm] = ()

    def rows(self, name: str) -> Sequence[Row]:
        """The answer to a question."""
        return self.answers[name]

    def on(self, name: str, day: date) -> Row | None:
        """The row of one day in an answer that has a row for each day; None where nothing happened."""
        return next((row for row in self.rows(name) if row["day"] == day), None)

    def before(self, name: str, column: str, days: int = 7) -> list[float]:
        """What a column said on those of the days before on which something happened."""
        found = [self.on(name, self.day - timedelta(days=back)) for back in range(days, 0, -1)]
        return [float(row[column]) for row in found if row is not None and row[column] is not None]

    @property
    def estimated(self) -> float | None:
        """The accuracy that the machine expects of all that it accepted in the 28 days, without asking anybody."""
        kinds = self.rows("kinds")
        accepted = sum(row["accepted"] for row in kinds)
        return sum(row["accepted"] * row["estimated"] for row in kinds) / accepted if accepted else None


def day_of(ledger: Ledger, asking: Asking, day: date, policy: Policy) -> Day:
    """The answers for a day; the columns must have been brought up to the ledger."""
    answers = {name: asking.ask(question(name, day, policy)).to_pylist() for name in NAMES}
    with ledger.numbers(Scope()) as numbers:
        now = numbers.now()
        line, oldest = waiting(numbers, now), [row._asdict() for row in numbers.oldest(LONGEST_WAITING)]
    with ledger.alarms_to_read() as rows:
        alarms = [each for each in rows.all() if each.is_holding or (each.ended_at or "")[:10] == day.isoformat()]
    return Day(
        day=day, made_at=now, policy=policy, answers=answers, alarms=alarms,
        accuracy=_accuracy(answers["kinds"], answers["audits"], policy.certainty), line=line, oldest=oldest,
    )  # fmt: skip


def _accuracy(kinds: Sequence[Row], audits: Sequence[Row], certainty: float) -> dict[str, Accuracy]:
    drawn = [Drawn(kind=row["kind"], probability=row["probability"], wrong=row["wrong"]) for row in audits]
    found = {}
    for name in (*(row["kind"] for row in kinds), ALL):
        of = [row for row in kinds if name in (row["kind"], ALL)]
        found[name] = estimated_accuracy(
            [each for each in drawn if name in (each.kind, ALL)],
            accepted=sum(row["accepted"] for row in of),
            undrawn=sum(row["undrawn"] for row in of),
            least=min((row["least"] for row in of if row["least"] is not None), default=1.0),
            certainty=certainty,
        )
    return found
