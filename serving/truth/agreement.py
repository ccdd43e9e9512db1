"""Whether two statements say the same of a field: people may write a value otherwise than the model, and be agreed."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from recognizer.form import Field, Form
from recognizer.form.cells import narrowed
from recognizer.part import Part
from serving.consensus.answer import Entry, Said, same
from serving.ledger.statement import FieldUse, Statement

Definition = Callable[[str], Mapping[str, Any] | None]
"""Digest of a form to its definition."""


class Fields:
    """The definitions of fields that were used, as the ledger keeps them with their forms."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._forms: dict[str, dict[str, Field]] = {}

    def of(self, use: FieldUse) -> Field | None:
        """The field's definition; of a field that came without a form, what its kind says; None where that is not
        enough, as for a choice whose answers nobody noted."""
        return self.named(use.form_digest, use.field, use.kind)

    def named(self, form_digest: str | None, name: str, kind: str) -> Field | None:
        """The same of a field of that name and kind."""
        if form_digest is None:
            return _bare(name, kind)
        if form_digest not in self._forms:
            definition = self._definition(form_digest)
            form = None if definition is None else _form(definition)
            self._forms[form_digest] = {} if form is None else {field.name: field for field in form.fields}
        return self._forms[form_digest].get(name) or _bare(name, kind)


def of_part(field: Field, part: Part) -> Field:
    """The field of which a part is shown; of a definition that was changed since and has no such cells, any signs."""
    try:
        return narrowed(field, part.first_sign, part.end_sign)
    except ValueError:
        return Field(name=field.name, kind="code", box=field.box, label=field.label)


def _form(definition: Mapping[str, Any]) -> Form | None:
    try:
        return Form.model_validate(definition)
    except ValidationError:  # written by another version
        return None


def _bare(name: str, kind: str) -> Field | None:
    try:
        return Field.model_validate({"name": name, "kind": kind, "box": (0, 0, 1, 1)})
    except ValidationError:
        return None


def agree(one: Statement, other: Statement, field: Field | None) -> bool:
    """Whether two statements say the same; without a field's definition, whether they say it letter by letter."""
    return says_same((one.outcome, one.text), (other.outcome, other.text), field)


def says_same(one: tuple[str, str], other: tuple[str, str], field: Field | None) -> bool:
    """The same of (outcome, text)."""
    if one == other:
        return True
    if field is None or not {one[0], other[0]} <= set(get_args(Said)):
        return False
    return same(_entry(*one), _entry(*other), field)


def _entry(outcome: str, text: str) -> Entry:
    return Entry(text=text, outcome=outcome)  # type: ignore[arg-type]  # one of Said, as was asked above
