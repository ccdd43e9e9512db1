"""What the decisions leave to people becomes tasks in the queue."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from recognizer.form import Field
from recognizer.form.cells import cells_of
from serving.consensus import Blind, Hearing, Skills
from serving.consensus.policy import Rule
from serving.ledger import Ledger, digest
from serving.ledger.desk import Purpose, Task
from serving.ledger.desk.filing import Unfiled
from serving.ledger.parts import CropPart
from serving.ledger.statement import RecordKey
from serving.office.asking import first_wants, hearing_of, hearing_on_part, rule_of, rule_of_parts
from serving.office.paper import Papers
from serving.promise import Policy
from serving.queue import Queue
from serving.truth.agreement import of_part
from serving.truth.belief import belief

AT_ONCE = 500
NEW, IN_PARTS, KNOWN = "new", "asked in parts", "people have settled it before"
"""Why a task wants what it does at first."""

Became = Literal["asked", "with_people", "settled", "rescan", "erased"]
"""What became of a field that is doubted: people are asked now; were asked, or will be since it was in review; have
settled it; it is to be scanned again; it is erased."""


def task_id_of(crop_id: str, purpose: Purpose) -> str:
    """The id of the question about a crop: the same field is asked about once, however many batches use it. An audit
    is another question than production's: its answer must not rest on what the machine said."""
    return digest("task", crop_id, purpose)


@dataclass(frozen=True, kw_only=True)
class Clerk:
    """Puts fields to people under a policy, as it is known now how well these read."""

    ledger: Ledger
    queue: Queue
    policy: Policy
    papers: Papers
    skills: Skills

    def file_tasks(self) -> int:
        """File a task for every field of production that is in review or audited and has none; gives how many are new.

        A batch that is still being read is looked at again the next time, one that is finished never again.
        """
        with self.ledger.desk_to_read() as desk:
            batches = desk.filing.batches()
        return sum(self._file_batch(batch) for batch in batches)

    def _file_batch(self, batch: Unfiled) -> int:
        filed = 0
        while True:
            with self.ledger.desk_to_read() as desk:
                rows = desk.filing.fields(batch.batch_id, AT_ONCE)
            filed += self.queue.add(task for row in rows for task in self._first_tasks(row, batch))
            if len(rows) < AT_ONCE:
                break
        if batch.finished:
            with self.ledger.desk() as desk:
                desk.filing.done(batch.batch_id)
        return filed

    def doubt(self, prediction_ids: Collection[str], reason: str) -> Counter[Became]:
        """Put fields to people that were accepted, and say what became of all; again is harmless.

        The machine is what is doubted: it has no say in what settles them. What they were accepted as stands until
        people settle it, so that no record loses a value meanwhile. They are a choice, no sample: the purpose is
        production, and no estimate rests on them.
        """
        with self.ledger.desk_to_read() as desk:
            rows = desk.filing.of_predictions(prediction_ids)
        by_crop: dict[str, list[Any]] = {}
        for row in rows:
            by_crop.setdefault(row.crop_id, []).append(row)
        became = {crop_id: self._becomes(of) for crop_id, of in by_crop.items()}
        new = [of[0] for crop_id, of in by_crop.items() if became[crop_id] == "asked"]
        self.queue.add(task for row in new for task in self._blindly(row, reason))
        return Counter(became.values())

    def compare(self, prediction_ids: Collection[str], reason: str) -> int:
        """Put fields to people on which models differ, blind, and say how many are new; again is harmless.

        What is audited is asked blind already, and answers a trial too.
        """
        with self.ledger.desk_to_read() as desk:
            rows = desk.filing.of_predictions(prediction_ids, "trial")
        audited = {row.crop_id for row in rows if row.decision == "audit"}
        new = {row.crop_id: row for row in rows if not (row.asked or row.erased or row.crop_id in audited)}
        return self.queue.add(task for row in new.values() for task in self._blindly(row, reason))

    def _becomes(self, rows: list[Any]) -> Became:
        """Of one crop, wherever it is used."""
        first, decided = rows[0], {row.decision for row in rows}
        if first.erased:
            return "erased"
        if first.judged and _is_settled(self.ledger, first.crop_id):
            return "settled"
        if first.asked or decided & {"review", "audit"}:
            return "with_people"
        return "asked" if "accept" in decided else "rescan"

    def _first_tasks(self, row: Any, batch: Unfiled) -> Iterator[Task]:
        rule = rule_of(self.policy.handling(row.kind, row.form).consensus, row.purpose)
        known = row.judged and row.purpose == "production" and _is_settled(self.ledger, row.crop_id)
        hearing = hearing_of(row.purpose, row.outcome, row.text, row.confidence)
        wanted = {"due_at": _due_at(batch, self.policy)} | ({"votes": 0, "reason": KNOWN} if known else {})
        return self._tasks(row, rule, hearing, wanted)

    def _blindly(self, row: Any, reason: str) -> Iterator[Task]:
        """The tasks of a field in which no machine has a say, whatever the purpose."""
        rule = rule_of(self.policy.handling(row.kind, row.form).consensus, "audit")
        return self._tasks(row, rule, Blind(purpose=row.purpose), {"reason": reason})

    def _tasks(self, row: Any, rule: Rule, hearing: Hearing, wanted: dict[str, Any]) -> Iterator[Task]:
        """The task of a field; or those of its parts, and then, as the sign that all of them are filed, the field's
        own, which asks nothing."""
        field = self.papers.named(row.form_digest, row.field, row.kind).field
        whole = replace(self._task(row, rule, field, hearing), **wanted)
        parts = self._parts(row, field)
        for part in parts:
            yield self._of_part(whole, part, of_part(field, part), hearing)
        yield replace(whole, votes=0, reason=IN_PARTS) if parts else whole

    def _task(self, row: Any, rule: Rule, field: Field, hearing: Hearing) -> Task:
        wants = first_wants(rule, hearing, field, self.skills)
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
            value=self.policy.handling(row.kind, row.form).value,
            votes=wants.votes,
            role=wants.role,
            reason=NEW,
        )

    def _parts(self, row: Any, field: Field) -> tuple[CropPart, ...]:
        """The parts in which a field is asked about; none where the policy wants it whole, or it cannot be cut."""
        record = row.batch_id, row.scan_no, row.page_no
        return cut_for(self.ledger, self.policy, row.crop_id, field, (row.kind, row.form), record)

    def _of_part(self, whole: Task, part: CropPart, field: Field, hearing: Hearing) -> Task:
        rule = rule_of_parts(whole.consensus)  # type: ignore[arg-type]  # it was a rule when the whole got it
        wants = first_wants(rule, hearing_on_part(hearing, part), field, self.skills)
        return replace(
            whole,
            task_id=task_id_of(part.part_id, whole.purpose),
            crop_id=part.part_id,
            consensus=rule,
            votes=wants.votes if whole.votes else 0,
            role=wants.role,
        )


def cut_for(
    ledger: Ledger, policy: Policy, crop_id: str, field: Field, place: tuple[str, str | None], record: RecordKey
) -> tuple[CropPart, ...]:
    """Cut a crop into the parts that a policy wants of its kind and form (`place`); none where it wants it whole, or
    the field cannot be cut. Again is harmless: what was cut stays so."""
    wanted, cells = policy.parts(*place), cells_of(field)
    if wanted < 2 or cells is None:
        return ()
    with ledger.writing() as writing:
        writing.hold([record])
        return writing.cut(crop_id, min(wanted, len(cells)), len(cells))


def _is_settled(ledger: Ledger, crop_id: str) -> bool:
    """Whether people have said what stands there, in another batch or before."""
    with ledger.truth() as truth:
        return belief(truth.verdicts_on([crop_id]).get(crop_id, ())) is not None


def _due_at(batch: Unfiled, policy: Policy) -> str | None:
    if policy.delivery_hours is None:
        return None
    moment = datetime.fromisoformat(batch.started_at) + timedelta(hours=policy.delivery_hours)
    return moment.isoformat(timespec="microseconds")
