"""From what the marks network says of single boxes to the answer of a checkbox or of a choice group.

Boxes are taken as independent, so the probability of every way in which they may be marked is a product over boxes;
those of the answers are sums of such products. With no mark and with unclear marks they sum to 1.
"""

import math
from collections.abc import Sequence

import numpy as np

from recognizer.reading import Alternative, Reading

MARK_CLASSES = ("empty", "marked", "ambiguous")
"""What the marks network tells apart; ambiguous is a mark that was taken back, or half of one."""
TAKEN_BACK = 0.8
"""P(its mark was taken back | a box is ambiguous while exactly one other is clearly marked). The rest is that it was
meant after all. An assumption: it lowers the confidence of such answers below the usual thresholds."""
ALTERNATIVES = 5


def checkbox(probs: np.ndarray) -> Reading:
    """The reading of one box from its probabilities of (empty, marked, ambiguous)."""
    empty, marked, ambiguous = (float(p) for p in probs)
    measured = {"empty": empty, "marked": marked, "ambiguous": ambiguous}
    answers = sorted((("yes", marked), ("no", empty)), key=lambda a: -a[1])
    options = tuple(Alternative(text=text, confidence=p) for text, p in answers)
    if ambiguous > max(empty, marked):
        return Reading(text="", outcome="ambiguous", confidence=ambiguous, alternatives=options, measured=measured)
    best, *others = options
    return Reading(
        text=best.text, outcome="text", confidence=best.confidence, alternatives=tuple(others), measured=measured
    )


def choice_group(probs: np.ndarray, values: Sequence[str], multiple: bool) -> Reading:
    """The reading of several boxes, (n, 3) probabilities of (empty, marked, ambiguous), in the order of `values`.

    `measured` has the probabilities of `no_mark`, `unclear` (nobody can say which answer is meant), and, of a single
    choice, `two_marks` (two or more clear marks, a part of `unclear`) and `answer_1`, `answer_2`, ... by option.
    """
    parts = tuple(checkbox(row) for row in probs)
    return _several(probs, values, parts) if multiple else _single(probs, values, parts)


def _single(probs: np.ndarray, values: Sequence[str], parts: tuple[Reading, ...]) -> Reading:
    """Exactly one mark. Boxes whose mark was taken back count as empty while another is clearly marked."""
    empty, marked, ambiguous = np.asarray(probs, float).T
    others = _product_of_others(empty + TAKEN_BACK * ambiguous)
    answers = marked * others
    none = float(np.prod(empty))
    unclear = max(0.0, 1.0 - none - float(answers.sum()))
    two_marks = max(0.0, 1 - float(np.prod(1 - marked)) - float((marked * _product_of_others(1 - marked)).sum()))
    measured = {"no_mark": none, "unclear": unclear, "two_marks": two_marks}
    measured |= {f"answer_{number}": float(p) for number, p in enumerate(answers, 1)}
    ranked = sorted(zip(values, answers, strict=True), key=lambda answer: -answer[1])
    options = tuple(Alternative(text=value, confidence=float(p)) for value, p in ranked)
    if unclear >= max(none, options[0].confidence):
        return _reading("ambiguous", "", unclear, options, parts, measured)
    if none >= options[0].confidence:
        return _reading("blank", "", none, options, parts, measured)
    return _reading("text", options[0].text, options[0].confidence, options[1:], parts, measured)


def _several(probs: np.ndarray, values: Sequence[str], parts: tuple[Reading, ...]) -> Reading:
    """Any number of marks, each of which must be clear. The next best answers differ in one box."""
    empty, marked, ambiguous = np.asarray(probs, float).T
    none, unclear = float(np.prod(empty)), 1.0 - float(np.prod(1 - ambiguous))
    chosen = marked > empty
    sure = float(np.prod(np.maximum(marked, empty)))
    flips = sorted(((_flipped(probs, chosen, i), i) for i in range(len(values))), reverse=True)
    texts = [_joined(values, chosen ^ (np.arange(len(values)) == i)) for _, i in flips]
    options = tuple(Alternative(text=text, confidence=p) for text, (p, _) in zip(texts, flips, strict=True) if text)
    measured = {"no_mark": none, "unclear": unclear}
    if any(part.outcome == "ambiguous" for part in parts):
        if chosen.any():
            options = (Alternative(text=_joined(values, chosen), confidence=sure), *options)
        return _reading("ambiguous", "", unclear, options, parts, measured)
    if not chosen.any():
        return _reading("blank", "", none, options, parts, measured)
    return _reading("text", _joined(values, chosen), sure, options, parts, measured)


def _flipped(probs: np.ndarray, chosen: np.ndarray, which: int) -> float:
    """The probability of the chosen marks with one box read otherwise."""
    return math.prod(
        float(row[int(mark) ^ int(i == which)]) for i, (row, mark) in enumerate(zip(probs, chosen, strict=True))
    )


def _joined(values: Sequence[str], chosen: np.ndarray) -> str:
    return "|".join(value for value, mark in zip(values, chosen, strict=True) if mark)


def _product_of_others(factors: np.ndarray) -> np.ndarray:
    """For each of n factors the product of all others, without dividing: factors may be 0."""
    before = np.concatenate([[1.0], np.cumprod(factors)[:-1]])
    after = np.concatenate([np.cumprod(factors[::-1])[::-1][1:], [1.0]])
    return before * after


def _reading(
    outcome: str, text: str, confidence: float, options: tuple[Alternative, ...], parts: tuple[Reading, ...],
    measured: dict[str, float],
) -> Reading:  # fmt: skip
    return Reading(
        text=text,
        outcome=outcome,  # type: ignore[arg-type]
        confidence=min(1.0, confidence),
        alternatives=options[:ALTERNATIVES],
        parts=parts,
        measured=measured,
    )
