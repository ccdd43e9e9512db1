"""The lot: which crops a challenger reads, and which of them people key. Keyed, so that nobody can foresee it."""

from dataclasses import dataclass

from serving.audit import is_drawn
from serving.ledger import Ledger
from serving.trial.settings import Settings

SECRET = "trials"


@dataclass(frozen=True, kw_only=True)
class Lot:
    """Draws for one trial; the same crop is always drawn alike."""

    salt: str
    trial_id: str
    settings: Settings

    def reads(self, crop_id: str) -> bool:
        """Whether the challenger reads a crop."""
        return is_drawn(f"{self.trial_id} reads {crop_id}", self.salt, self.settings.rate)

    def asks(self, crop_id: str, *, agree: bool) -> tuple[float, bool]:
        """The probability with which people key a crop, and whether they do."""
        probability = self.settings.agree_rate if agree else self.settings.differ_rate
        return probability, is_drawn(f"{self.trial_id} asks {crop_id}", self.salt, probability)


def lot(ledger: Ledger, trial_id: str, settings: Settings) -> Lot:
    """The lot of a trial, under a secret of its ledger."""
    with ledger.writing() as writing:
        return Lot(salt=writing.secret(SECRET), trial_id=trial_id, settings=settings)
