"""Wrong answers that look right: slips of the fingers and of the eye, as people make them.

Only answers that the field's own rules allow are made where some are found: the review page asks again for the rest.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from recognizer.form import Field
from serving.consensus.answer import Entry, Said, same
from serving.decision.validity import objection

LOOKALIKES = dict(
    pair.split(":")
    for pair in (
        "0:68O 1:74l 2:73Z 3:852 4:91 5:36S 6:0b5 7:124 8:035 9:47g a:ouq b:hl6 c:eo d:acl e:cil f:tj g:qy9 h:bnk "
        "i:lje j:iyg k:hx l:ite1 m:nw n:mur o:ac0 p:qy q:gp r:vns s:rz5 t:lf u:vn v:urw w:vum x:kz y:gvj z:sx2"
    ).split()
)
"""What is taken for what in handwriting; of a digit only digits are used where the rules want digits."""
T = TypeVar("T")
TRIES = 30
NON_ANSWERS: tuple[Said, ...] = ("blank", "illegible", "wrong_crop")


def slip(true: Entry, field: Field, rng: np.random.Generator) -> Entry:
    """An answer that is wrong and plausible: a lookalike, two characters exchanged, one left out or doubled; of marks
    and lists another option.
    """
    if true.outcome != "text":
        return Entry(outcome=_other(NON_ANSWERS, true.outcome, rng))
    if field.kind in ("checkbox", "signature"):
        return Entry(text="yes" if true.text == "no" else "no") if field.kind == "checkbox" else Entry(outcome="blank")
    if field.options or isinstance(field.lexicon, tuple):
        entries = [option.value for option in field.options] or list(field.lexicon)  # type: ignore[arg-type]
        return Entry(text=_other(entries, true.text, rng)) if set(entries) - {true.text} else Entry(outcome="illegible")
    drawn = (Entry(text=text) for text in (slipped(true.text, rng) for _ in range(TRIES)) if text.strip())
    wrong = (entry for entry in drawn if not same(entry, true, field))
    first = next(wrong, Entry(outcome="blank"))
    return next((entry for entry in chain([first], wrong) if allowed(entry.text, field)), first)


def slipped(text: str, rng: np.random.Generator) -> str:
    """The text with one slip: of ten, five lookalikes, two exchanges, two omissions and one doubling."""
    at = int(rng.integers(len(text)))
    kind = rng.random()
    if kind < 0.5:
        return text[:at] + _lookalike(text[at], rng) + text[at + 1 :]
    if kind < 0.7:
        return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind < 0.9 else text[:at] + text[at] + text[at:]


def scrambled(text: str, rng: np.random.Generator) -> str:
    """A text of the same shape that says nothing: digits for digits, letters for letters."""
    return "".join(
        str(rng.integers(10)) if char.isdigit() else chr(97 + int(rng.integers(26))) if char.isalpha() else char
        for char in text
    )


def allowed(text: str, field: Field) -> bool:
    """Whether the rules of the field let a person type this. Lexicons in files are left out."""
    return isinstance(field.lexicon, Path) or objection(text, field, Path()) is None


def _lookalike(char: str, rng: np.random.Generator) -> str:
    alike = LOOKALIKES.get(char.lower(), char)
    if char.isdigit() and rng.random() < 0.8:
        alike = "".join(other for other in alike if other.isdigit())
    other = alike[int(rng.integers(len(alike)))]
    return other.upper() if char.isupper() else other


def _other(entries: Sequence[T], than: T, rng: np.random.Generator) -> T:
    others = [entry for entry in entries if entry != than]
    return others[int(rng.integers(len(others)))]
