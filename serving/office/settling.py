"""What becomes of a task that has its votes: a verdict, or more is wanted; and of a verdict whose votes were voided.

Verdict and task change in one transaction, so that whatever happens in between, a field is settled once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recognizer.form import Field
from serving.consensus import Entry, Settled, Skills, Vote, Wants, same, settle
from serving.ledger import digest
from serving.ledger.desk import Task
from serving.ledger.desk import Vote as Cast
from serving.ledger.statement import Statement, Verdict
from serving.ledger.writing import Writing
from serving.office.asking import hearing_on, policy_of
from serving.office.filing import KNOWN
from serving.office.joining import join, withdrawn
from serving.office.paper import Papers
from serving.queue.need import want
from serving.queue.rules import Rules
from serving.truth.belief import belief
from serving.truth.settle import settle as file_verdicts

Came = Literal["settled", "asked_again", "to_expert", "reopened"]
SETTLED = "settled"
ELSEWHERE = "people have settled it elsewhere"
CLOSED = (ELSEWHERE, KNOWN)
"""Why a task asks nothing whose own votes did not settle it."""
NO_AGREEMENT = {
    "verifier": "the reading is to be seen among others like it",
    "reviewer": "no agreement yet: one more answer",
    "expert": "no agreement: an expert decides",
}


@dataclass(frozen=True, kw_only=True)
class Settler:
    """Settles tasks with what is known of people now."""

    skills: Skills
    papers: Papers
    rules: Rules

    def settle(self, writing: Writing, task_ids: Sequence[str]) -> Counter[Came]:
        """Settle those of the tasks that have the votes that they want, or say what more they want."""
        hold(writing, task_ids)
        desk, came = writing.desk, Counter[Came]()
        verdicts: list[Verdict] = []
        for task_id in sorted(task_ids):
            desk.tasks.lock(task_id)
            task = desk.tasks.find(task_id)
            if task is None or task.votes == 0:
                desk.line.incomplete(task_id)
            elif desk.votes.valid(task_id, task.role) >= task.votes:
                came[self._conclude(writing, task, verdicts)] += 1
        self._file(writing, verdicts)
        return came

    def settle_again(self, writing: Writing, task_ids: Sequence[str]) -> Counter[Came]:
        """Look anew at tasks of which votes were voided, whose records are held and which are locked.

        What the other votes settle stays settled, by them; else the verdict is taken back and the field is asked again.
        """
        came, verdicts = Counter[Came](), list[Verdict]()
        for task_id in sorted(task_ids):
            task = writing.desk.tasks.find(task_id)
            if task is None or task.votes == 0:
                continue
            fallen = self._fallen(writing, task)
            came[self._conclude(writing, task, verdicts)] += 1
            if fallen is not None and not any(verdict.crop_id == task.crop_id for verdict in verdicts):
                verdicts.append(withdrawn(fallen))
                came["reopened"] += 1
        self._file(writing, verdicts)
        return came

    def close_known(self, writing: Writing, tasks: Sequence[tuple[str, str]]) -> Counter[Came]:
        """Ask no more about tasks whose field people have settled elsewhere: an audit did, or a customer. A verdict
        that rests on void votes is taken back instead. Tasks as (task_id, crop_id)."""
        came, verdicts = Counter[Came](), list[Verdict]()
        hold(writing, [task_id for task_id, _ in tasks])
        for task_id, _ in sorted(tasks):
            writing.desk.tasks.lock(task_id)
            task = writing.desk.tasks.find(task_id)
            if task is None or task.votes == 0:
                continue
            fallen = self._fallen(writing, task)
            if fallen is not None:
                verdicts.append(withdrawn(fallen))
                came["reopened"] += 1
            elif self._believed(writing, task) is not None:
                want(writing.desk, task_id, 0, task.role, ELSEWHERE, self.rules)
                came["settled"] += 1
        self._file(writing, verdicts)
        return came

    def reopen_known(self, writing: Writing, tasks: Sequence[tuple[str, str]]) -> Counter[Came]:
        """Ask again about tasks that were closed by what was taken back since: a customer was wrong. What their own
        votes settle is settled by them. Tasks as (task_id, crop_id)."""
        came, verdicts = Counter[Came](), list[Verdict]()
        hold(writing, [task_id for task_id, _ in tasks])
        for task_id, _ in sorted(tasks):
            writing.desk.tasks.lock(task_id)
            task = writing.desk.tasks.find(task_id)
            if task is None or task.votes or task.reason not in CLOSED or self._believed(writing, task) is not None:
                continue
            self._conclude(writing, task, verdicts)
            came["reopened"] += 1
        self._file(writing, verdicts)
        return came

    def _conclude(self, writing: Writing, task: Task, verdicts: list[Verdict]) -> Came:
        """Say what a task wants now; where it is settled, its verdict joins those that are to be filed."""
        paper = self.papers.of(writing.truth, task.crop_id, task.field, task.kind)
        votes = writing.desk.votes.of_task(task.task_id)
        known = writing.read_back([task.prediction_id]) if task.prediction_id else {}
        hearing = hearing_on(task.purpose, known.get(task.prediction_id or ""), paper.part)
        found = settle([vote_of(vote) for vote in votes], hearing, policy_of(task.consensus), paper.field, self.skills)
        if isinstance(found, Wants):
            total = writing.desk.votes.valid(task.task_id, found.role) + found.votes
            want(writing.desk, task.task_id, total, found.role, NO_AGREEMENT[found.role], self.rules)
            return "to_expert" if found.role == "expert" else "asked_again"
        verdicts.append(_verdict(task, found, votes, paper.field))
        want(writing.desk, task.task_id, 0, task.role, SETTLED, self.rules)
        return "settled"

    def _file(self, writing: Writing, verdicts: Sequence[Verdict]) -> None:
        """File verdicts, and what those on parts come to for the fields that they are parts of."""
        file_verdicts(writing, verdicts)
        file_verdicts(writing, join(writing, verdicts))

    def _believed(self, writing: Writing, task: Task) -> Statement | None:
        """What is believed of the field of a task, of which it may ask a part."""
        part = self.papers.of(writing.truth, task.crop_id, task.field, task.kind).part
        crop_id = task.crop_id if part is None else part.crop_id
        return belief(writing.truth.verdicts_on([crop_id]).get(crop_id, ()))

    def _fallen(self, writing: Writing, task: Task) -> Statement | None:
        """The verdict that is believed and rests on a vote on this task that does not count any more."""
        said = belief(writing.truth.verdicts_on([task.crop_id]).get(task.crop_id, ()))
        if said is None or said.evidence.get("task") != task.task_id:
            return None
        void = {vote.token for vote in writing.desk.votes.of_task(task.task_id) if vote.voided is not None}
        return said if void & set(said.evidence.get("votes", ())) else None


def hold(writing: Writing, task_ids: Sequence[str]) -> None:
    """Let nobody else change the records that these tasks are about before the transaction has ended. It comes before
    the locks of tasks, as with erasures, so that no two wait for each other."""
    tasks = [writing.desk.tasks.find(task_id) for task_id in task_ids]
    crops = {task.crop_id for task in tasks if task is not None}
    wholes = {part.crop_id for part in writing.truth.parts.known(crops).values()}
    writing.hold({use.record for use in writing.truth.uses_of(crops | wholes)})


def vote_of(vote: Cast) -> Vote:
    """A vote as consensus knows it."""
    return Vote(person=vote.person, entry=entry_of(vote), role=vote.role, voided=vote.voided is not None)


def entry_of(vote: Cast) -> Entry:
    """What a vote says."""
    return Entry(text=vote.text, outcome=vote.outcome)  # type: ignore[arg-type]  # it was an Entry when it came in


def _verdict(task: Task, found: Settled, votes: Sequence[Cast], field: Field) -> Verdict:
    """The verdict with what it rests on: what it was asked for, and the votes that say it.

    `by` is the rule that settled it; where an expert did, the person.
    """
    valid = [vote for vote in votes if vote.voided is None]
    experts = [vote for vote in valid if vote.role == "expert"][-1:]
    agreeing = experts if found.by == "expert" else [vote for vote in valid if same(entry_of(vote), found.entry, field)]
    return Verdict(
        crop_id=task.crop_id,
        source="expert" if found.by == "expert" else "crowd",
        outcome=found.entry.outcome,
        text=found.entry.text,
        confidence=round(found.confidence, 6),
        by=experts[0].person if found.by == "expert" else task.consensus,
        evidence={
            "task": task.task_id,
            "purpose": task.purpose,
            "rule": task.consensus,
            "by": found.by,
            "votes": [vote.token for vote in agreeing],
            "policy_digest": digest("consensus", policy_of(task.consensus)),
        },
    )
