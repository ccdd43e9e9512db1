"""What another model would have said of a crop, beside what the recorded one said and what people settled.

The crop is the one in the ledger, and what is said has the purpose `replay`: no record, decision or number of
production depends on it.
"""

from dataclasses import dataclass

from recognizer.errors import LedgerError, ScanRejected
from recognizer.form import Field
from serving.door import Door
from serving.intake.forms import restored
from serving.ledger import Ledger
from serving.ledger.erased import erased_words
from serving.ledger.origin import Origin
from serving.ledger.statement import Statement
from serving.ledger.values import Prediction
from serving.replay.forms import Forms
from serving.replay.stage import Otherwise
from serving.truth.agreement import says_same
from serving.truth.belief import belief


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One field, and what three say of it; `settled` is None where people said nothing."""

    origin: Origin
    said: Prediction
    settled: Statement | None
    definition: Field

    @property
    def agrees(self) -> bool:
        """Whether both models say the same."""
        return says_same(_words(self.origin.prediction), _words(self.said), self.definition)

    @property
    def recorded_right(self) -> bool | None:
        """Whether the recorded model was right, None where people said nothing."""
        return self._right(self.origin.prediction)

    @property
    def said_right(self) -> bool | None:
        """Whether the other model is right, None where people said nothing."""
        return self._right(self.said)

    def _right(self, prediction: Prediction) -> bool | None:
        if self.settled is None:
            return None
        return says_same(_words(prediction), (self.settled.outcome, self.settled.text), self.definition)


def ask(ledger: Ledger, forms: Forms, door: Door, origin: Origin) -> Asked:
    """Have the model behind a door for replays read a prediction's crop. Raises Otherwise where that cannot be."""
    if origin.erased_at is not None:
        raise Otherwise("missing", "erased", erased_words(origin.erased_at))
    field, folder = forms.language(origin)
    try:
        said = door.read_again(restored(origin.crop, field), folder)
    except ScanRejected as error:
        raise Otherwise("missing", error.code, error.reason) from error
    except LedgerError as error:
        raise Otherwise("missing", "damaged", str(error)) from error
    return Asked(origin=origin, said=said, settled=_settled(ledger, origin.crop.crop_id), definition=field)


def _settled(ledger: Ledger, crop_id: str) -> Statement | None:
    with ledger.truth() as truth:
        said = [*truth.readings_of([crop_id]).get(crop_id, ()), *truth.verdicts_on([crop_id]).get(crop_id, ())]
    known = belief(said)
    return None if known is None or known.source == "model" else known


def _words(prediction: Prediction) -> tuple[str, str]:
    return prediction.reading.outcome, prediction.reading.text
