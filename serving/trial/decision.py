"""What a trial comes to, now: the challenger wins, the champion stays, or more answers are wanted. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from serving.trial.comparison import Comparison, compare
from serving.trial.guards import Guard, guards
from serving.trial.pair import Pair
from serving.trial.settings import Settings

Outcome = Literal["go_on", "promote", "keep"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a trial comes to, why, and what that rests on. Guards are asked only when the bet is won."""

    outcome: Outcome
    reason: str
    comparison: Comparison
    guards: tuple[Guard, ...] = ()

    @property
    def plain(self) -> dict[str, Any]:
        """As plain data, for the ledger."""
        c = self.comparison
        shares = {
            name: {"value": share.value, "low": share.low, "high": share.high}
            for name, share in (("champion", c.champion), ("challenger", c.challenger), ("gain", c.gain))
        }
        counts = {n: getattr(c, n) for n in ("pairs", "differ", "asked", "answered", "gained", "lost")}
        told = [{"name": guard.name, "passed": guard.passed, "words": guard.words} for guard in self.guards]
        return {**counts, **shares, "evidence": min(c.evidence, 1e12), "against": min(c.against, 1e12), "guards": told}


Guarding = Callable[[Sequence[Pair], Settings], Guard]


def find(
    pairs: Sequence[Pair], settings: Settings, target: Callable[[str], float], most: int,
    only: Sequence[Guarding] | None = None,
) -> Finding:  # fmt: skip
    """What the pairs come to; after `most` answers without a decision the champion stays. All guards are asked, or
    `only` some."""
    found, wanted = compare(pairs, settings), 1 / settings.alpha
    if found.evidence >= wanted and (found.gain.value or 0) > 0:
        asked = guards(pairs, settings, target) if only is None else tuple(each(pairs, settings) for each in only)
        failed = [f"{guard.name} ({guard.words})" for guard in asked if not guard.passed]
        if not failed:
            reason = (
                f"{_score(found)}; evidence {min(found.evidence, 1e6):,.0f} of {wanted:,.0f}, and every guard passes"
            )
            return Finding(outcome="promote", reason=reason, comparison=found, guards=asked)
        reason = f"the bet is won, but not: {'; '.join(failed)}"
        if found.answered < most:
            return Finding(outcome="go_on", reason=reason, comparison=found, guards=asked)
        return Finding(outcome="keep", reason=reason, comparison=found, guards=asked)
    if found.against >= wanted:
        return Finding(outcome="keep", reason=f"{_score(found)}: the challenger is worse", comparison=found)
    if found.answered >= most:
        return Finding(outcome="keep", reason=f"{_score(found)}: no difference was found", comparison=found)
    return Finding(outcome="go_on", reason=f"{_score(found)}: more answers are wanted", comparison=found)


def _score(found: Comparison) -> str:
    return f"{found.gained} gained and {found.lost} lost in {found.answered:,} answers"
