"""The two tables of an export: `records`, one row per record, and `values`, one row per value with where it came from.

Text stays text: what a field says is never turned into a number, so no leading zero is lost. Where its kind has a type
(an amount, a day, a mark), a column beside it holds the typed value, or nothing where the text means none, or two.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from recognizer.form import Field
from serving.consensus.normal import day_of, value_of
from serving.export.record import Record, shown, source_of
from serving.truth.agreement import Fields
from serving.truth.settle import Now

Type = Literal["text", "integer", "real", "truth", "decimal", "day", "moment"]
Cell = str | int | float | bool | Decimal | date | datetime | None

DIGITS, PLACES = 24, 6
"""What a decimal column holds: so many digits in all, and after the point. Other numbers are only in the text."""

FIXED: Mapping[str, Type] = {
    "batch_id": "text", "page_id": "text", "scan": "text", "page": "integer", "form": "text", "status": "text",
    "reason": "text", "complete": "truth",
}  # fmt: skip
VALUE: Mapping[str, Type] = {
    "batch_id": "text", "page_id": "text", "scan": "text", "page": "integer", "form": "text", "field": "text",
    "kind": "text", "value": "text", "outcome": "text", "source": "text", "confidence": "real", "decision": "text",
    "known_at": "moment", "prediction_id": "text", "verdict_id": "text",
}  # fmt: skip
TYPED: Mapping[str, tuple[str, Type]] = {
    "number": ("number", "decimal"), "amount": ("number", "decimal"), "date": ("day", "day"),
    "checkbox": ("marked", "truth"),
}  # fmt: skip
"""Kind to the ending and the type of the column beside the text."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of `records`. `of` says what of a field it holds: its text, its outcome, or its typed value."""

    name: str
    type: Type
    field: str = ""
    of: Literal["page", "text", "outcome", "typed"] = "page"
    kinds: tuple[str, ...] = ()


def columns_of(fields: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """The columns of `records` for fields with their kinds; fields that forms share by name share their columns."""
    kinds: dict[str, list[str]] = {}
    for name, kind in fields:
        kinds.setdefault(name, [])
        if kind not in kinds[name]:
            kinds[name].append(kind)
    found = [Column(name=name, type=kind) for name, kind in FIXED.items()]
    taken = {*FIXED, *kinds}
    for name, of_name in kinds.items():
        own = f"field_{name}" if name in FIXED else name
        found.append(Column(name=own, type="text", field=name, of="text", kinds=tuple(of_name)))
        found.append(Column(name=_unused(own, "outcome", taken), type="text", field=name, of="outcome"))
        for ending, kind in dict.fromkeys(TYPED[kind] for kind in of_name if kind in TYPED):
            typed = tuple(kind for kind in of_name if TYPED.get(kind, ("",))[0] == ending)
            column = _unused(own, ending, taken)
            found.append(Column(name=column, type=kind, field=name, of="typed", kinds=typed))
    return tuple(found)


def _unused(name: str, ending: str, taken: set[str]) -> str:
    """A name for a column beside another one that no field has."""
    joint = "_"
    while f"{name}{joint}{ending}" in taken:
        joint += "_"
    taken.add(f"{name}{joint}{ending}")
    return f"{name}{joint}{ending}"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Makes rows of records. Sensitive values are masked where `mask` is set."""

    columns: tuple[Column, ...]
    fields: Fields
    mask: bool

    def record(self, record: Record) -> list[Cell]:
        """The row of `records`."""
        items = {item.use.field: item for item in record.items}
        page = record.plain_page() | {"batch_id": record.batch_id, "complete": record.is_complete}
        return [
            page[column.name] if column.of == "page" else self._cell(column, items.get(column.field))
            for column in self.columns
        ]

    def values(self, record: Record) -> list[list[Cell]]:
        """The rows of `values`."""
        page = record.page
        place = [record.batch_id, page.page_id, page.scan, page.page_no or None, page.form]
        return [[*place, *self._value(item)] for item in record.items]

    def _value(self, item: Now) -> list[Cell]:
        said, use = item.said, item.use
        return [
            use.field, use.kind, shown(said.text, use, mask=self.mask), said.outcome, source_of(said),
            said.confidence, said.decision or "settled", datetime.fromisoformat(said.known_at), use.prediction_id,
            item.verdict_id,
        ]  # fmt: skip

    def _cell(self, column: Column, item: Now | None) -> Cell:
        if item is None:
            return None
        if column.of == "outcome":
            return item.said.outcome
        if column.of == "text":
            return shown(item.said.text, item.use, mask=self.mask)
        if self.mask and item.use.is_sensitive:
            return None
        if item.use.kind not in column.kinds or item.said.outcome != "text":
            return None
        return typed(item.said.text, item.use.kind, self.fields.of(item.use))


def typed(text: str, kind: str, field: Field | None) -> Decimal | date | bool | None:
    """What a text of a kind can only mean; None where it means nothing of that type, or may mean two things."""
    if kind in ("number", "amount"):
        return _decimal(value_of(text))
    if kind == "checkbox":
        return {"yes": True, "no": False}.get(text)
    day = day_of(text, field) if kind == "date" and field is not None else ""
    return date.fromisoformat(day) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) else None


def _decimal(value: Decimal | None) -> Decimal | None:
    """The number where a decimal column can hold it exactly."""
    if value is None or abs(value) >= Decimal(10) ** (DIGITS - PLACES) or value != round(value, PLACES):
        return None
    return value
