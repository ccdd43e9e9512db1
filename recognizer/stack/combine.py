"""Combination: what several readings of one crop come to together.

Every component nominates claims: its best text, its alternatives, and that there is nothing, or nothing readable. The
claims of all compete in a conditional logit (McFadden 1974): the score of a claim is a weighed sum of what each
component gives it, and the softmax of the scores is its probability. Weights are fitted per kind of field, drawn
towards common ones, and for every set of components that may be left.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognizer.alphabet import normal_text
from recognizer.confidence import LOWEST_MASS, UNANSWERED, claim_of
from recognizer.form import Field
from recognizer.look import Look
from recognizer.reading import Alternative, Reading

Claim = tuple[str, str]
"""(`text`, what is written), (`blank`, "") or (`none`, ""): no answer that can be read."""

BLANK, NONE = ("blank", ""), ("none", "")
VOICE = ("low", "low_fit", "high", "first")
"""What one component gives a claim: the logarithm of its probability, the same times how well what it sees fits the
field's language, minus the logarithm of the complement, and whether it comes first."""

ITSELF = ("none", "blank", "length")
"""What a claim is, whoever nominates it: whether it is `NONE` or `BLANK`, and how many characters its text has.
Networks drop characters more readily than they add some: of two texts the longer one may deserve more than it is given.
"""

LEAST = 1e-7
SURE = 1 - 1e-6

Weights = Mapping[str, Sequence[float]]
"""By kind of field, and of `shared` for a kind that the fit has not seen: a weight for each number of each voice, and
of `ITSELF`."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Claims with their probabilities, best first, and the share of components (that could read) whose first it is."""

    claims: tuple[Claim, ...]
    probabilities: tuple[float, ...]
    agreement: float


def kind_of(field: Field) -> str:
    """The kind that weights are fitted for: the field's, but `lexicon` where only listed texts are possible."""
    return claim_of(field, "text")


def first_of(reading: Reading) -> Claim:
    """What a component says above all."""
    if reading.outcome in UNANSWERED:
        return NONE
    return BLANK if reading.outcome == "blank" or not reading.text else ("text", normal_text(reading.text))


def listed(reading: Reading) -> dict[Claim, float]:
    """All that a component nominates, with the probability that it gives it."""
    first = first_of(reading)
    found = {first: reading.confidence}
    rest = 1 - reading.confidence if first == NONE else 1.0
    for other in reading.alternatives:
        claim = ("text", normal_text(other.text)) if other.text else BLANK
        found[claim] = max(found.get(claim, 0.0), other.confidence * rest)
    if first != NONE and "not_text" in reading.measured:
        found[NONE] = reading.measured["not_text"]
    return found


def heard(looks: Sequence[Look]) -> tuple[Reading, ...]:
    """The components' readings, each with what it thinks of the texts that only others nominate as its last
    alternatives: all that a combination needs.
    """
    named = dict.fromkeys(text for look in looks for text in _texts(look.reading))
    parts: list[Reading] = []
    for look in looks:
        if look.lines is None:
            parts.append(look.reading)
            continue
        others = [text for text in named if text not in _texts(look.reading)]
        asked = tuple(Alternative(text=text, confidence=p) for text, p in zip(others, look.weigh(others), strict=True))
        parts.append(replace(look.reading, alternatives=(*look.reading.alternatives, *asked)))
    return tuple(parts)


def _texts(reading: Reading) -> list[str]:
    """The texts that a reading nominates."""
    first = [reading.text] if reading.outcome == "text" else []
    return [text for text in (*first, *(other.text for other in reading.alternatives)) if text]


def voices(parts: Sequence[Reading | None]) -> tuple[list[Claim], np.ndarray]:
    """The claims of all components and what each gives each: (claims, `width(components)`), `ITSELF` last.

    None stands for a component that cannot read such a field; it has no voice, which is zeros.
    """
    lists = [listed(part) if part is not None else None for part in parts]
    claims = list(dict.fromkeys(claim for each in lists if each is not None for claim in each))
    rows = np.zeros((len(claims), len(parts), len(VOICE)))
    itself = np.array([[claim == NONE, claim == BLANK, len(claim[1])] for claim in claims], float)
    for number, (part, each) in enumerate(zip(parts, lists, strict=True)):
        if part is None or each is None:
            continue
        first, fit = first_of(part), fit_of(part)
        for place, claim in enumerate(claims):
            low = math.log(max(each.get(claim, LEAST), LEAST))
            rows[place, number] = low, low * fit, -math.log(1 - min(each.get(claim, 0.0), SURE)), claim == first
    return claims, np.concatenate([rows.reshape(len(claims), -1), itself.reshape(-1, len(ITSELF))], axis=1)


def width(components: int) -> int:
    """How many numbers a claim is given by so many components, and how many weights a kind has."""
    return components * len(VOICE) + len(ITSELF)


def fit_of(part: Reading) -> float:
    """Per character, the share of its belief that a component has in the field's language, in (0, 1]."""
    return math.exp(max(part.measured.get("log_mass", 0.0) / max(1, len(part.text)), LOWEST_MASS))


def combine(parts: Sequence[Reading | None], weights: Weights, kind: str) -> Verdict:
    """What the components come to under weights. At least one of them must have read the field."""
    claims, rows = voices(parts)
    scores = rows @ np.asarray(weights.get(kind, weights["shared"]), float)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    said = [first_of(part) for part in parts if part is not None]
    return Verdict(
        claims=tuple(claims[i] for i in order),
        probabilities=tuple(float(shares[i]) for i in order),
        agreement=sum(claim == claims[order[0]] for claim in said) / len(said),
    )
