"""What the decisions leave to people becomes tasks in the queue."""

from datetime import datetime, timedelta
from typing import Any

from serving.consensus import Skills
from serving.ledger import Ledger, digest
from serving.ledger.desk import Purpose, Task
from serving.ledger.desk.filing import Unfiled
from serving.office.asking import first_wants, hearing_of, rule_of
from serving.office.paper import Papers
from serving.promise import Policy
from serving.queue import Queue
from serving.truth.belief import belief

AT_ONCE = 500


def task_id_of(crop_id: str, purpose: Purpose) -> str:
    """The id of the question about a crop: the same field is asked about once, however many batches use it. An audit
    is another question than production's: its answer must not rest on what the machine said."""
    return digest("task", crop_id, purpose)


def file_tasks(ledger: Ledger, queue: Queue, policy: Policy, papers: Papers, skills: Skills) -> int:
    """File a task for every field of production that is in review or audited and has none; gives how many are new.

    A batch that is still being read is looked at again the next time, one that is finished never again.
    """
    with ledger.desk_to_read() as desk:
        batches = desk.filing.batches()
    return sum(_file_batch(ledger, queue, batch, policy, papers, skills) for batch in batches)


def _file_batch(ledger: Ledger, queue: Queue, batch: Unfiled, policy: Policy, papers: Papers, skills: Skills) -> int:
    filed = 0
    while True:
        with ledger.desk_to_read() as desk:
            rows = desk.filing.fields(batch.batch_id, AT_ONCE)
        filed += queue.add([_task(ledger, row, batch, policy, papers, skills) for row in rows])
        if len(rows) < AT_ONCE:
            break
    if batch.finished:
        with ledger.desk() as desk:
            desk.filing.done(batch.batch_id)
    return filed


def _task(ledger: Ledger, row: Any, batch: Unfiled, policy: Policy, papers: Papers, skills: Skills) -> Task:
    handling = policy.handling(row.kind, row.form)
    rule = rule_of(handling.consensus, row.purpose)
    field = papers.named(row.form_digest, row.field, row.kind).field
    wants = first_wants(rule, hearing_of(row.purpose, row.outcome, row.text, row.confidence), field, skills)
    known = row.judged and row.purpose == "production" and _is_settled(ledger, row.crop_id)
    return Task(
        task_id=task_id_of(row.crop_id, row.purpose),
        crop_id=row.crop_id,
        field=row.field,
        kind=row.kind,
        consensus=rule,
        purpose=row.purpose,
        prediction_id=row.prediction_id,
        batch_id=row.batch_id,
        record_id=f"{row.batch_id}:{row.scan_no}:{row.page_no}",
        form=row.form,
        value=handling.value,
        due_at=_due_at(batch, policy),
        votes=0 if known else wants.votes,
        role=wants.role,
        reason="people have settled it before" if known else "new",
    )


def _is_settled(ledger: Ledger, crop_id: str) -> bool:
    """Whether people have said what stands there, in another batch or before."""
    with ledger.truth() as truth:
        return belief(truth.verdicts_on([crop_id]).get(crop_id, ())) is not None


def _due_at(batch: Unfiled, policy: Policy) -> str | None:
    if policy.delivery_hours is None:
        return None
    moment = datetime.fromisoformat(batch.started_at) + timedelta(hours=policy.delivery_hours)
    return moment.isoformat(timespec="microseconds")
