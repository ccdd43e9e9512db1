"""How a trial is run and when it decides."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from recognizer.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a trial is run and when it decides; fixed when it starts.

    Of the crops that the champion reads, the share `rate` is read by the challenger too. Where they differ, people are
    asked with the probability `differ_rate`, where they agree with `agree_rate`. `alpha` is the greatest probability
    with which a challenger that is no better becomes champion.

    A decision wants `least_labels` answers, of which `least_people` people gave some. A slice is important when it has
    `least_slice` discordant pairs; it is worse when that is `slice_doubt` times as probable as it may be. After
    `most_labels` answers without a decision the champion stays. A champion that a trial made is watched for
    `watch_labels` answers.
    """

    alpha: float = 0.05
    rate: float = 0.2
    differ_rate: float = 1.0
    agree_rate: float = 0.02
    least_labels: int = 100
    least_people: int = 3
    least_slice: int = 5
    slice_doubt: float = 0.1
    most_labels: int = 5_000
    watch_labels: int = 500

    def __post_init__(self) -> None:
        for name, most in (("alpha", 0.5), ("rate", 1.0), ("differ_rate", 1.0), ("agree_rate", 1.0)):
            value = getattr(self, name)
            if not 0 < value <= most:
                raise UsageError(f"trial: {name} {value} - mend: above 0, at most {most:g}")
        if not 0 < self.slice_doubt <= 0.5:
            raise UsageError(f"trial: slice_doubt {self.slice_doubt} - mend: above 0, at most 0.5")
        for name in ("least_labels", "least_people", "least_slice", "most_labels", "watch_labels"):
            if getattr(self, name) < 1:
                raise UsageError(f"trial: {name} {getattr(self, name)} - mend: a whole number from 1")

    @property
    def floor(self) -> float:
        """The least probability with which any pair is put to people."""
        return min(self.differ_rate, self.agree_rate)

    @property
    def plain(self) -> dict[str, Any]:
        """As plain data, for the ledger."""
        return asdict(self)


def settings_from(plain: Mapping[str, Any]) -> Settings:
    """Settings as they were kept; one that is unknown is from another version and is left out."""
    return Settings(**{name: value for name, value in plain.items() if name in Settings.__dataclass_fields__})
