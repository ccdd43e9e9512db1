"""The pairs of a trial with what people made of them: from rows to what the comparison compares."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recognizer.form import Field
from serving.ledger import Ledger, Prediction
from serving.ledger.numbers import Scope
from serving.ledger.statement import FieldUse
from serving.ledger.trial import TrialPair, TrialVote
from serving.metrics.accuracy import BLIND, heard_blind
from serving.trial.pair import Pair, Side
from serving.truth.agreement import Fields, says_same
from serving.truth.belief import belief

Words = tuple[str, str]
"""Outcome and text."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A pair with both predictions, what is known to stand there (None: nothing yet), and where the field is."""

    row: TrialPair
    pair: Pair
    champion: Prediction
    challenger: Prediction | None
    truth: Words | None
    use: FieldUse | None


def judged(ledger: Ledger, trial_id: str) -> tuple[Judged, ...]:
    """The pairs of a trial in the order in which they came, as far as is known now.

    What is known rests on blind answers alone, and on gold where a pair is gold: where the champion's reading was
    shown or had a vote, an answer says nothing of who is better.
    """
    with ledger.trials_to_read() as rows:
        pairs = rows.pairs(trial_id)
        crops = [pair.crop_id for pair in pairs]
        votes, gold = rows.votes(crops, BLIND), rows.known(crops)
    read = ledger.predictions([each for pair in pairs for each in (pair.champion_id, pair.challenger_id) if each])
    with ledger.numbers(Scope()) as numbers:
        believed = {crop_id: belief(heard) for crop_id, heard in heard_blind(numbers, crops).items()}
        uses = {use.crop_id: use for use in numbers.truth.uses_of(crops)}
        fields = Fields(numbers.truth.form_definition)
        defined = {crop_id: fields.of(use) for crop_id, use in uses.items()}
    known = {crop_id: (said.outcome, said.text) for crop_id, said in believed.items() if said is not None}
    by_crop = defaultdict[str, list[TrialVote]](list)
    for vote in votes:
        by_crop[vote.crop_id].append(vote)
    found = []
    for row in pairs:
        truth = gold.get(row.crop_id) if row.is_gold else known.get(row.crop_id)
        both = read[row.champion_id], read.get(row.challenger_id or "")
        pair = _pair(row, both, truth, by_crop[row.crop_id], defined.get(row.crop_id))
        found.append(Judged(
            row=row, pair=pair, champion=both[0], challenger=both[1], truth=truth, use=uses.get(row.crop_id)
        ))  # fmt: skip
    return tuple(found)


def _pair(
    row: TrialPair, both: tuple[Prediction, Prediction | None], truth: Words | None, votes: Sequence[TrialVote],
    field: Field | None,
) -> Pair:  # fmt: skip
    champion, challenger = _words(both[0]), _words(both[1]) if both[1] is not None else None
    right: dict[str, Any] = {}
    if truth is not None:
        right = {
            "champion_right": says_same(champion, truth, field),
            "challenger_right": challenger is not None and says_same(challenger, truth, field),
        }
    sides = {} if row.agree else {
        vote.person: _side((vote.outcome, vote.text), champion, challenger, field) for vote in votes
    }  # fmt: skip
    return Pair(
        crop_id=row.crop_id, kind=row.kind, quality=row.quality, agree=row.agree, probability=row.probability,
        asked=row.asked, votes=sides, sure=both[1].reading.confidence if both[1] is not None else 0.0,
        champion_sure=both[0].reading.confidence, accepted=row.accepted, is_gold=row.is_gold, **right,
    )  # fmt: skip


def _side(vote: Words, champion: Words, challenger: Words | None, field: Field | None) -> Side:
    if says_same(vote, champion, field):
        return "champion"
    if challenger is not None and says_same(vote, challenger, field):
        return "challenger"
    return "neither"


def _words(prediction: Prediction) -> Words:
    return prediction.reading.outcome, prediction.reading.text
