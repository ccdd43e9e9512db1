"""Oddities: what each component of a stack does that the others do not, field by field, as yes or no.

Every oddity is asked only where its answer says something of this component: where the input is odd, the others meet
that too. How often each is met is counted when a stack is fitted, and watched when it reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recognizer.reading import Reading
from recognizer.stack import BLANK, NONE, Claim, first_of

ODDITIES = ("silent", "constant", "dissent", "unsure", "too_sure")
"""`silent`: it gives no text where all others do. `constant`: it says the same again, or is exactly as sure again,
where all others say something new. `dissent`: it says otherwise than the others, who agree. `unsure`, `too_sure`: its
confidence is in its own lowest or highest tenth where that of the others is in their upper or lower half."""

CUTS = 20
"""So many quantiles are kept of a component's confidences."""

Usual = Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]
"""By component: `confidence`, by kind, the quantiles; and every oddity, by kind, how often it was asked and met."""


@dataclass(kw_only=True)
class Last:
    """What each component last said of a kind, and how surely."""

    said: dict[tuple[str, str], tuple[Claim, float]] = field(default_factory=dict)

    def renew(self, kind: str, parts: Mapping[str, Reading]) -> dict[str, tuple[Claim, float]]:
        """What they said before; from now on this is the last."""
        before = {name: self.said[name, kind] for name in parts if (name, kind) in self.said}
        self.said |= {(name, kind): (first_of(part), part.confidence) for name, part in parts.items()}
        return before


def oddities(
    kind: str, parts: Mapping[str, Reading], last: Last, quantiles: Mapping[str, Sequence[float]]
) -> dict[tuple[str, str], bool]:
    """What is odd of each component in one field and what not, by component and oddity; what says nothing is missing.

    `parts` are the readings by component, of two at least. `quantiles` are those of each one's confidences in such
    fields; without them nothing is said of confidence.
    """
    said, before = {name: first_of(part) for name, part in parts.items()}, last.renew(kind, parts)
    ranks = {name: rank(part.confidence, quantiles[name]) for name, part in parts.items() if name in quantiles}
    found: dict[tuple[str, str], bool] = {}
    for name in parts:
        others = [other for other in parts if other != name]
        if all(said[other][0] == "text" for other in others):
            found[name, "silent"] = said[name] in (NONE, BLANK)
        if len({said[other] for other in others}) == 1:
            found[name, "dissent"] = said[name] != said[others[0]]
        if before.keys() == parts.keys() and all(said[other] != before[other][0] for other in others):
            found[name, "constant"] = (said[name], parts[name].confidence) == before[name] or (
                said[name] == before[name][0] and said[name][0] == "text"
            )
        if ranks.keys() == parts.keys():
            if all(ranks[other] >= 0.5 for other in others):
                found[name, "unsure"] = ranks[name] < 0.1
            if all(ranks[other] < 0.5 for other in others):
                found[name, "too_sure"] = ranks[name] > 0.9
    return found


def rank(confidence: float, quantiles: Sequence[float]) -> float:
    """The share of a component's usual confidences that are smaller, in [0, 1]; of equal ones half count."""
    below = sum(cut < confidence for cut in quantiles)
    equal = sum(cut == confidence for cut in quantiles)
    return (below + equal / 2) / len(quantiles)
