"""What the kinds of fields hold when their definition does not say more, as regular expressions.

A date has no pattern here: its language are the dates that exist (recognizer/automaton/dates.py). `text` may hold
everything, a choice one of its options. Where no length is given, the number of frames of the image bounds it.
"""

from recognizer.form.model import Kind

LETTER = "A-Za-zÀ-ÖØ-öø-ÿŒœŸ"

PATTERNS: dict[Kind, str] = {
    "digits": r"[0-9]+",
    "number": r"-?[0-9]{1,15}([.,][0-9]{1,6})?",
    "amount": r"[$€£]? ?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,4}|[0-9]{1,3}([.][0-9]{3}){1,4})([.,][0-9]{2})?",
    "ssn": r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}",
    "phone": r"([+]?[0-9]{1,3}[ -])?([(][0-9]{3}[)] ?|[0-9]{3}[-. /]?)[0-9]{3}[-. ]?[0-9]{4}",
    "code": r"[A-Z0-9][A-Z0-9\-/.]*",
    "name": rf"[{LETTER}][{LETTER}'’ .,\-]*",
}
