"""What is settled about all parts of a field becomes one verdict on the field; and is taken back with any of them."""

from collections.abc import Mapping, Sequence
from math import prod

from serving.consensus import Entry, joined
from serving.ledger.desk import Purpose
from serving.ledger.parts import CropPart
from serving.ledger.statement import WITHDRAWN, Statement, Verdict
from serving.ledger.writing import Writing
from serving.office.filing import task_id_of
from serving.truth.belief import learned

VOID = "its votes were voided"
PARTS = "parts"
"""What settled a field whose parts were settled, each by itself."""


def join(writing: Writing, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts on fields that follow from verdicts on their parts, which are filed: the field's own where all parts
    are settled now, or that it is taken back. Of each purpose by itself: what an audit finds must not rest on votes in
    which the machine had a say."""
    parts = writing.truth.parts.known([verdict.crop_id for verdict in verdicts])
    touched = {
        (parts[verdict.crop_id].crop_id, verdict.evidence["purpose"])
        for verdict in verdicts
        if verdict.crop_id in parts
    }
    found = [_joined(writing, crop_id, purpose) for crop_id, purpose in sorted(touched)]
    return [verdict for verdict in found if verdict is not None]


def _joined(writing: Writing, crop_id: str, purpose: Purpose) -> Verdict | None:
    parts = writing.truth.parts.of([crop_id])[crop_id]
    said = writing.truth.verdicts_on([crop_id, *(part.part_id for part in parts)])
    settled = [_standing(said.get(part.part_id, ()), task_id_of(part.part_id, purpose)) for part in parts]
    before = _standing(said.get(crop_id, ()), task_id_of(crop_id, purpose))
    complete = [one for one in settled if one is not None]
    if len(complete) < len(parts):
        return None if before is None else withdrawn(before)
    verdict = _verdict(crop_id, purpose, parts, complete)
    same = before is not None and (before.outcome, before.text) == (verdict.outcome, verdict.text)
    return None if same and before is not None and before.evidence == verdict.evidence else verdict


def _standing(said: Sequence[Statement], task_id: str) -> Statement | None:
    """The latest that a task came to, unless it was taken back."""
    of_task = [one for one in said if one.evidence.get("task") == task_id]
    latest = max(of_task, key=learned, default=None)
    return None if latest is None or latest.outcome == WITHDRAWN else latest


def _verdict(crop_id: str, purpose: Purpose, parts: Sequence[CropPart], settled: Sequence[Statement]) -> Verdict:
    """It rests on the votes on all parts, and is right if each of them is. Nobody saw the whole: it is the crowd's,
    whoever settled the parts. No id of a part's verdict stands there: it is a digest of a few signs."""
    entry = joined([Entry(text=one.text, outcome=one.outcome) for one in settled])  # type: ignore[arg-type]  # as it was
    return Verdict(
        crop_id=crop_id,
        source="crowd",
        outcome=entry.outcome,
        text=entry.text,
        confidence=round(prod(one.confidence or 0.0 for one in settled), 6),
        by=str(settled[0].evidence["rule"]),
        evidence={
            "task": task_id_of(crop_id, purpose),
            "purpose": purpose,
            "rule": settled[0].evidence["rule"],
            "by": PARTS,
            "votes": [token for one in settled for token in one.evidence["votes"]],
            "parts": [task_id_of(part.part_id, purpose) for part in parts],
            "policy_digest": settled[0].evidence["policy_digest"],
        },
    )


def withdrawn(said: Statement) -> Verdict:
    """That a verdict is taken back, by the same source."""
    evidence: Mapping[str, object] = {
        "task": said.evidence["task"], "purpose": said.evidence["purpose"], "reason": VOID,
        "verdict": said.statement_id,
    }  # fmt: skip
    return Verdict(
        crop_id=said.crop_id,
        source="expert" if said.source == "expert" else "crowd",
        outcome=WITHDRAWN,
        text="",
        by=said.by,
        evidence=evidence,
    )
