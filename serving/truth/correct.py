"""Customers' corrections: all of them checked, then filed in one transaction, or none. For files and the web alike."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from recognizer.errors import InputError, UsageError
from recognizer.form import Field
from recognizer.reading import Outcome
from serving.decision.validity import objection
from serving.ledger import Ledger
from serving.ledger.erased import erased_words
from serving.ledger.statement import WITHDRAWN, FieldUse, Statement, Verdict
from serving.ledger.truth import Truth
from serving.truth.agreement import Fields, agree
from serving.truth.belief import belief, read_at
from serving.truth.moment import beginning
from serving.truth.settle import settle
from serving.truth.story import crop_named

OUTCOMES = (*get_args(Outcome), WITHDRAWN)
MOST_COMPLAINTS = 20


@dataclass(frozen=True, kw_only=True)
class Row:
    """One correction as it came: `field` is SCAN:PAGE:FIELD or an id; `line` says where it stood, for complaints.

    An empty value without an outcome says that the field is blank.
    """

    line: int
    field: str
    value: str
    outcome: str = ""
    valid_at: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """What became of a customer's corrections.

    `filed` are new verdicts, `known` rows that say what the customer's last word is already. Of the new ones
    `otherwise` contradict what was believed, `confirming` agree, and `later` became true only after the form was read.
    """

    filed: int
    known: int
    otherwise: int
    confirming: int
    later: int


@dataclass(frozen=True, kw_only=True)
class _Checked:
    verdict: Verdict
    use: FieldUse


class RowsRefused(InputError):
    """Rows make no sense, and nothing was filed. `complaints` are the lines of those rows, and what is wrong."""

    def __init__(self, complaints: Sequence[tuple[Sequence[int], str]]) -> None:
        super().__init__(_told(complaints))
        self.complaints = complaints


class _Wrong(Exception):
    """What is wrong with one row."""


def correct(
    ledger: Ledger, rows: Sequence[Row], *, by: str, batch_id: str | None = None, any_value: bool = False
) -> Corrected:
    """File a customer's corrections. `by` names the delivery (file and digest, or request): the same one again is
    known already. Values that break the rules of their field are refused unless `any_value`.

    Raises RowsRefused, an InputError that lists every row which makes no sense; then nothing is filed.
    """
    with ledger.truth() as truth:
        if truth.learned_from(by):
            return Corrected(filed=0, known=len(rows), otherwise=0, confirming=0, later=0)
        fields = Fields(truth.form_definition)
        checked = _check(truth, fields, rows, by, batch_id, any_value)
        before = {item.use.crop_id: _statements(truth, item.use.crop_id) for item in checked}
    fresh = [item for item in checked if not _is_last_word(item.verdict, before[item.use.crop_id])]
    with ledger.writing() as writing:
        added = {said.crop_id: said for said in settle(writing, [item.verdict for item in fresh])}
    found = [
        _relation(added[item.use.crop_id], before[item.use.crop_id], fields.of(item.use))
        for item in fresh
        if item.use.crop_id in added
    ]
    return Corrected(
        filed=len(found),
        known=len(rows) - len(found),
        otherwise=found.count("otherwise"),
        confirming=found.count("confirming"),
        later=found.count("later"),
    )


def _statements(truth: Truth, crop_id: str) -> list[Statement]:
    found = truth.readings_of([crop_id]) | {}
    return [*found.get(crop_id, ()), *truth.verdicts_on([crop_id]).get(crop_id, ())]


def _check(
    truth: Truth, fields: Fields, rows: Sequence[Row], by: str, batch_id: str | None, any_value: bool
) -> list[_Checked]:
    checked: list[_Checked] = []
    wrong: list[tuple[Sequence[int], str]] = []
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        try:
            item = _checked(truth, fields, row, by, batch_id, any_value)
        except (_Wrong, UsageError) as error:
            wrong.append(((row.line,), str(error)))
        else:
            lines[item.use.crop_id].append(row.line)
            checked.append(item)
    wrong += [(of, "one field several times") for of in lines.values() if len(of) > 1]
    if wrong:
        raise RowsRefused(wrong)
    return checked


def _told(wrong: Sequence[tuple[Sequence[int], str]]) -> str:
    said = [f"line{'s' if len(of) > 1 else ''} {', '.join(map(str, of))}: {why}" for of, why in wrong[:MOST_COMPLAINTS]]
    more = [f"and {len(wrong) - MOST_COMPLAINTS} more"] if len(wrong) > MOST_COMPLAINTS else []
    return "nothing was filed:\n" + "\n".join(f"  {line}" for line in [*said, *more])


def _checked(truth: Truth, fields: Fields, row: Row, by: str, batch_id: str | None, any_value: bool) -> _Checked:
    outcome = row.outcome or ("text" if row.value else "blank")
    if outcome not in OUTCOMES:
        raise _Wrong(f"there is no outcome {outcome!r} - mend: one of {', '.join(OUTCOMES)}")
    if (outcome == "text") != bool(row.value):
        raise _Wrong(f"the outcome {outcome} {'needs' if outcome == 'text' else 'has no'} value")
    valid_at = beginning(row.valid_at) if row.valid_at else None
    crop_id = crop_named(truth, row.field, batch_id)
    use = next((use for use in truth.uses_of([crop_id]) if batch_id in (None, use.batch_id)), None)
    if use is None:
        raise _Wrong(f"the field {row.field} is not in that batch")
    if use.erased_at is not None:
        raise _Wrong(f"its record was {erased_words(use.erased_at)}: nothing can be said of it any more")
    field = fields.of(use)
    if outcome == "text" and field is not None and not any_value:
        _possible(row.value, field)
    evidence = {"reason": row.reason, "line": row.line}
    verdict = Verdict(
        crop_id=crop_id, source="customer", outcome=outcome, text=row.value, by=by, valid_at=valid_at, evidence=evidence
    )
    return _Checked(verdict=verdict, use=use)


def _possible(value: str, field: Field) -> None:
    if field.kind == "signature":
        return
    known = field if isinstance(field.lexicon, tuple) else field.model_copy(update={"lexicon": None})
    found = objection(value, known, Path())
    if found is not None:
        raise _Wrong(f"{field.name}: {found.reason} - mend: correct it, or say that it stands there: --any-value")


def _is_last_word(verdict: Verdict, statements: Sequence[Statement]) -> bool:
    """Whether the customer's last word on the field says the same already, of the same time."""
    words = [said for said in statements if said.source == "customer"]
    if not words:
        return False
    last = max(words, key=lambda said: (said.known_at, said.statement_id))
    valid_at = verdict.valid_at or read_at(statements)
    return (last.outcome, last.text, last.valid_at) == (verdict.outcome, verdict.text, valid_at)


def _relation(said: Statement, before: Sequence[Statement], field: Field | None) -> str:
    if said.valid_at > read_at(before):
        return "later"
    believed = belief(before)
    return "confirming" if believed is not None and agree(believed, said, field) else "otherwise"


def rows_of(lines: Iterator[tuple[int, Mapping[str, str]]]) -> list[Row]:
    """Rows from numbered lines with named cells: scan, page and field, or crop_id, or prediction_id; value; and, where
    given, outcome, valid_at and reason."""
    return [
        Row(
            line=number,
            field=_field_named(cells),
            value=_unquoted(cells.get("value", "")),
            **{name: cells.get(name, "").strip() for name in ("outcome", "valid_at", "reason")},
        )
        for number, cells in lines
    ]


def _field_named(cells: Mapping[str, str]) -> str:
    for name in ("crop_id", "prediction_id"):
        if cells.get(name, "").strip():
            return cells[name].strip()
    return ":".join(cells.get(name, "").strip() for name in ("scan", "page", "field"))


def _unquoted(value: str) -> str:
    """The value without the apostrophe that keeps spreadsheets from running it as a formula, as in our own records."""
    plain = value.strip()
    return plain[1:] if plain.startswith("'") and plain[1:].startswith(("=", "+", "-", "@")) else plain
