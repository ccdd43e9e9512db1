"""Accept or review: what happens with a prediction, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recognizer.confidence import claim_of
from recognizer.form import Field, Form
from serving.decision.checks import broken
from serving.decision.validity import Objection, objection
from serving.ledger import Decision, Prediction, digest
from serving.promise import Promise

POLICY_VERSION = 2
"""Raised whenever the same prediction may be decided otherwise than before."""

NON_ANSWERS = {
    "illegible": "something is written there, but it cannot be read",
    "struck_out": "what was written there is crossed out",
    "wrong_crop": "what is shown is no answer: print, rules, or pieces of other lines",
    "ambiguous": "more than one answer is possible",
    "unaligned": "the field was not found on the page",
}


def decide(prediction: Prediction, field: Field, form: Form | None, promise: Promise) -> Decision:
    """Accept or review. `form` is None for a field that came without a form.

    A field that must be looked at, explicit non-answers and impossible values go to a person whatever the confidence;
    the rest by threshold: the field's, else the form's for its kind, else the one that keeps the promise. Where the
    labels do not support one yet, all go to review.
    """
    threshold, why_none = threshold_of(prediction, field, form, promise)
    verdict = _refused(prediction, field, form) or _judged(prediction.reading.confidence, threshold, why_none)
    return Decision(
        prediction_id=prediction.prediction_id,
        policy_digest=policy_digest(field, threshold, promise),
        decision="accept" if verdict.code == "confident" else "review",
        code=verdict.code,
        reason=verdict.reason,
        threshold=threshold,
    )


def decide_page(
    answers: Sequence[tuple[Prediction, Field]], form: Form | None, promise: Promise
) -> tuple[Decision, ...]:
    """One decision for each field of a page: each for itself, then the form's checks across fields.

    Where fields that would be accepted break a check together, all of them go to a person: one of them is wrong.
    """
    decisions = tuple(decide(prediction, field, form, promise) for prediction, field in answers)
    if form is None or not form.checks:
        return decisions
    by_name = {field.name: number for number, (_, field) in enumerate(answers)}
    values = {
        field.name: prediction.reading.text
        for (prediction, field), decision in zip(answers, decisions, strict=True)
        if decision.decision == "accept"
    }
    checked = list(decisions)
    for check, complaint in broken(form, values):
        together = [answers[by_name[name]][0].prediction_id for name in check.fields]
        for name in check.fields:
            before = decisions[by_name[name]]
            checked[by_name[name]] = replace(
                before, decision="review", code=complaint.code, reason=complaint.reason,
                policy_digest=digest("checked", before.policy_digest, check.model_dump(mode="json"), together),
            )  # fmt: skip
    return tuple(checked)


def threshold_of(prediction: Prediction, field: Field, form: Form | None, promise: Promise) -> tuple[float | None, str]:
    """The least confidence with which a reading is accepted; None, and why, where no confidence is enough."""
    named = field.review.threshold
    if named is None and form is not None:
        named = form.thresholds.get(field.kind)
    if named is not None:
        return named, ""
    kind = claim_of(field, prediction.reading.outcome)
    promised = promise.threshold(kind, form.name if form is not None else None)
    return promised.value, promised.reason


def _judged(confidence: float, threshold: float | None, why_none: str) -> Objection:
    if threshold is None:
        return Objection(code="no_promise", reason=why_none)
    if confidence >= threshold:
        return Objection(code="confident", reason="at least as sure as the threshold demands")
    return Objection(code="doubtful", reason="less sure than the threshold demands")


def policy_digest(field: Field, threshold: float | None, promise: Promise) -> str:
    """The id of everything that a decision depends on beside the prediction."""
    definition = field.model_dump(mode="json", exclude={"box", "label", "printed_box", "comb"})
    return digest("policy", POLICY_VERSION, threshold, definition, promise.digest)


def _refused(prediction: Prediction, field: Field, form: Form | None) -> Objection | None:
    """Why a person must look, whatever the confidence."""
    reading = prediction.reading
    if reading.outcome in NON_ANSWERS:
        return Objection(code=reading.outcome, reason=NON_ANSWERS[reading.outcome])
    if reading.outcome == "blank":
        found = _missing(field)
    else:
        found = (
            None
            if field.kind == "signature"
            else objection(reading.text, field, form.folder if form is not None else Path())
        )
    if found is None and field.review.always:
        return Objection(code="always", reason="every reading of this field is looked at")
    return found


def _missing(field: Field) -> Objection | None:
    if not field.rules.required:
        return None
    if field.kind == "signature":
        return Objection(code="signature_missing", reason="it must be signed and is not")
    return Objection(code="required_blank", reason="it must be filled in and is blank")
