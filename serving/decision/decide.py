"""Accept or review: what happens with a prediction, and why."""

from pathlib import Path

from recognizer.form import Field, Form, Kind
from serving.decision.validity import Objection, objection
from serving.ledger import Decision, Prediction, digest

POLICY_VERSION = 1
"""Raised whenever the same prediction may be decided otherwise than before."""

DEFAULT_THRESHOLDS: dict[Kind, float] = {
    "digits": 0.95,
    "number": 0.95,
    "amount": 0.97,  # money
    "date": 0.95,
    "ssn": 0.98,  # identifies a person
    "phone": 0.95,
    "code": 0.95,
    "name": 0.95,
    "text": 0.95,
    "choice": 0.90,  # few answers are possible: a wrong one is seldom close
    "checkbox": 0.90,
    "choice_group": 0.90,
    "signature": 0.90,
}
"""The least confidence for acceptance where neither the field nor its form names one. They are cautious guesses, not
promises: what share of the accepted is right is measured on audits."""

NON_ANSWERS = {
    "illegible": "something is written there, but it cannot be read",
    "ambiguous": "more than one answer is possible",
    "unaligned": "the field was not found on the page",
}


def decide(prediction: Prediction, field: Field, form: Form | None) -> Decision:
    """Accept or review. `form` is None for a field that came without a form.

    A field that must be looked at, explicit non-answers and impossible values go to a person whatever the confidence;
    the rest by threshold: the field's, else the form's for its kind, else `DEFAULT_THRESHOLDS`.
    """
    threshold = threshold_of(field, form)
    verdict = _refused(prediction, field, form)
    if verdict is None:
        sure = prediction.reading.confidence >= threshold
        sentence = "at least as sure as the threshold demands" if sure else "less sure than the threshold demands"
        verdict = Objection(code="confident" if sure else "doubtful", reason=sentence)
    return Decision(
        prediction_id=prediction.prediction_id,
        policy_digest=policy_digest(field, threshold),
        decision="accept" if verdict.code == "confident" else "review",
        code=verdict.code,
        reason=verdict.reason,
        threshold=threshold,
    )


def threshold_of(field: Field, form: Form | None) -> float:
    """The least confidence with which a reading of the field is accepted."""
    if field.review.threshold is not None:
        return field.review.threshold
    by_kind = form.thresholds if form is not None else {}
    return by_kind.get(field.kind, DEFAULT_THRESHOLDS[field.kind])


def policy_digest(field: Field, threshold: float) -> str:
    """The id of everything that a decision depends on beside the prediction."""
    definition = field.model_dump(mode="json", exclude={"box", "label", "printed_box", "comb"})
    return digest("policy", POLICY_VERSION, threshold, definition)


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
