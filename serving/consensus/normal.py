"""What counts when two writings of one value are compared, by kind of field.

The rule of doubt: writings that may mean two things are compared as they stand. A needless disagreement costs one more
vote; a false agreement puts a wrong value into a record.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from recognizer.alphabet import normal_text
from recognizer.form import Field
from serving.decision.validity import possible_dates

EITHER_WAY = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
"""1.250 is one and a quarter to some and twelve hundred and fifty to others."""

TYPED = str.maketrans("’–", "'-")


def normal(text: str, field: Field) -> str:
    """The text with everything taken away that makes no difference in this field. Never empty where the text is not.

    | kind | what makes no difference |
    | --- | --- |
    | digits | spaces: combs and groups of digits are typed either way; leading zeros count |
    | number, amount | how the number is written: `$1,250.00` is 1250; see `value_of` |
    | date | how the day is written: 1/2/1985 is 01-02-85 where the field's rules leave one century; see `day_of` |
    | phone, ssn | all but digits and letters |
    | code | spaces, upper and lower case: codes are printed in capitals and written in either |
    | name | case (people write their names in capitals), full stops, commas, spaces around hyphens |
    | text | case, spaces before punctuation, a full stop at the end |
    | choice, choice_group, any field with a lexicon | case; the order of several options |
    | checkbox, signature | case |
    """
    plain = normal_text(text)
    if field.options or field.lexicon is not None:
        return _options(plain, field)
    return NORMALS.get(field.kind, folded)(plain, field) or plain


def folded(text: str, field: Field | None = None) -> str:
    """The text without what a keyboard or capitals cannot tell apart: case (ß is ss), ’ and ', – and -."""
    return normal_text(normal_text(text).translate(TYPED).casefold())


def listed(text: str, field: Field) -> str:
    """The text as the form lists it, several options in the form's order; what the form does not list stays as it is.

    Of a lexicon only entries that stand in the form are known here, not those of a file.
    """
    return _listed(text, field) or text


def _listed(text: str, field: Field) -> str | None:
    entries = [option.value for option in field.options]
    entries += field.lexicon if isinstance(field.lexicon, tuple) else ()
    parts = {_entry(part.strip(), entries) for part in (text.split("|") if field.multiple else [text])}
    known = [entry for entry in entries if entry in parts]
    return "|".join(known) if len(known) == len(parts) else None


def _entry(text: str, entries: Sequence[str]) -> str:
    alike = [entry for entry in entries if folded(entry) == folded(text)]
    return alike[0] if len(alike) == 1 else text


def _options(text: str, field: Field) -> str:
    return _listed(text, field) or "|".join(sorted(part.strip() for part in folded(text).split("|")))


def _digits(text: str, field: Field) -> str:
    return text.replace(" ", "")


def _bare(text: str, field: Field) -> str:
    return "".join(char for char in folded(text) if char.isalnum())


def _code(text: str, field: Field) -> str:
    return text.replace(" ", "").upper()


def _name(text: str, field: Field) -> str:
    return normal_text(re.sub(r" *- *", "-", re.sub(r"[.,]", " ", folded(text)))).strip("- ")


def _text(text: str, field: Field) -> str:
    return re.sub(r" +([.,;:!?])", r"\1", folded(text)).rstrip(". ")


def _number(text: str, field: Field) -> str:
    value = value_of(text)
    return f"{value.normalize():f}" if value else "0" if value is not None else text.replace(" ", "")


def value_of(text: str) -> Decimal | None:
    """The number that a text can only mean, exactly; None where it means none, or may mean two.

    A currency sign is not part of it: forms print it, and people type it or do not. Commas before groups of three are
    separators of thousands, as `serving.decision.validity.number_of` has it; a comma before one or two digits is a
    decimal comma. A lone point before three digits may be either: such a writing equals only itself.
    """
    bare = re.sub(r"[\s$€£]", "", text)
    if EITHER_WAY.fullmatch(bare):
        return None
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]{1,2}", bare):
        bare = bare.replace(".", "").replace(",", ".")
    return Decimal(bare) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", bare, re.ASCII) else None


def day_of(text: str, field: Field) -> str:
    """The day that a text means under the field's order and rules, ISO 8601.

    A year of two digits leaves two days, of which the rules may allow one; else it equals only itself: who keys 1985
    where 85 is written has said more than the paper does. No date at all is compared by its figures.
    """
    if any(char.isalpha() for char in text):
        return folded(text)
    rules = field.rules
    days = [
        day
        for day in possible_dates(text, rules.date_order)
        if (rules.not_before is None or day >= rules.not_before) and (rules.not_after is None or day <= rules.not_after)
    ]
    return "|".join(day.isoformat() for day in days) or "/".join(re.findall(r"[0-9]+", text))


NORMALS: dict[str, Callable[[str, Field], str]] = {
    "digits": _digits, "number": _number, "amount": _number, "date": day_of, "phone": _bare, "ssn": _bare,
    "code": _code, "name": _name, "text": _text,
}  # fmt: skip
