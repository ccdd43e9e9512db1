"""The outcome head: does what the text network saw look like an answer, or like none that should be read?

It looks at the text network's columns and leaves that network as it is, so it can be fitted afterwards, and recognition
stays what it was. Columns, not the context features behind them: those have learned to overlook what is not text, and
with them a fifth more of the non-answers go unnoticed.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from recognizer.outcome import OUTCOME_CLASSES


@dataclass(frozen=True, kw_only=True)
class OutcomeHeadConfig:
    """`columns` is the channels of the text network's columns; `hidden` those of the head's own two layers."""

    columns: int
    hidden: int = 64

    def as_dict(self) -> dict[str, object]:
        """The config as JSON knows it."""
        return asdict(self)


class OutcomeHead(nn.Module):
    """(n, c, 1, w) features, as `TextNet.columns` gives them -> (n, 4) logits of `OUTCOME_CLASSES`.

    Columns are pooled by their maximum and by attention (Ilse et al., Attention-based deep multiple instance learning,
    2018): unlike a mean, it learns to leave out the paper that a line is padded with.
    """

    def __init__(self, config: OutcomeHeadConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.columns = nn.Sequential(
            nn.Conv2d(config.columns, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, (1, 5), padding=(0, 2)),
            nn.ReLU(),
        )
        self.weight = nn.Conv2d(hidden, 1, 1)
        self.classify = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, len(OUTCOME_CLASSES))
        )

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        columns = self.columns(features)
        weights = self.weight(columns).softmax(3)
        pooled = torch.cat([(columns * weights).sum((2, 3)), columns.amax((2, 3))], 1)
        return self.classify(pooled)
