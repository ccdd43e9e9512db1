"""What of a sensitive value may be shown outside the ledger and the records."""

from serving.ledger.erasure import erased_day

SENSITIVE_KINDS = frozenset({"ssn"})
"""Kinds of fields whose values and pictures are: the one place that says so (`Field.is_sensitive` aside)."""

SHOWN = 4
FULL_LENGTH = 9


def masked(text: str) -> str:
    """`123-45-6789` as `***-**-6789`; of anything shorter than a full number, nothing. That it was erased, as it is."""
    if erased_day(text):
        return text
    signs = sum(sign.isalnum() for sign in text)
    hidden = signs - SHOWN if signs >= FULL_LENGTH else signs
    shown = []
    for sign in text:
        hide = sign.isalnum() and hidden > 0
        shown.append("*" if hide else sign)
        hidden -= sign.isalnum()
    return "".join(shown)
