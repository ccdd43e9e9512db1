"""How well everybody reads, learned from all votes so far: skills, and who says the same wrong things as whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from serving.consensus import Ballot, Entry, Skills, Vote, circles, estimate_skills, key, same, suspicions
from serving.ledger import Ledger
from serving.ledger.parts import CropPart
from serving.ledger.statement import Statement
from serving.office.paper import Papers
from serving.queue.voiding import TAKEN_BACK
from serving.truth.belief import belief

MOST = 20_000
"""So many of the latest votes are learned from."""


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """One field with its votes; `settled` is what is believed of it, `sure` whether that is beyond the votes."""

    ballot: Ballot
    settled: Entry | None


def learn(ledger: Ledger, papers: Papers) -> Skills:
    """Everybody's skills, from what they said blind. What somebody took back does not count; what was voided does: it
    tells about its author."""
    with ledger.desk_to_read() as desk:
        rows = [row for row in desk.judging.ballots(MOST) if row.voided != TAKEN_BACK and row.role != "verifier"]
        forms = desk.judging.forms()
    with ledger.truth() as truth:
        verdicts = truth.verdicts_on({row.crop_id for row in rows})
        parts = truth.parts.known({row.crop_id for row in rows})
    by_task = groupby(sorted(rows, key=lambda row: (row.task_id, row.token)), key=lambda row: row.task_id)
    heard = [_heard(list(some), forms, verdicts, parts, papers) for _, some in by_task]
    known = [one for one in heard if one.settled is not None]
    wrong = [mistakes for mistakes in map(_mistakes, known) if len(mistakes) > 1]
    return estimate_skills([one.ballot for one in heard], circles(suspicions(wrong)))


def _heard(
    rows: Sequence[Any],
    forms: dict[str, str],
    verdicts: dict[str, tuple[Statement, ...]],
    parts: dict[str, CropPart],
    papers: Papers,
) -> _Heard:
    first = rows[0]
    part = parts.get(first.crop_id)
    field = papers.named(forms.get(first.form or ""), first.field, first.kind, part).field
    votes = tuple(
        Vote(
            person=row.person_id, entry=_entry(row.outcome, row.text), role=row.role, voided=row.voided is not None
        )
        for row in rows
    )  # fmt: skip
    if first.true_outcome is not None:
        true = _entry(first.true_outcome, first.true_text)
        return _Heard(ballot=Ballot(field=field, votes=votes, truth=true), settled=true)
    said = belief(verdicts.get(first.crop_id, ()))
    settled = None if said is None or said.outcome == "unaligned" else _entry(said.outcome, said.text)
    truth = settled if said is not None and said.source in ("expert", "customer") else None
    return _Heard(ballot=Ballot(field=field, votes=votes, truth=truth), settled=settled)


def _mistakes(heard: _Heard) -> dict[str, tuple[str, str]]:
    """Who was wrong about a field, and how."""
    field, settled = heard.ballot.field, heard.settled
    assert settled is not None
    return {
        vote.person: key(vote.entry, field)
        for vote in heard.ballot.votes
        if vote.role == "reviewer" and not same(vote.entry, settled, field)
    }


def _entry(outcome: str, text: str) -> Entry:
    return Entry(outcome=outcome, text=text)  # type: ignore[arg-type]  # it was an Entry when it came in
