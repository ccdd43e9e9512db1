"""An office with a batch of doubtful fields, and people who key them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from random import Random

from recognizer.form import Form, ReviewPolicy
from serving.batch.run import ReadyPage, run_batch
from serving.consensus import Bar, Entry
from serving.door import Door
from serving.ledger import BatchStart, Ledger, ScanEntry, schema
from serving.ledger.clock import utc_now
from serving.ledger.desk import Lease
from serving.ledger.statement import FieldUse, Statement
from serving.office import Office, Submitted, TooLate
from serving.promise import Policy, Promise
from serving.queue import Rules
from tests.serving.truth import talk

AT_ONCE = Rules(undo_s=0)
"""Nothing can be taken back, so that what is complete is settled by the next tick."""
NO_GOLD = Bar(least_gold=0.0, most_gold=0.0)
_SITTINGS = count(1)
TRUTH: Mapping[str, str] = {"F757558": "E757558", "F757600": "E757600"}
"""What is written where the model misreads."""


def read_batch(ledger: Ledger, *, doubtful: tuple[str, ...] = (), audit: float = 0.0, salt: int = 0) -> str:
    """The talk's three scans, read through the door; of `doubtful` fields everything goes to review."""
    with ledger.writing() as writing:  # not by lot: the same are drawn on every run
        writing._add(schema.secrets, name="audits", value="5a" * 16, created_at=utc_now())
    return read_again(ledger, f"batch {salt}", doubtful=doubtful, audit=audit, salt=salt)


def read_again(
    ledger: Ledger, batch_id: str, *, doubtful: tuple[str, ...] = (), audit: float = 0.0, salt: int = 0
) -> str:
    """Another batch of the same scans: their crops and readings are known, unless the salt is another."""
    always = ReviewPolicy(always=True)
    fields = [field.model_copy(update={"review": always}) if field.name in doubtful else field
              for field in talk.FORM.fields]  # fmt: skip
    form = talk.FORM.model_copy(update={"fields": tuple(fields)})
    start = BatchStart(
        batch_id=batch_id, bundle_id=talk.BUNDLE, bundle_info={"version": "1"}, purpose="production", params={},
        forms={talk.FORM_DIGEST: talk.FORM.model_dump(mode="json")},
        scans=tuple(ScanEntry(scan_no=n, path=f"{name}.png", scan_digest=name) for n, name in enumerate(talk.PAGES, 1)),
    )  # fmt: skip
    door = Door(talk.Scripted(), ledger, promise=Promise(policy=Policy(audit=audit)))
    run_batch(start, lambda scan, skip: iter(_pages(scan, skip, form, salt)), door, ledger, talk.Quiet())
    return batch_id


def _pages(scan: ScanEntry, skip: frozenset[int], form: Form, salt: int) -> list[ReadyPage]:
    pages = talk.one_page(scan, skip, form, salt)
    named = {field.name: field for field in form.fields}
    return [
        replace(page, crops=tuple(replace(crop, field=named[crop.field.name]) for crop in page.crops)) for page in pages
    ]


def opened(
    ledger: Ledger, *names: str, rules: Rules = AT_ONCE, bar: Bar = NO_GOLD, policy: Policy | None = None
) -> Office:
    """An office with these people; names that begin with "expert" are experts. Their ids are their names."""
    office = Office(ledger, policy, rules=rules, bar=bar, random=Random(1))
    with ledger.desk() as desk:
        for name in names:
            desk.people.add(name, name.title(), desk.now())
    return office


def one(office: Office, person: str, sitting: str, **settings: object) -> Lease:
    """The one field that a person gets."""
    leases = office.lease(person, sitting, **settings)  # type: ignore[arg-type]
    assert len(leases) == 1, f"nothing for {person}"
    return leases[0]


def written(ledger: Ledger, lease: Lease) -> str:
    """What really stands in a field."""
    with ledger.truth() as truth:
        read = truth.uses_of([lease.crop_id])[0].reading.text
    return TRUTH.get(read, read)


def key_in(office: Office, person: str, lease: Lease, text: str | None = None) -> Submitted:
    """Key what is written there, or something else."""
    answer = try_to_key(office, person, lease, text)
    assert isinstance(answer, Submitted), answer
    return answer


def try_to_key(office: Office, person: str, lease: Lease, text: str | None = None) -> Submitted | TooLate:
    """The same where the lease may have run out: a busy machine makes people slow."""
    said = Entry(text=written(office.ledger, lease) if text is None else text)
    return office.submit(lease.token, person, said, seconds=2.5, keystrokes=8, confirmed=True)


def key_all(office: Office, *people: str, role: str = "reviewer") -> int:
    """These people key all that they may have, each field in a sitting of its own; gives the number of votes."""
    votes = 0
    while True:
        before = votes
        for person in people:
            sitting = f"{role} {next(_SITTINGS)}"  # never again: it would bar a record whose field is asked once more
            for lease in office.lease(person, sitting, role=role):  # type: ignore[arg-type]
                votes += isinstance(try_to_key(office, person, lease), Submitted)
        if votes == before:
            return votes


def uses(ledger: Ledger, batch_id: str) -> dict[str, FieldUse]:
    """The fields of a batch by their address."""
    with ledger.truth() as truth:
        return {use.address: use for use in truth.uses_in(batch_id)}


def verdicts(ledger: Ledger, crop_id: str) -> tuple[Statement, ...]:
    """What people settled about a crop."""
    with ledger.truth() as truth:
        return truth.verdicts_on([crop_id]).get(crop_id, ())
