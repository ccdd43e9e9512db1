"""What the votes on one field settle, or what is missing."""

from collections.abc import Mapping, Sequence
from typing import Literal

from recognizer.form import Field
from serving.consensus.answer import Entry, Key, as_typed, key
from serving.consensus.policy import Assisted, Hearing, Policy, Settled, Vote, Wants
from serving.consensus.posterior import posterior
from serving.consensus.rover import combined
from serving.consensus.skill import Skills

NOTHING_KNOWN = Skills()


def settle(
    votes: Sequence[Vote], hearing: Hearing, policy: Policy, field: Field, skills: Skills = NOTHING_KNOWN
) -> Settled | Wants:
    """What the votes come to under a policy. Their order counts only for a person who voted twice: the last vote does.

    Voided votes do not count. An expert's vote settles, the latest of several. Explicit non-answers are answers: two
    people who say `illegible` settle that nobody can read it. The machine's reading is heard in an `Assisted` hearing
    under `one_plus_model` and nowhere else.
    """
    if policy.rule == "verify" and (verified := _verified(votes, hearing)):
        return verified
    people = [vote for vote in counted(votes) if vote.role != "verifier"]
    voices = heard(people, field, skills)
    experts = [vote for vote in voices if vote.role == "expert"]
    machine = _model_vote(hearing, policy, field)
    if experts:
        final, chances = experts[-1].entry, posterior(voices, field, skills)
        return Settled(entry=as_typed([final], field), confidence=chances[key(final, field)], by="expert")
    if policy.rule == "expert":
        return Wants(votes=1, role="expert", suggestion=_suggestion(voices, field, skills))
    agreed = _agreed(voices, posterior(voices, field, skills, machine), machine, policy, field)
    if agreed or len(people) < policy.most_reviewers:
        first = 1 if machine else 2
        return agreed or Wants(votes=max(1, first - len(voices)), role="reviewer")
    return Wants(votes=1, role="expert", suggestion=_suggestion(voices, field, skills))


def _verified(votes: Sequence[Vote], hearing: Hearing) -> Settled | Wants | None:
    """A verifier's word, or that it is wanted; None where people key the field: the machine read nothing there, or a
    verifier struck its reading out.

    How often people overlook a wrong one among right ones is not known, so the verdict is as sure as the reading was.
    """
    if not isinstance(hearing, Assisted) or any(not vote.voided and vote.role != "verifier" for vote in votes):
        return None
    valid = [vote for vote in votes if not vote.voided]
    if not valid:
        return Wants(votes=1, role="verifier")
    return Settled(entry=valid[-1].entry, confidence=hearing.confidence, by="verifier")


def counted(votes: Sequence[Vote]) -> list[Vote]:
    """The votes that count: not voided, of everybody the last."""
    return list({vote.person: vote for vote in votes if not vote.voided}.values())


def heard(votes: Sequence[Vote], field: Field, skills: Skills) -> list[Vote]:
    """One vote per voice: of a circle of people who say the same, the most skilled speaks for all."""
    voices: dict[tuple[frozenset[str], Key], Vote] = {}
    for vote in sorted(votes, key=lambda vote: (skills.accuracy(vote, field), vote.person)):
        voices[skills.circle_of(vote.person), key(vote.entry, field)] = vote
    speakers = {vote.person for vote in voices.values()}
    return [vote for vote in votes if vote.person in speakers or vote.role == "expert"]


def _model_vote(hearing: Hearing, policy: Policy, field: Field) -> tuple[Key, float] | None:
    if isinstance(hearing, Assisted) and policy.rule == "one_plus_model":
        return key(hearing.machine, field), hearing.confidence
    return None


def _agreed(
    voices: Sequence[Vote],
    chances: Mapping[Key, float],
    machine: tuple[Key, float] | None,
    policy: Policy,
    field: Field,
) -> Settled | None:
    """The most probable answer if two said it, the machine being one at most, and it is probable enough."""
    if not voices:
        return None
    best = max(chances, key=lambda answer: (chances[answer], answer))
    entries = [vote.entry for vote in voices if key(vote.entry, field) == best]
    second = machine is not None and machine[0] == best
    if not entries or len(entries) + second < 2 or chances[best] < policy.least_confidence:
        return None
    by: Literal["agreement", "person_and_model"] = "agreement" if len(entries) > 1 else "person_and_model"
    return Settled(entry=as_typed(entries, field), confidence=chances[best], by=by)


def _suggestion(voices: Sequence[Vote], field: Field, skills: Skills) -> Entry | None:
    """What an expert is shown first: the most probable answer; of texts, what they spell together."""
    if not voices:
        return None
    chances = posterior(voices, field, skills)
    best = max(chances, key=lambda answer: (chances[answer], answer))
    if best[0] != "text" or field.options or field.lexicon is not None or field.is_marks:
        return as_typed([vote.entry for vote in voices if key(vote.entry, field) == best], field)
    texts = [(vote.entry.text, skills.accuracy(vote, field)) for vote in voices if vote.entry.outcome == "text"]
    spelled = combined([text for text, _ in texts], [accuracy for _, accuracy in texts])
    return Entry(text=spelled) if spelled.strip() else None
