"""The numbers of production against the same by loops, in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from benchmarks.drawn_ledger import draw, times
from serving.ledger import open_ledger
from serving.metrics import KindMetrics, ProductionMetrics, production_metrics
from serving.metrics.agreement import alpha
from serving.metrics.work import quantile
from serving.promise import Policy
from tests.serving.metrics.plainly import Plainly, Tables
from tests.serving.truth import talk

PAGES = 90
EARLY, LATE, AFTER = times(PAGES)
SCOPES = [
    {},
    {"batch_id": "batch-0"},
    {"batch_id": "batch-1"},
    {"batch_id": "batch-5"},  # no production
    {"batch_id": "unknown"},
    {"since": EARLY, "until": LATE},
    {"since": LATE},
    {"known_at": EARLY},
    {"known_at": AFTER},
    {"batch_id": "batch-0", "known_at": AFTER},
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """A ledger of many small batches, and all of its rows."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('drawn')}/ledger.db"
    else:
        url = request.getfixturevalue("postgres_database")()
    with open_ledger(url) as ledger:
        draw(ledger, PAGES, pages_per_batch=15, audit=0.15)
        yield ledger, Tables(ledger)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_the_numbers_are_those_of_plain_loops(drawn: tuple, scope: dict[str, str]) -> None:
    ledger, tables = drawn
    found = production_metrics(ledger, **scope)
    plainly = Plainly(tables, **{name: scope.get(name) for name in ("batch_id", "since", "until", "known_at")})
    assert found.pages == plainly.pages()
    assert found.fields == len(plainly.fields)
    for kind in (found.all, *found.kinds):
        assert_same_kind(kind, plainly)
    assert {kind.kind for kind in found.kinds} == {plainly.kind_of(p) for p in plainly.fields}
    assert (found.gold_answers, found.gold_right) == plainly.gold()
    assert asdict(found.settling) == pytest.approx(plainly.settling())
    assert dict(found.records) == plainly.records()
    if "known_at" in scope:
        assert found.queue is None
    else:
        assert found.queue is not None
        assert asdict(found.queue) == pytest.approx(plainly.line(found.at))


def assert_same_kind(kind: KindMetrics, plainly: Plainly) -> None:
    assert kind.decisions == dict(plainly.counts(kind.kind))
    said = asdict(kind.accuracy)
    expected = plainly.accuracy(kind.kind)
    assert {name: said[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert (said["value"] is None) == (said["low"] is None) and (said["value"] is not None or said["reason"])
    worked = asdict(kind.work)
    plain_work = plainly.work(kind.kind)
    assert {name: worked[name] for name in plain_work} == pytest.approx(plain_work)
    agreement = plainly.agreement(kind.kind)
    if kind.agreement is None:
        assert agreement["pairs"] == agreement["beside_machine"] == 0
    else:
        assert asdict(kind.agreement) == pytest.approx(agreement)


def test_the_drawn_ledger_has_what_the_numbers_tell_apart(drawn: tuple) -> None:
    """Or the loops would agree about nothing."""
    ledger, tables = drawn
    found = production_metrics(ledger)
    accuracy = found.accuracy
    assert 0 < accuracy.wrong < accuracy.answered < accuracy.audits < accuracy.auditable < accuracy.accepted
    assert accuracy.low is not None and accuracy.high is not None and accuracy.value is not None
    assert accuracy.low < accuracy.value < accuracy.high
    assert found.settling.crowd > found.settling.expert > 0 and found.settling.customer > 0
    assert min(found.records[name] for name in ("completed", "delivered", "reopened", "corrected")) > 0
    assert found.work.voided > 0 and set(found.purposes) == {"production", "audit", "gold"}
    assert found.agreement is not None and found.agreement.alpha is not None
    assert 0 < found.agreement.agreed < found.agreement.pairs
    assert len({row.prediction_id for row in tables.batch_fields}) < len(tables.batch_fields)
    assert len(tables.decisions) > len({row.prediction_id for row in tables.decisions})


def test_rates_and_costs_are_shares_of_what_was_counted(drawn: tuple) -> None:
    ledger, _ = drawn
    found = production_metrics(ledger, policy=Policy(wage_per_hour=30, piece_rate=0.05))
    rates = found.automation_rate, found.review_rate, found.audit_rate, found.rescan_rate
    assert sum(rate or 0 for rate in rates) == pytest.approx(1)
    cost = found.work.seconds / 3600 * 30 + found.work.votes * 0.05
    assert found.work.cost == pytest.approx(cost)
    assert found.per_page(found.work.cost) == pytest.approx(cost / found.pages)
    assert found.per_field(found.work.minutes) == pytest.approx(found.work.seconds / 60 / found.fields)
    assert found.work.votes == sum(work.votes for work in found.purposes.values())
    assert production_metrics(ledger).work.wage_per_hour == 18.0


def test_an_empty_ledger_says_that_it_knows_nothing(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        found = production_metrics(ledger)
    assert (found.pages, found.fields, found.automation_rate, found.gold_accuracy) == (0, 0, None, None)
    assert found.accuracy.value is None and found.accuracy.reason == "nothing was accepted"
    assert found.per_page(1.0) is None and found.work.seconds_per_vote is None
    assert found.queue is not None and found.queue.oldest_age_s is None


def test_without_audits_there_is_a_reason_and_no_number(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        talk.read_scans(ledger)
        found: ProductionMetrics = production_metrics(ledger)
    assert found.accuracy.value is None and "audit: 0" in found.accuracy.reason
    assert found.automation_rate == pytest.approx(11 / 12)


def test_alpha_is_krippendorffs() -> None:
    """His example with two observers and nominal data: ten articles, alpha 0.095 (Computing Krippendorff's
    alpha-reliability, 2011, section B)."""
    one, other = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    units = [[("text", str(a)), ("text", str(b))] for a, b in zip(one, other, strict=True)]
    assert alpha(units) == pytest.approx(0.095, abs=5e-4)
    assert alpha([[("text", "a")] * 3] * 4) is None
    assert alpha([]) is None


def test_quantiles_lie_between_their_neighbours() -> None:
    assert quantile([], 0.5) is None
    assert (quantile([3.0], 0.9), quantile([1.0, 2.0], 0.5), quantile([0.0, 10.0, 20.0], 0.9)) == (3.0, 1.5, 18.0)
