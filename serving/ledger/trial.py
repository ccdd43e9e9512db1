"""The values of trials: a challenger beside a champion, the pairs, and the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

End = Literal["promoted", "kept", "rolled_back", "stopped", "failed"]
"""How a trial ends: the challenger reads from then on; the champion stays; the activation that was watched is undone;
somebody stopped it, or the champion is another; the challenger cannot be run."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A challenger beside the champion that the activation `champion_seq` made. It runs while `outcome` is None.

    `scope` is a kind of field, "" for all. `watches` is the number of an activation whose loser is the challenger here:
    where it wins, that activation is undone; 0 for a usual trial. `settings` and `finding` are plain data. Times are
    UTC, ISO 8601.
    """

    seq: int
    trial_id: str
    scope: str
    challenger: str
    champion: str
    champion_seq: int
    watches: int
    settings: Mapping[str, Any]
    by: str
    note: str
    at: str
    outcome: End | None = None
    ended_by: str = ""
    reason: str = ""
    finding: Mapping[str, Any] = field(default_factory=dict)
    activation_seq: int = 0
    ended_at: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.outcome is None


@dataclass(frozen=True, kw_only=True)
class TrialPair:
    """One crop that both have read: the predictions (`challenger_id` None where the challenger failed on it), whether
    they agree, and with which probability people were to be asked, and whether they are."""

    crop_id: str
    champion_id: str
    challenger_id: str | None
    kind: str
    quality: str
    agree: bool
    accepted: bool
    probability: float
    asked: bool
    is_gold: bool


@dataclass(frozen=True, kw_only=True)
class Due:
    """A reading of production that a challenger may be held against, and where its field stands."""

    prediction_id: str
    crop_id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class TrialVote:
    """What a person keyed, blind, of a crop of a trial."""

    crop_id: str
    person: str
    outcome: str
    text: str
