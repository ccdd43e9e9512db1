"""What happens with the fields of a page: each for itself, then together, within a budget, and some audited."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from recognizer.form import Field, Form
from recognizer.page import Quality
from serving.audit import AuditPlan, is_drawn
from serving.decision.checks import broken
from serving.decision.decide import decide
from serving.ledger import Decision, Prediction, digest
from serving.promise import Policy, Promise

DOUBT = ("doubtful", "no_promise")
"""Why a field goes to people that could have been accepted, had one been less strict."""

LEAST_AUDITED = 0.002
"""No field is audited with a smaller probability, but for a policy that wants less."""


@dataclass(frozen=True, kw_only=True)
class ReadField:
    """One field of a page as it was read. `promise` is that of the model that read it, where it is not the page's."""

    prediction: Prediction
    field: Field
    quality: Quality | None = None
    promise: Promise | None = None


def decide_page(
    read: Sequence[ReadField], form: Form | None, promise: Promise, salt: str | None = None
) -> tuple[Decision, ...]:
    """One decision for each field of a page.

    Where fields that would be accepted break a check together, all of them go to people: one of them is wrong. Of what
    people need not see for any other reason, no more goes to them than the policy's budget allows. Without a `salt`,
    which foretells what is audited, nothing is.
    """
    decisions = [decide(each.prediction, each.field, form, each.promise or promise, each.quality) for each in read]
    if form is not None and form.checks:
        decisions = _checked(read, decisions, form)
    if promise.policy.budget is not None:
        decisions = _within_budget(read, decisions, form, promise.policy, promise.policy.budget)
    if salt is not None:
        decisions = [
            _audited(each, decision, form, promise.policy, salt)
            for each, decision in zip(read, decisions, strict=True)
        ]  # fmt: skip
    return tuple(decisions)


def _checked(read: Sequence[ReadField], decisions: Sequence[Decision], form: Form) -> list[Decision]:
    by_name = {each.field.name: number for number, each in enumerate(read)}
    values = {
        each.field.name: each.prediction.reading.text
        for each, decision in zip(read, decisions, strict=True)
        if decision.is_accepted
    }
    checked = list(decisions)
    for check, objection in broken(form, values):
        together = [read[by_name[name]].prediction.prediction_id for name in check.fields]
        for name in check.fields:
            before = decisions[by_name[name]]
            checked[by_name[name]] = replace(
                before, decision="review", code=objection.code, reason=objection.reason,
                policy_digest=digest("checked", before.policy_digest, check.model_dump(mode="json"), together),
            )  # fmt: skip
    return checked


def _within_budget(
    read: Sequence[ReadField], decisions: Sequence[Decision], form: Form | None, policy: Policy, budget: int
) -> list[Decision]:
    """Where more fields are doubtful than people have time for, those that cost the least if wrong are accepted."""

    def cost(number: int) -> float:
        doubt = 1 - read[number].prediction.reading.confidence
        return doubt * policy.handling(read[number].field.kind, form.name if form is not None else None).value

    doubtful = [number for number, decision in enumerate(decisions) if decision.code in DOUBT]
    kept = list(decisions)
    for number in sorted(doubtful, key=lambda number: (-cost(number), number))[budget:]:
        kept[number] = replace(
            decisions[number], decision="accept", code="over_budget",
            reason="not as sure as it should be, but the page's budget of reviews is spent on what costs more if wrong",
            policy_digest=digest("budget", decisions[number].policy_digest, sorted(
                (read[other].prediction.prediction_id, cost(other)) for other in doubtful)),
        )  # fmt: skip
    return kept


def _audited(each: ReadField, decision: Decision, form: Form | None, policy: Policy, salt: str) -> Decision:
    """An accepted field is drawn for an audit with the probability that belongs to its kind, doubt and value."""
    handling = policy.handling(each.field.kind, form.name if form is not None else None)
    if not decision.is_accepted or handling.audit == 0:
        return decision
    plan = AuditPlan(rate=handling.audit, floor=min(LEAST_AUDITED, handling.audit))
    probability = plan.probability(each.field.kind, each.prediction.reading.confidence, handling.value)
    drawn = is_drawn(each.prediction.prediction_id, salt, probability)
    return replace(decision, decision="audit" if drawn else "accept", probability=probability)
