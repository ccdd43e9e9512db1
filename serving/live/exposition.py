"""The snapshot as Prometheus reads it: `METRICS` says what there is, and docs/LIVE.md what it means.

Labels have few values by construction: kinds of field, decisions, roles, monitors, models, trials that run. No name of
a person, a file or a form, and nothing that was written, is a label or a value.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serving.daily.trials import Trying, trying
from serving.ledger.desk import Count
from serving.live.keeper import Keeper
from serving.live.snapshot import Snapshot
from serving.metrics.accuracy import ALL, Accuracy

BUNDLE_LETTERS = 12
PREFIX = "penfield_"

Values = Mapping[tuple[str, ...], float | None]
"""By the values of the labels. What nobody knows is None and has no sample: it is absent, and no zero."""


@dataclass(frozen=True)
class Told:
    """One metric. A `counter` counts from 0 at midnight (UTC), which Prometheus takes for a server that was restarted:
    `rate` and `increase` are right across it. Its samples end in `_total`."""

    name: str
    type: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...]
    values: Callable[[Snapshot], Values]

    def family(self, values: Values) -> Metric:
        """The metric with its samples."""
        of = GaugeMetricFamily if self.type == "gauge" else CounterMetricFamily
        family = of(PREFIX + self.name, self.help, labels=self.labels)
        for labels, value in sorted(values.items()):
            if value is not None:
                family.add_metric(list(labels), float(value))
        return family

    @property
    def sample(self) -> str:
        """The name that its samples have."""
        return PREFIX + self.name + ("_total" if self.type == "counter" else "")


def registry_of(keeper: Keeper) -> CollectorRegistry:
    """A registry that has nothing but what the keeper's snapshot says."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Live(keeper))
    return registry


class Live(Collector):
    """All metrics, from the last snapshot; where there is none, that alone is told."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def collect(self) -> Iterator[Metric]:
        """The metrics. Never raises for what is wrong with the ledger."""
        kept = self._keeper.get()
        own = (float(kept.snapshot is not None), self._keeper.age_s(kept), kept.cost_s)
        for (name, words), value in zip(OWN.items(), own, strict=True):
            yield GaugeMetricFamily(PREFIX + name, words, value=value)
        if kept.snapshot is not None:
            for metric in METRICS:
                yield metric.family(metric.values(kept.snapshot))


OWN = {
    "snapshot_up": "1 where the numbers could be made, 0 where not: then there are no others",
    "snapshot_age_seconds": "Since when these numbers are kept",
    "snapshot_cost_seconds": "How long they took to be made",
}
"""What the snapshot says of itself."""


def _one(value: Callable[[Snapshot], float | None]) -> Callable[[Snapshot], Values]:
    return lambda now: {(): value(now)}


def _judged(value: Callable[[Accuracy], float | None]) -> Callable[[Snapshot], Values]:
    return lambda now: {(kind,): value(told) for kind, told in now.day.accuracy.items()}


def _expected(now: Snapshot) -> Values:
    return {**{(row["kind"],): row["estimated"] for row in now.day.rows("kinds")}, (ALL,): now.day.estimated}


def _waiting(value: Callable[[Snapshot, Count], float | None]) -> Callable[[Snapshot], Values]:
    return lambda now: {(each.role, each.kind): value(now, each) for each in now.line}


def _running(now: Snapshot) -> list[Trying]:
    return [each for each in trying(now.day) if not each.outcome]


def _trial(value: Callable[[Trying], float]) -> Callable[[Snapshot], Values]:
    return lambda now: {(each.name,): value(each) for each in _running(now)}


def _shares(now: Snapshot) -> Values:
    both = [((each.name, "champion"), each.whole.champion) for each in _running(now)]
    both += [((each.name, "challenger"), each.whole.challenger) for each in _running(now)]
    return {labels: share.value for labels, share in both}


def _models(column: str) -> Callable[[Snapshot], Values]:
    return lambda now: {(row["bundle_id"][:BUNDLE_LETTERS], row["purpose"]): row[column] for row in now.models}


def _champions(now: Snapshot) -> Values:
    rows = [row for row in now.day.rows("champions") if row["bundle_id"]]  # none: the champion of all answers again
    return {(row["scope"] or ALL, row["bundle_id"][:BUNDLE_LETTERS]): 1.0 for row in rows}


def _alarms(now: Snapshot) -> Values:
    return {**Counter((each.monitor,) for each in now.day.alarms if each.is_holding)}


def _moment(at: str | datetime | None) -> float | None:
    if at is None:
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


METRICS: tuple[Told, ...] = (
    # What came in and was read
    Told("pages", "counter", "Pages with fields decided today", (), _one(lambda now: now.today["pages"])),
    Told("scans", "counter", "Pages that came in today, by what became of them", ("status",),
         lambda now: {(row["status"],): row["pages"] for row in now.day.rows("pages")}),
    Told("fields", "counter", "Fields decided today, by the first decision", ("kind", "decision"),
         lambda now: {(row["kind"], row["decision"]): row["fields"] for row in now.kinds}),
    Told("automation_ratio", "gauge", "Of today's fields those that nobody had to look at", (),
         _one(lambda now: now.automation)),
    Told("records", "counter", "Records to which this happened today", ("event",),
         lambda now: {(row["event"],): row["records"] for row in now.day.rows("events")}),
    Told("predictions", "counter", "Predictions made today", ("bundle", "purpose"), _models("predictions")),
    Told("prediction_seconds", "counter", "Time that they took", ("bundle", "purpose"), _models("seconds")),
    Told("prediction_median_seconds", "gauge", "Median time of a prediction in production today", (),
         _one(lambda now: now.speed["median"])),
    Told("prediction_p95_seconds", "gauge", "95th percentile of the same", (), _one(lambda now: now.speed["high"])),
    # How right it is: audits of 28 days
    Told("accuracy_ratio", "gauge", "Of accepted values those that are right, by audits", ("kind",),
         _judged(lambda told: told.value)),
    Told("accuracy_low_ratio", "gauge", "Lower end of its interval", ("kind",), _judged(lambda told: told.low)),
    Told("accuracy_high_ratio", "gauge", "Upper end of its interval", ("kind",), _judged(lambda told: told.high)),
    Told("accuracy_expected_ratio", "gauge", "What the machine expects of what it accepted", ("kind",), _expected),
    Told("audits_answered", "gauge", "Audits that are answered", ("kind",), _judged(lambda told: told.answered)),
    Told("audits_wrong", "gauge", "Audits that found a wrong value", ("kind",), _judged(lambda told: told.wrong)),
    # People
    Told("votes", "counter", "Answers of people today", (), _one(lambda now: now.work["votes"])),
    Told("work_seconds", "counter", "Time of people at fields today", (), _one(lambda now: 60 * now.work["minutes"])),
    Told("keystrokes", "counter", "Keystrokes of people today", (), _one(lambda now: now.work["keystrokes"])),
    Told("work_cost", "counter", "What that costs, in the policy's currency", (), _one(lambda now: now.work["cost"])),
    Told("people", "gauge", "How many people answered today", (), _one(lambda now: now.work["people"])),
    Told("queue_votes", "gauge", "Answers that are wanted", ("role", "kind"), _waiting(lambda _, of: of.wanted)),
    Told("queue_leased_votes", "gauge", "Of these, on desks", ("role", "kind"), _waiting(lambda _, of: of.leased)),
    Told("queue_overdue_votes", "gauge", "Of these, late", ("role", "kind"), _waiting(lambda _, of: of.overdue)),
    Told("queue_oldest_seconds", "gauge", "How long the oldest has waited", ("role", "kind"),
         _waiting(lambda now, of: now.since(of.oldest_at))),
    # What leaves the house
    Told("outbox_parcels", "gauge", "What MLflow has not been shown", (), _one(lambda now: now.waiting.parcels)),
    Told("outbox_oldest_seconds", "gauge", "How long the oldest of it has waited", (),
         _one(lambda now: now.since(now.waiting.oldest_at) or 0.0)),
    Told("webhook_waiting_messages", "gauge", "What receivers have not taken", (),
         _one(lambda now: now.waiting.messages)),
    Told("webhook_dead_messages", "gauge", "What is not tried any more", (), _one(lambda now: now.waiting.dead)),
    # Models, trials, alarms
    Told("champion_info", "gauge", "1 for the model that answers", ("kind", "bundle"), _champions),
    Told("trial_accuracy_ratio", "gauge", "Of readings those that are right, in running trials", ("trial", "model"),
         _shares),
    Told("trial_answers", "gauge", "Answers that they have", ("trial",), _trial(lambda it: it.whole.answered)),
    Told("trial_evidence", "gauge", "Capital of who bets on the challenger", ("trial",),
         _trial(lambda it: it.whole.evidence)),
    Told("trial_evidence_wanted", "gauge", "Capital at which the challenger wins", ("trial",),
         _trial(lambda it: it.wanted)),
    Told("alarms", "gauge", "Alarms that hold", ("monitor",), _alarms),
    # Signs of life
    Told("last_prediction_timestamp_seconds", "gauge", "When the last field of today was read", (),
         _one(lambda now: _moment(now.speed["last_at"]))),
    Told("last_vote_timestamp_seconds", "gauge", "When somebody answered last", (),
         _one(lambda now: _moment(now.speed["voted_at"]))),
    Told("last_look_timestamp_seconds", "gauge", "When monitors looked last", (),
         _one(lambda now: _moment(now.looked_at))),
)  # fmt: skip
