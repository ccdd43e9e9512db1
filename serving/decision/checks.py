"""Checks across fields: what values of one page must fulfil together. No reason repeats a value."""

import datetime
from collections.abc import Mapping

from recognizer.form import Check, FilledCheck, Form, OrderCheck, SumCheck
from serving.decision.validity import Objection, number_of, possible_dates

Values = Mapping[str, str]
"""What stands in each field, "" where it is blank; a field whose value is not known is not there."""


def broken(form: Form, values: Values) -> list[tuple[Check, Objection]]:
    """The form's checks that the values break; one that is about a field whose value is not known is not broken."""
    known = [check for check in form.checks if all(name in values for name in check.fields)]
    found = [(check, _objection(check, form, values)) for check in known]
    return [(check, objection) for check, objection in found if objection is not None]


def _objection(check: Check, form: Form, values: Values) -> Objection | None:
    if isinstance(check, OrderCheck):
        return _order(check, form, values)
    if isinstance(check, SumCheck):
        return _sum(check, values)
    return _filled(check, values)


def _order(check: OrderCheck, form: Form, values: Values) -> Objection | None:
    earlier, later = (_days(form, name, values[name]) for name in (check.earlier, check.later))
    if not earlier or not later or min(earlier) <= max(later):
        return None
    return Objection(code="check_order", reason=f"{check.earlier} is after {check.later}, which cannot be")


def _days(form: Form, name: str, text: str) -> tuple[datetime.date, ...]:
    field = next(field for field in form.fields if field.name == name)
    return possible_dates(text, field.rules.date_order)


def _sum(check: SumCheck, values: Values) -> Objection | None:
    total = number_of(values[check.equals])
    parts = [number_of(values[name]) if values[name] else 0.0 for name in check.of]
    if total is None or any(part is None for part in parts):
        return None  # not a number: a person sees it for that
    if abs(sum(part for part in parts if part is not None) - total) <= check.within + 1e-9:
        return None
    return Objection(code="check_sum", reason=f"{', '.join(check.of)} do not add up to {check.equals}")


def _filled(check: FilledCheck, values: Values) -> Objection | None:
    if values[check.when] != check.has or values[check.field]:
        return None
    return Objection(code="check_filled", reason=f"{check.field} is blank though {check.when} says that it must not be")
