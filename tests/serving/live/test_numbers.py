"""The live numbers are those of `penfield numbers` and of the day's report, of the same ledger."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.drawn_ledger import START, draw
from recognizer.errors import UsageError
from serving.ledger import Ledger, open_ledger
from serving.live import Keeper, Snapshot, snapshot_of
from serving.live.exposition import METRICS, OWN, PREFIX, registry_of
from serving.metrics import ProductionMetrics, production_metrics
from serving.promise import Policy
from serving.truth.moment import beginning, end
from tests.serving.live import house

POLICY = Policy(wage_per_hour=18, piece_rate=0.01)
DAY = date(START.year, START.month, START.day) + timedelta(days=1)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Snapshot]:
    """A drawn ledger of two days, and its snapshot as of the second."""
    folder = tmp_path_factory.mktemp("live")
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db")
    draw(ledger, 600, every_s=240)
    return ledger, snapshot_of(ledger, folder, POLICY, DAY)


def samples(snapshot: Snapshot) -> Samples:
    """What a scraper reads."""
    return samples_of(Keeper(lambda: snapshot))


def samples_of(keeper: Keeper) -> Samples:
    """The same of any keeper."""
    families = text_string_to_metric_families(generate_latest(registry_of(keeper)).decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def of_day(ledger: Ledger) -> ProductionMetrics:
    """What `penfield numbers --since DAY --until DAY` tells."""
    return production_metrics(ledger, since=beginning(str(DAY)), until=end(str(DAY)), policy=POLICY)


def test_fields_by_kind_and_decision_are_those_of_penfield_numbers(taken: tuple[Ledger, Snapshot]) -> None:
    ledger, snapshot = taken
    told, found = of_day(ledger), samples(snapshot)
    wanted = {(kind.kind, name): count for kind in told.kinds for name, count in kind.decisions.items()}
    assert len(wanted) >= 16 and sum(wanted.values()) > 1_000
    read = {(dict(labels)["kind"], dict(labels)["decision"]): value for (name, labels), value in found.items()
            if name == "penfield_fields_total"}  # fmt: skip
    # `numbers` counts a field on every day on which a policy decided it, the columns on the first alone.
    assert read.keys() == wanted.keys() and sum(read.values()) >= 0.98 * sum(wanted.values())
    assert all(wanted[name] - 4 <= count <= wanted[name] for name, count in read.items())
    assert 0.94 * told.pages <= found["penfield_pages_total", ()] <= told.pages
    assert found["penfield_automation_ratio", ()] == pytest.approx(told.automation_rate, abs=0.005)


def test_accuracy_is_that_of_penfield_numbers_over_four_weeks(taken: tuple[Ledger, Snapshot]) -> None:
    ledger, snapshot = taken
    first = str(DAY - timedelta(days=27))
    told = production_metrics(ledger, since=beginning(first), until=end(str(DAY)), policy=POLICY)
    found = samples(snapshot)
    for kind in (*told.kinds, told.all):
        labels = (("kind", kind.kind),)
        assert found["penfield_audits_answered", labels] == kind.accuracy.answered
        assert found["penfield_audits_wrong", labels] == kind.accuracy.wrong
        for name, value in (("", kind.accuracy.value), ("_low", kind.accuracy.low), ("_high", kind.accuracy.high)):
            assert found[f"penfield_accuracy{name}_ratio", labels] == pytest.approx(value), (kind.kind, name)
        assert 0 < found["penfield_accuracy_expected_ratio", labels] <= 1


def test_the_line_and_what_waits_are_those_of_the_ledger(taken: tuple[Ledger, Snapshot]) -> None:
    ledger, snapshot = taken
    told, found = production_metrics(ledger, policy=POLICY).queue, samples(snapshot)
    totals = Counter[str]()
    for (name, _), value in found.items():
        totals[name] += value
    assert told is not None
    assert (totals["penfield_queue_votes"], totals["penfield_queue_overdue_votes"]) == (told.votes, told.overdue)
    with ledger.monitoring_to_read() as rows:
        assert found["penfield_outbox_parcels", ()] == rows.parcels()[0]


def test_the_last_day_of_hours_is_counted_hour_by_hour(tmp_path: Path) -> None:
    """What was read in the last 24 hours stands in the hour in which it was read, and older things in none."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        house.read_today(ledger, 24)
        now = snapshot_of(ledger, tmp_path, POLICY)
        told = production_metrics(ledger, policy=POLICY)
    assert len(now.hours) == 24 and sum(row["fields"] for row in now.hours) == told.fields > 100
    assert sum(row["accept"] for row in now.hours) == told.all.decisions.get("accept", 0)
    assert now.hours[-1]["hour"].strftime("%Y-%m-%dT%H") == now.day.made_at[:13]


def test_every_metric_is_told_where_it_is_known_and_has_its_type(taken: tuple[Ledger, Snapshot]) -> None:
    _, snapshot = taken
    found = {name for name, _ in samples(snapshot)}
    named = [each.sample for each in METRICS]
    assert len(named) == len(set(named))
    assert found <= {*named, *(PREFIX + name for name in OWN)}
    not_here = {"trial", "alarm", "champion", "webhook", "last_look", "outbox"}  # the drawn ledger has none of these
    missing = set(named) - found
    assert all(any(word in name for word in not_here) for name in missing), missing


def test_without_a_ledger_that_alone_is_told() -> None:
    def gone() -> Snapshot:
        raise UsageError("Margarethe")

    found = samples_of(Keeper(gone))
    assert {name for name, _ in found} == {PREFIX + name for name in OWN}
    assert found["penfield_snapshot_up", ()] == 0.0
