"""What production comes to: one value with all that an office, a report and MLflow show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.ledger import ACCEPTED, Ledger
from serving.ledger.numbers import Numbers, Scope
from serving.metrics.accuracy import ALL, Accuracy, accuracies, none_accepted
from serving.metrics.agreement import Agreement, Keys, agreements, gold_answers
from serving.metrics.work import Settling, Work, seconds_between, settling_of, work_of
from serving.promise import Policy

FOR_RECORDS = ("production", "audit", "gold")
"""What is worked for records: doubtful fields, audits, and the gold that keeps people honest. Trials are for models."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The line at one moment: `tasks` that want `votes`, of which so many are on desks (`leased`) or later than they
    ought to be (`overdue`); ages in seconds, None where nothing waits."""

    tasks: int
    votes: int
    leased: int
    overdue: int
    oldest_age_s: float | None
    median_age_s: float | None


@dataclass(frozen=True, kw_only=True)
class KindMetrics:
    """The fields of one kind, or of all."""

    kind: str
    decisions: Mapping[str, int]
    accuracy: Accuracy
    agreement: Agreement | None
    work: Work

    @property
    def fields(self) -> int:
        """How many there are."""
        return sum(self.decisions.values())

    @property
    def accepted(self) -> int:
        """Fields whose reading stands, audited or not."""
        return sum(self.decisions.get(name, 0) for name in ACCEPTED)

    def rate(self, decision: str) -> float | None:
        """The share of fields with this decision; of `accept`, no person had to look. None without fields."""
        return self.decisions.get(decision, 0) / self.fields if self.fields else None


@dataclass(frozen=True, kw_only=True)
class ProductionMetrics:
    """Production as known at a time; made by `production_metrics`. Shares are in [0, 1], None where nothing is known.

    `at` is the time at which the line was looked at (UTC, ISO 8601). `purposes` are people's work by what it was for,
    `work` that for records. `queue` is None where another time was asked for: a line keeps no history.
    """

    at: str
    batch_id: str | None
    since: str | None
    until: str | None
    known_at: str | None
    pages: int
    all: KindMetrics
    kinds: tuple[KindMetrics, ...]
    purposes: Mapping[str, Work]
    gold_answers: int
    gold_right: int
    queue: Waiting | None
    settling: Settling
    records: Mapping[str, int] = field(default_factory=dict)

    @property
    def fields(self) -> int:
        """How many fields were decided."""
        return self.all.fields

    @property
    def accuracy(self) -> Accuracy:
        """Of all accepted fields."""
        return self.all.accuracy

    @property
    def agreement(self) -> Agreement | None:
        """Of first votes, all kinds together."""
        return self.all.agreement

    @property
    def work(self) -> Work:
        """What people did for records."""
        return self.all.work

    @property
    def automation_rate(self) -> float | None:
        """The share of fields that no person had to look at."""
        return self.all.rate("accept")

    @property
    def review_rate(self) -> float | None:
        """The share of fields that people had to settle."""
        return self.all.rate("review")

    @property
    def audit_rate(self) -> float | None:
        """The share of fields that were accepted and keyed all the same."""
        return self.all.rate("audit")

    @property
    def rescan_rate(self) -> float | None:
        """The share of fields that nobody could read."""
        return self.all.rate("rescan")

    @property
    def gold_accuracy(self) -> float | None:
        """The share of right answers to gold."""
        return self.gold_right / self.gold_answers if self.gold_answers else None

    def per_page(self, amount: float) -> float | None:
        """An amount of work per page that was decided."""
        return amount / self.pages if self.pages else None

    def per_field(self, amount: float) -> float | None:
        """An amount of work per field that was decided, those included that nobody looked at."""
        return amount / self.fields if self.fields else None


def production_metrics(
    ledger: Ledger,
    *,
    batch_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    known_at: str | None = None,
    policy: Policy | None = None,
) -> ProductionMetrics:
    """The numbers of a batch, of the fields decided in a period, or of all; as known at a time, None for now.

    Times are the ledger's (`serving.truth.moment` makes them), both ends belong to the period. A field counts with all
    that people did for it, whenever that was; gold is of no batch and counts when it was answered; what happened to
    records counts when it happened. `policy` says what work costs, and how certain the interval is.
    """
    policy = policy or Policy()
    with ledger.numbers(Scope(batch_id=batch_id, since=since, until=until, known_at=known_at)) as numbers:
        now, decided, done = numbers.now(), numbers.decided(), numbers.work()
        accuracy = accuracies(numbers, decided, known_at, policy.certainty)
        keys = Keys(numbers)
        agreement = agreements(numbers.votes(), keys)
        answers, right = gold_answers(numbers.gold(), keys)
        names = sorted({row.kind for row in decided})
        per_kind = {name: _kind(name, decided, done, accuracy, agreement, policy) for name in (ALL, *names)}
        return ProductionMetrics(
            at=now, batch_id=batch_id, since=since, until=until, known_at=known_at, pages=numbers.pages(),
            all=per_kind[ALL], kinds=tuple(per_kind[name] for name in names),
            purposes={name: work_of((row for row in done if row.purpose == name), policy)
                      for name in sorted({row.purpose for row in done})},
            gold_answers=answers, gold_right=right, queue=waiting(numbers, now) if known_at is None else None,
            settling=settling_of(numbers.verdicts(), numbers.settled()), records=numbers.records(),
        )  # fmt: skip


def _kind(
    name: str,
    decided: Sequence[Any],
    done: Sequence[Any],
    accuracy: Mapping[str, Accuracy],
    agreement: Mapping[str, Agreement],
    policy: Policy,
) -> KindMetrics:
    nothing = none_accepted(policy.certainty)
    decisions: Counter[str] = Counter()
    for row in decided:
        if name in (row.kind, ALL):
            decisions[row.decision] += row.fields
    work = (row for row in done if name in (row.kind, ALL) and row.purpose in FOR_RECORDS)
    return KindMetrics(
        kind=name, decisions=dict(decisions), accuracy=accuracy.get(name, nothing),
        agreement=agreement.get(name), work=work_of(work, policy),
    )  # fmt: skip


def waiting(numbers: Numbers, now: str) -> Waiting:
    """The line as it stands."""
    line, middle = numbers.line(now), numbers.waiting_since()
    ages = [seconds_between(since, now) for since in middle]
    return Waiting(
        tasks=line.tasks, votes=line.wanted, leased=line.leased, overdue=line.overdue,
        oldest_age_s=seconds_between(line.oldest_at, now) if line.oldest_at else None,
        median_age_s=sum(ages) / len(ages) if ages else None,
    )  # fmt: skip
