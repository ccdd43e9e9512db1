"""Odd ones in groups to verify: gold whose answer is another is planted; whoever lets it pass is found out."""

from collections.abc import Iterator

import pytest

from serving.consensus import Bar
from serving.ledger import Ledger, open_ledger
from serving.metrics import production_metrics
from serving.office import Group, Office, Rules
from serving.office.filing import task_id_of
from serving.office.gold import add_gold
from serving.promise import Policy
from serving.truth.correct import Row
from tests.serving.review.desk import NO_GOLD, PASSWORD, read_batch

DATES = Policy.model_validate({"kinds": {"date": {"consensus": "verify"}}})
PAGES = 48
KNOWN = [n for n in range(36, 48) if n % 12 not in (3, 5, 7, 11)]
"""Pages of which a date is known, which is not the one that the machine read."""


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        read_batch(opened, PAGES)
        rows = [Row(line=n, field=f"scan {n}.png:1:date_of_birth", value="02/03/1971") for n in KNOWN]
        add_gold(opened, rows, by="test")
        yield opened


def office_of(ledger: Ledger, rate: float) -> tuple[Office, str]:
    bar = Bar(least_gold=rate, most_gold=rate) if rate else NO_GOLD
    office = Office(ledger, DATES, rules=Rules(undo_s=0), bar=bar)
    office.tick()
    return office, office.people.add("ann", PASSWORD).person_id


def planted(office: Office, group: Group) -> set[int]:
    return {lease.token for lease in group.leases if office.queue.task(lease.task_id).purpose == "gold"}


def taken(office: Office, person: str, sitting: str) -> tuple[Group, set[int]]:
    group = office.group(person, sitting)
    assert group is not None
    return group, planted(office, group)


def test_odd_ones_are_planted_and_look_like_all(ledger: Ledger) -> None:
    """They take the place of others, stand anywhere among them, and nothing that is shown tells them."""
    office, ann = office_of(ledger, 0.3)
    group, odd = taken(office, ann, "s")
    assert 1 <= len(odd) <= len(group.leases) // 2 and len(group.leases) <= 24
    assert group.entry.text == "02/30/1971" and office.group(ann, "s") == group, "it stays on the desk"
    assert {(lease.field, lease.form, lease.kind, lease.role) for lease in group.leases} == {
        ("date_of_birth", "insurance_application", "date", "verifier")
    }
    with ledger.desk_to_read() as desk:
        assert len({desk.tasks.view(lease.crop_id) is None for lease in group.leases}) == 1
    crops = [lease.crop_id for lease in group.leases]
    assert len(set(crops)) == len(crops), "nobody sees a picture twice"


def test_without_gold_none_is_planted(ledger: Ledger) -> None:
    office, ann = office_of(ledger, 0.0)
    assert taken(office, ann, "s")[1] == set()


def test_whoever_strikes_them_out_is_right_and_nothing_else_comes_of_it(ledger: Ledger) -> None:
    office, ann = office_of(ledger, 0.3)
    group, odd = taken(office, ann, "s")
    tokens = [lease.token for lease in group.leases]
    done = office.submit_group(ann, tokens, odd, seconds=10.0)
    assert (done.confirmed, done.struck, done.late) == (len(tokens) - len(odd), len(odd), 0)
    again = office.submit_group(ann, tokens, odd, seconds=10.0)
    assert (again.confirmed, again.struck) == (done.confirmed, done.struck)
    progress = office.progress(ann, "s")
    assert (progress.gold_answered, progress.gold_right) == (len(odd), len(odd))
    assert office.tick().settled == done.confirmed
    assert production_metrics(ledger).gold_answers == 0, "nobody keyed them"


def test_whoever_lets_them_pass_is_found_out_and_the_groups_are_seen_anew(ledger: Ledger) -> None:
    """Confirming everything falls below the bar: the verifier's words are void, their fields are asked again, and there
    are no more groups for that person."""
    office, ann = office_of(ledger, 0.5)
    sittings, settled = 0, 0
    while sittings < 10 and (group := office.group(ann, f"s{sittings}")) is not None:
        office.submit_group(ann, [lease.token for lease in group.leases], set(), seconds=1.0)
        ticked = office.tick()
        settled += ticked.settled
        sittings += 1
        if ticked.voidings:
            break
    assert ticked.voidings and office.progress(ann, "s").notice
    progress = office.progress(ann, "s")
    assert progress.gold_right == 0 < progress.gold_answered
    office.tick()
    assert office.group(ann, "later") is None
    with ledger.truth() as truth:
        said = truth.verdicts_on(truth.crops_judged())
    assert all(items[-1].outcome == "withdrawn" for items in said.values())
    ben = office.people.add("ben", PASSWORD).person_id
    assert office.group(ben, "s") is not None
    some = next(iter(said), None)
    assert some is None or office.queue.task(task_id_of(some, "production")).votes == 1
