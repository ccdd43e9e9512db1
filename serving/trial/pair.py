"""A pair: one crop that champion and challenger have read, and what people made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["champion", "challenger", "neither"]
"""With whom an answer agrees where the two differ."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One crop that both have read.

    `probability` is that with which people were to be asked, `asked` whether they were. `champion_right` and
    `challenger_right` are None without an answer. `votes` says with whom each person agreed, by person; empty where the
    two agree. `sure` and `champion_sure` are confidences; `accepted`: with the challenger's promise, its reading would
    have been accepted. `is_gold`: it is no crop by lot, but one whose answer is known.
    """

    crop_id: str
    kind: str
    quality: str
    agree: bool
    probability: float = 1.0
    asked: bool = True
    champion_right: bool | None = None
    challenger_right: bool | None = None
    votes: Mapping[str, Side] = field(default_factory=dict)
    sure: float = 0.0
    champion_sure: float = 0.0
    accepted: bool = False
    is_gold: bool = False

    @property
    def answered(self) -> bool:
        """Whether people have said what stands there."""
        return self.champion_right is not None and self.challenger_right is not None

    @property
    def gain(self) -> float | None:
        """1 if only the challenger is right, -1 if only the champion is, else 0; None without an answer."""
        if self.agree:
            return 0.0
        if not self.answered:
            return None
        return float(bool(self.challenger_right)) - float(bool(self.champion_right))
