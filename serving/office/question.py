"""What a person is shown: one field, and never what the machine read, nor whether the answer is known."""

from dataclasses import dataclass

from recognizer.errors import LedgerError
from recognizer.form import Field
from serving.consensus import Blind, Entry, Skills, settle
from serving.consensus.policy import Wants
from serving.ledger import Ledger
from serving.ledger.desk import Lease
from serving.office.asking import policy_of
from serving.office.paper import Papers
from serving.office.settling import entry_of, vote_of


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody keyed, without a name."""

    entry: Entry
    role: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """One field on somebody's desk: its definition, what the paper says beside it, and its picture (PNG, 8 bit grey).

    Experts also see `votes`, what others keyed (without names), and a `suggestion`: what these spell together.
    `disagreement` says in words why an expert is asked. Of reviewers, these are empty.
    """

    lease: Lease
    field: Field
    label: str
    title: str
    png: bytes
    dpi: float
    votes: tuple[Said, ...] = ()
    suggestion: Entry | None = None
    disagreement: str = ""


def question_of(ledger: Ledger, lease: Lease, papers: Papers, skills: Skills) -> Question:
    """The question of a lease. Raises LedgerError where its picture is gone."""
    with ledger.desk_to_read() as desk, ledger.truth() as truth:
        picture = desk.tasks.picture(lease.crop_id)
        paper = papers.of(truth, lease.crop_id, lease.field, lease.kind)
        task = desk.tasks.find(lease.task_id) if lease.role == "expert" else None
        votes = desk.votes.of_task(lease.task_id) if lease.role == "expert" else ()
    if picture is None:
        raise LedgerError(f"the ledger has no picture of the crop {lease.crop_id}")
    counted = [vote for vote in votes if vote.voided is None and vote.role == "reviewer"]
    suggestion, disagreement = None, ""
    if task is not None and counted:
        # People alone are heard here: what an expert is shown must not come from the machine.
        people, blind = [vote_of(vote) for vote in counted], Blind(purpose=task.purpose)
        found = settle(people, blind, policy_of("expert"), paper.field, skills)
        suggestion = found.suggestion if isinstance(found, Wants) else None
        answers = len({(vote.outcome, vote.text) for vote in counted})
        disagreement = f"{len(counted)} people gave {answers} different answers" if answers > 1 else task.reason
    return Question(
        lease=lease,
        field=paper.field,
        label=paper.label,
        title=paper.title,
        png=picture[0],
        dpi=picture[1],
        votes=tuple(Said(entry=entry_of(vote), role=vote.role) for vote in counted),
        suggestion=suggestion,
        disagreement=disagreement,
    )
