"""Why a field went where it went, in words. No sentence holds a value: it may be read by anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from recognizer.errors import LedgerError
from serving.ledger import Ledger
from serving.ledger.desk import Purpose, Task, Vote
from serving.ledger.parts import CropPart
from serving.ledger.statement import FieldUse, Statement
from serving.office.filing import IN_PARTS, task_id_of
from serving.queue import Queue
from serving.truth.story import Story, story_of

WENT = {
    "accept": "It was accepted without a person",
    "audit": "It was accepted, and drawn for an audit: people key it all the same, without the machine's vote",
    "review": "It went to people",
    "rescan": "It is to be scanned again",
}
WHOM = {"expert": "an expert", "reviewer": "reviewers", "verifier": "somebody who verifies"}
RULES = {
    "one_plus_model": "one blind answer equal to the machine's reading settles it",
    "two_plus_tiebreak": "two blind answers that agree settle it, else a third person's, else an expert's",
    "expert": "an expert decides",
    "verify": "somebody who sees the reading among others like it settles it, unless it is struck out",
}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a field is, and why things happened to it, sentence by sentence."""

    use: FieldUse
    sentences: tuple[str, ...]


def explain(ledger: Ledger, name: str, batch_id: str | None = None) -> Explanation:
    """Explain the field that `name` stands for: SCAN:PAGE:FIELD, or the id of a prediction or crop (or its beginning).

    Raises UsageError where it names no field, or several.
    """
    story = story_of(ledger, name, batch_id)
    use = next((use for use in story.uses if use.prediction_id.startswith(name)), story.uses[-1])
    sentences = (*_read(use), *_decided(use), *_asked(ledger, story), *_settled(story))
    return Explanation(use=use, sentences=sentences)


def _read(use: FieldUse) -> Iterator[str]:
    said = use.reading
    what = "a text" if said.outcome == "text" else said.outcome.replace("_", " ")
    sure = f", {said.confidence:.1%} sure" if said.confidence is not None else ""
    yield f"The model {use.bundle_id[:12]} read {what}{sure} (prediction {use.prediction_id[:12]})."


def _decided(use: FieldUse) -> Iterator[str]:
    facts = use.reading.evidence
    yield f"{WENT[use.reading.decision or 'review']}, because: {facts['reason']} (rule {facts['code']})."
    if facts["threshold"] is not None:
        yield f"The threshold of its kind is {facts['threshold']:.1%}."
    else:
        yield "No confidence would have been enough: there is no threshold of its kind."
    if use.probability is not None:
        yield f"Whether it is audited was drawn by lot, with a probability of {use.probability:.2%}."
    yield f"The policy's digest is {use.policy_digest}."


def _asked(ledger: Ledger, story: Story) -> Iterator[str]:
    """What people were asked, and how that stands."""
    queue = Queue(ledger)
    for purpose in get_args(Purpose):
        try:
            task = queue.task(task_id_of(story.crop_id, purpose))
        except LedgerError:
            continue
        if purpose == "gold":  # who may read this may be a reviewer
            continue
        parts = _parts(ledger, story.crop_id) if task.reason == IN_PARTS else ()
        if not parts:
            yield _task(purpose, task, queue.votes(task.task_id))
        for part in parts:
            asked = queue.task(task_id_of(part.part_id, purpose))
            yield f"Part {part.number + 1} of {part.parts}: {_task(purpose, asked, queue.votes(asked.task_id))}"


def _parts(ledger: Ledger, crop_id: str) -> tuple[CropPart, ...]:
    with ledger.truth() as truth:
        return truth.parts.of([crop_id]).get(crop_id, ())


def _task(purpose: Purpose, task: Task, votes: tuple[Vote, ...]) -> str:
    counted = sum(vote.voided is None for vote in votes)
    void = f", {len(votes) - counted} more do not count" if len(votes) > counted else ""
    if task.votes == 0:
        stands = "nothing more is asked"
    elif counted >= task.votes:
        stands = "all wanted answers are in, and will be settled"
    else:
        stands = f"{task.votes - counted} more of {WHOM[task.role]} wanted"
    rule = RULES.get(task.consensus, task.consensus)
    return f"People were asked ({purpose}; {rule}): {counted} answers{void}; {stands}."


def _settled(story: Story) -> Iterator[str]:
    for said in story.statements:
        if said.source != "model":
            yield _verdict(said)


def _verdict(said: Statement) -> str:
    sure = f", {said.confidence:.1%} sure" if said.confidence is not None else ""
    who = {"crowd": "People settled it", "expert": "An expert settled it", "customer": "A customer corrected it"}
    return f"{who[said.source]} on {said.known_at[:10]}{sure}."
