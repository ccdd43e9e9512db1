"""What of a sensitive value may be shown outside the ledger and the records."""

from serving.ledger.erased import erased_day

SENSITIVE_KINDS = frozenset({"ssn"})
"""Kinds of fields whose values and pictures always are; a form says so of others (`Field.is_sensitive`)."""

SHOWN = 4
FULL_LENGTH = 9
STARS = "***"


def is_sensitive(kind: str, said: bool | None) -> bool:
    """Whether a field is, by its kind or since its form `said` so (None: the form knew no such setting)."""
    return bool(said) or kind in SENSITIVE_KINDS


def masked(text: str, kind: str) -> str:
    """Of an SSN the last four: `123-45-6789` as `***-**-6789`; of anything shorter than a full number, nothing. Of
    other kinds not even the length. That it was erased, as it is."""
    if erased_day(text) or not text:
        return text
    if kind not in SENSITIVE_KINDS:
        return STARS
    signs = sum(sign.isalnum() for sign in text)
    hidden = signs - SHOWN if signs >= FULL_LENGTH else signs
    shown = []
    for sign in text:
        hide = sign.isalnum() and hidden > 0
        shown.append("*" if hide else sign)
        hidden -= sign.isalnum()
    return "".join(shown)
