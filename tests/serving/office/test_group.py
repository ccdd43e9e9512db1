"""Group verify: what was read the same is seen together, where a policy allows it; the odd ones are struck out."""

from collections.abc import Iterator

import pytest

from serving.consensus import Assisted, Blind, Entry, Policy, Settled, Vote, Wants, settle
from serving.ledger import Ledger, open_ledger
from serving.metrics import production_metrics
from serving.office import Office, Rules
from serving.office.asking import rule_of
from serving.promise import Policy as Promised
from tests.serving.review.desk import NO_GOLD, PASSWORD, WRITTEN, read_batch

DATES = Promised.model_validate({"kinds": {"date": {"consensus": "verify"}}})
DATE = "02/30/1971"


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        read_batch(opened, 12)
        yield opened


def opened(ledger: Ledger) -> tuple[Office, str, str]:
    """An office that verifies dates, and two people."""
    office = Office(ledger, DATES, rules=Rules(undo_s=0), bar=NO_GOLD)
    people = [office.people.add(name, PASSWORD).person_id for name in ("ann", "ben")]
    office.tick()
    return office, people[0], people[1]


def test_the_reading_settles_what_is_not_struck_out(ledger: Ledger) -> None:
    """Confirmed fields are settled by the verifier; a struck one is keyed blind by two others."""
    office, ann, ben = opened(ledger)
    group = office.group(ann, "s")
    assert group is not None and group.entry == Entry(text=DATE) and group.label == "date of birth"
    assert len(group.leases) >= 6 and {lease.role for lease in group.leases} == {"verifier"}
    assert office.group(ann, "s") == group, "it stays on the desk"
    tokens = [lease.token for lease in group.leases]
    done = office.submit_group(ann, tokens, {tokens[0]}, seconds=12.0)
    assert (done.confirmed, done.struck, done.late) == (len(tokens) - 1, 1, 0)
    assert office.tick().settled == len(tokens) - 1
    with ledger.truth() as truth:
        said = [one for some in truth.verdicts_on(truth.crops_judged()).values() for one in some]
    assert {(one.text, one.by, one.evidence["by"]) for one in said} == {(DATE, "verify", "verifier")}
    struck = group.leases[0].crop_id
    keyed = [lease for n in range(40) for lease in office.lease(ben, f"s{n}") if lease.crop_id == struck]
    assert len(keyed) == 1 and keyed[0].role == "reviewer"
    assert all(lease.crop_id != struck for n in range(40) for lease in office.lease(ann, f"t{n}")), "she saw the answer"


def test_the_same_again_is_harmless_and_nobody_answers_for_others(ledger: Ledger) -> None:
    office, ann, ben = opened(ledger)
    group = office.group(ann, "s")
    assert group is not None
    tokens = [lease.token for lease in group.leases]
    assert office.submit_group(ben, tokens, set()).late == len(tokens)
    assert office.submit_group(ann, tokens, {tokens[0]}).struck == 1
    again = office.submit_group(ann, tokens, {tokens[0]})
    assert again.struck == 0 and again.confirmed == len(tokens) - 1
    office.tick()
    assert not office.tick().changed


def test_only_what_the_policy_lets_people_see(ledger: Ledger) -> None:
    """Other kinds are keyed blind, and so is everything where no policy says verify; audits always are."""
    office, ann, _ = opened(ledger)
    kinds = {lease.kind for n in range(60) for lease in office.lease(ann, f"s{n}")}
    assert kinds and "date" not in kinds
    assert Office(ledger).group(ann, "other") is not None, "tasks keep the policy under which they were filed"
    assert rule_of("verify", "audit") == "two_plus_tiebreak" and rule_of("verify", "production") == "verify"
    assert DATES.verifies and not Promised().verifies


def test_seeing_is_not_agreeing(ledger: Ledger) -> None:
    """Votes of people who saw the answer say nothing of how well people agree."""
    office, ann, _ = opened(ledger)
    group = office.group(ann, "s")
    assert group is not None
    office.submit_group(ann, [lease.token for lease in group.leases], set(), seconds=6.0)
    office.tick()
    numbers = production_metrics(ledger)
    assert numbers.agreement is None or numbers.agreement.share is None or numbers.agreement.fields == 0
    assert numbers.work.votes == len(group.leases) and numbers.work.seconds == pytest.approx(6.0)


def test_what_settles_under_the_rule() -> None:
    from recognizer.form import Field

    field = Field(name="x", kind="text", box=(0, 0, 1, 1))
    read, rule = Entry(text=WRITTEN["policy_number"]), Policy(rule="verify")
    hearing = Assisted(machine=read, confidence=0.7)
    assert settle([], hearing, rule, field) == Wants(votes=1, role="verifier")
    seen = Vote(person="ann", entry=read, role="verifier")
    assert settle([seen], hearing, rule, field) == Settled(entry=read, confidence=0.7, by="verifier")
    voided = Vote(person="ann", entry=read, role="verifier", voided=True)
    assert settle([voided], hearing, rule, field) == Wants(votes=1, role="verifier")
    assert settle([], Blind(purpose="production"), rule, field) == Wants(votes=2, role="reviewer")
    keyed = [Vote(person=name, entry=Entry(text="other")) for name in ("ben", "cyd")]
    found = settle([seen, *keyed[:1]], hearing, rule, field)
    assert isinstance(found, Wants) and found.role == "reviewer", "what is keyed is keyed to the end"
