"""A page decided again from its recorded predictions, and one decision held against the record."""

from dataclasses import dataclass, fields

from recognizer.form import Form
from serving.decision.page import ReadField, decide_page
from serving.door import AUDITS
from serving.ledger import Ledger
from serving.ledger.origin import Origin, Use
from serving.ledger.values import Decision
from serving.readers import Lineup
from serving.replay.forms import Forms
from serving.replay.models import Bundles
from serving.replay.stage import Otherwise

MODEL = "bundle_id"
"""In a batch's parameters: the model of all kinds of field; with a dot and a kind, that kind's own."""


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What was decided on a page, by field, and what is decided again; whether that is under the same policy."""

    then: dict[str, Decision]
    now: dict[str, Decision]
    same_policy: bool


class Decisions:
    """Decides pages again. Keeps the last one."""

    def __init__(self, ledger: Ledger, forms: Forms, bundles: Bundles) -> None:
        self._ledger, self._forms, self._bundles = ledger, forms, bundles
        self._last: tuple[tuple[str, int, int], _Page] | None = None

    def again(self, origin: Origin, use: Use) -> Decision:
        """The decision on a prediction, which came out as its batch recorded it. Raises Otherwise where it did not."""
        place = use.batch_id, use.scan_no, use.page_no
        if self._last is None or self._last[0] != place:
            self._last = place, self._decided(origin, use)
        page = self._last[1]
        then, now = page.then[origin.field], page.now[origin.field]
        other = [each.name for each in fields(then) if getattr(then, each.name) != getattr(now, each.name)]
        if not other:
            return now
        turned = f"{then.decision} then, {now.decision} now"
        if not page.same_policy:
            why = "the policy, its labels, its rules or the models of the line-up are others than then"
            raise Otherwise("differs", "policy", f"{why}: {turned} - mend: --policy FILE")
        why = f"{turned} under the same policy; other than recorded: {', '.join(other)}"
        raise Otherwise("differs", "unexplained", why)

    def _decided(self, origin: Origin, use: Use) -> _Page:
        lineup = self._lineup(use)
        with self._ledger.replaying_to_read() as rows:
            page = rows.page_answers(use, origin.page.page_key)
            salt = rows.secret(AUDITS) if origin.prediction.purpose == "production" else None
        form = self._form(origin)
        defined = {field.name: field for field in form.fields} if form is not None else {}
        kept = {crop.field: crop for crop in page.crops}
        read = []
        for answer in page.answers:
            field = defined[answer.field] if form is not None else self._forms.field(origin)[0]
            quality, promise = kept[answer.field].quality, lineup.of(field.kind).promise
            read.append(ReadField(prediction=answer.prediction, field=field, quality=quality, promise=promise))
        again = decide_page(read, form, lineup.general.promise, salt)
        return _Page(
            then={answer.field: answer.decision for answer in page.answers},
            now={answer.field: decision for answer, decision in zip(page.answers, again, strict=True)},
            same_policy=lineup.policy_digest == use.params.get("policy"),
        )

    def _form(self, origin: Origin) -> Form | None:
        return self._forms.defined(origin.page.form_digest) if origin.page.form_digest else None

    def _lineup(self, use: Use) -> Lineup:
        """The models with which a batch began."""
        own = {
            name.removeprefix(f"{MODEL}."): self._bundles.model(str(bundle_id))
            for name, bundle_id in use.params.items()
            if name.startswith(f"{MODEL}.")
        }
        return Lineup(general=self._bundles.model(str(use.params[MODEL])), own=own)
