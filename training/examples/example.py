"""Example: a crop with its verdict, on its side of training, with what it counts."""

from dataclasses import dataclass
from typing import Literal

from recognizer.form import Field
from serving.ledger.statement import FieldUse, Statement
from training.corpora.sample import Split

LeftOut = Literal["gold", "erased", "withdrawn", "later", "disputed", "no_field", "unaligned"]
"""Why a crop with a verdict is no example: its answer was known beforehand and tells who can be trusted; its record was
erased; nothing of what was said stands; it became true only after the form was read; a customer says otherwise than
those who looked at the picture, which may be right and still not what is written; its definition is not in the ledger;
its picture shows another place."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One field of which people settled what stands there.

    `use` says where it is and what the machine read at that time, before anybody had keyed it; `verdict` what counts
    now. `weight` says how often it is seen in training beside one of weight 1.
    """

    use: FieldUse
    field: Field
    verdict: Statement
    split: Split
    weight: float

    @property
    def crop_id(self) -> str:
        """The picture."""
        return self.use.crop_id

    @property
    def page_id(self) -> str:
        """The page that it stands on, which stands for whoever wrote it."""
        return self.use.page_id

    @property
    def text(self) -> str:
        """What is written there; "" for a non-answer."""
        return self.verdict.text if self.verdict.outcome == "text" else ""

    @property
    def is_sensitive(self) -> bool:
        """Whether it may be learned from and not be shown."""
        return self.use.is_sensitive
