"""Accept or review: what happens with a prediction, and why."""

from pathlib import Path

from recognizer.clean import unreadable
from recognizer.confidence import claim_of
from recognizer.form import Field, Form
from recognizer.page import Quality
from serving.decision.validity import Objection, objection
from serving.ledger import Decision, Prediction, digest
from serving.promise import Promise

POLICY_VERSION = 3
"""Raised whenever the same prediction may be decided otherwise than before."""

NON_ANSWERS = {
    "illegible": "something is written there, but it cannot be read",
    "struck_out": "what was written there is crossed out",
    "wrong_crop": "what is shown is no answer: print, rules, or pieces of other lines",
    "ambiguous": "more than one answer is possible",
    "unaligned": "the field was not found on the page",
}

LACKING = "lacking"
"""What a reading measures where the model has not all characters of the field (recognizer.engine)."""

HOPELESS = ("illegible", "unaligned", "wrong_crop")
"""Where nothing was read, a bad image may be the reason."""


def decide(
    prediction: Prediction, field: Field, form: Form | None, promise: Promise, quality: Quality | None = None
) -> Decision:
    """Accept, review or rescan, from one field alone. `form` is None for a field that came without a form.

    What no person could make out either is to be scanned again. A field that must be looked at, explicit non-answers
    and impossible values go to a person whatever the confidence; the rest by threshold: the field's, else the form's
    for its kind, else the one that keeps the promise. Where the labels do not support one yet, all go to review.
    """
    threshold, why_none = threshold_of(prediction, field, form, promise)
    hopeless = None if LACKING in prediction.reading.measured else _hopeless(prediction.reading.outcome, quality)
    verdict = hopeless or _refused(prediction, field, form) or _judged(
        prediction.reading.confidence, threshold, why_none
    )  # fmt: skip
    return Decision(
        prediction_id=prediction.prediction_id,
        policy_digest=policy_digest(field, threshold, promise),
        decision="rescan" if hopeless else "accept" if verdict.code == "confident" else "review",
        code=verdict.code,
        reason=verdict.reason,
        threshold=threshold,
    )


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


def _hopeless(outcome: str, quality: Quality | None) -> Objection | None:
    """Why another scan is needed: the field cannot be read, and its image is worse than any page is taken in with."""
    if quality is None or outcome not in HOPELESS:
        return None
    too_bad = unreadable(quality)
    if too_bad is None:
        return None
    return Objection(code="rescan", reason=f"it cannot be read, by people neither. {too_bad}")


def policy_digest(field: Field, threshold: float | None, promise: Promise) -> str:
    """The id of everything that a decision depends on beside the prediction."""
    definition = field.model_dump(mode="json", exclude={"box", "label", "printed_box", "comb"})
    return digest("policy", POLICY_VERSION, threshold, definition, promise.digest)


def _refused(prediction: Prediction, field: Field, form: Form | None) -> Objection | None:
    """Why a person must look, whatever the confidence."""
    reading = prediction.reading
    if LACKING in reading.measured:
        return Objection(code="alphabet", reason="the model does not have all characters that may stand in this field")
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
