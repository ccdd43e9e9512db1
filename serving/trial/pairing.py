"""Reads with a challenger what the champion has read, from the ledger's crops alone, and files the pairs.

The batch that the champion read for knows nothing of it: no record, page or answer depends on what happens here.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from recognizer.errors import FormError, LedgerError, ScanRejected
from serving.decision.decide import decide
from serving.door import Door
from serving.intake.forms import restored
from serving.ledger import Ledger, Prediction
from serving.ledger.origin import Origin
from serving.ledger.trial import Due, Trial, TrialPair
from serving.models import Shelf
from serving.promise import Policy
from serving.readers import Same, load_model
from serving.replay.forms import Forms
from serving.replay.stage import Otherwise
from serving.trial.grade import grade
from serving.trial.lot import Lot, lot
from serving.trial.settings import settings_from
from serving.truth.agreement import says_same

log = logging.getLogger(__name__)

AT_ONCE = 16
"""So many pairs are filed together: what is lost by a kill is read again."""


@dataclass(kw_only=True)
class Pairing:
    """What one trial reads. It remembers what it looked at; forgotten, it is found again."""

    ledger: Ledger
    trial: Trial
    door: Door
    forms: Forms
    lot: Lot
    paired: set[str]
    _looked: set[str] = field(default_factory=set)
    _unread: set[str] = field(default_factory=set)

    def due(self) -> list[Due]:
        """What the champion has read since, in order, that the lot gives the challenger and has no pair yet; gold too.
        A crop is read once, whichever of its batches it comes by."""
        with self.ledger.trials_to_read() as rows:
            found, ended = list(rows.gold(self.trial.champion)), list[str]()
            for batch_id, finished in rows.batches(self.trial.at):
                if batch_id in self._looked:
                    continue
                read = rows.read_since(batch_id, self.trial.at, self.trial.champion)
                found += [each for each in read if self.lot.reads(each.crop_id)]
                ended += [batch_id] if finished else []
        self._looked.update(ended)
        skip, kinds = self.paired | self._unread, {self.trial.scope} if self.trial.scope else None
        once = {each.crop_id: each for each in reversed(found) if each.crop_id not in skip}
        return [each for each in reversed(once.values()) if kinds is None or each.kind in kinds]

    def read(self, due: list[Due], gold: set[str]) -> Iterator[int]:
        """Read what is due, and say so often how many pairs are new."""
        for start in range(0, len(due), AT_ONCE):
            some = due[start : start + AT_ONCE]
            pairs = [pair for each in some if (pair := self._pair(each, gold)) is not None]
            with self.ledger.trials() as rows:
                rows.add_pairs(self.trial.trial_id, pairs)
            self.paired.update(pair.crop_id for pair in pairs)
            yield len(pairs)

    def forget(self) -> None:
        """Look again at every batch: not all that was due was read."""
        self._looked.clear()

    def _pair(self, due: Due, gold: set[str]) -> TrialPair | None:
        """The pair of a crop; None where the crop itself cannot be had any more."""
        try:
            with self.ledger.replaying_to_read() as rows:
                origin = rows.origin(due.prediction_id)
            if origin is None or origin.erased_at is not None:
                raise Otherwise("missing", "erased", "it is gone")
            definition, folder = self.forms.language(origin)
            crop = restored(origin.crop, definition)
        except (Otherwise, LedgerError) as other:
            log.warning("crop %s is in no trial: %s", due.crop_id, other)
            self._unread.add(due.crop_id)
            return None
        try:
            said: Prediction | None = self.door.read_beside(crop, folder)
        except (ScanRejected, FormError) as error:
            log.warning("the challenger fails on crop %s: %s", due.crop_id, type(error).__name__)
            said = None
        agree = said is not None and says_same(_words(origin.prediction), _words(said), definition)
        is_gold = due.crop_id in gold
        probability, asked = (1.0, True) if is_gold else self.lot.asks(due.crop_id, agree=agree)
        return TrialPair(
            crop_id=due.crop_id, champion_id=due.prediction_id,
            challenger_id=None if said is None else said.prediction_id, kind=due.kind,
            quality=grade(crop.quality), agree=agree, accepted=said is not None and self._accepts(said, origin),
            probability=probability, asked=asked, is_gold=is_gold,
        )  # fmt: skip

    def _accepts(self, said: Prediction, origin: Origin) -> bool:
        """Whether the challenger's reading would have been accepted, by its own thresholds."""
        definition, _ = self.forms.field(origin)
        form = self.forms.defined(origin.page.form_digest) if origin.page.form_digest else None
        model = self.door.lineup.of(definition.kind)
        return decide(said, definition, form, model.promise, origin.crop.quality).decision == "accept"


def pairing(ledger: Ledger, shelf: Shelf, trial: Trial, policy: Policy | None) -> Pairing:
    """What a trial reads with. Raises BundleError where the challenger cannot be loaded."""
    door = Door(Same(load_model(shelf.folder(trial.challenger), policy)), ledger, purpose="trial")
    with ledger.trials_to_read() as rows:
        paired = rows.paired(trial.trial_id)
    drawn = lot(ledger, trial.trial_id, settings_from(trial.settings))
    return Pairing(ledger=ledger, trial=trial, door=door, forms=Forms(ledger), lot=drawn, paired=paired)


def _words(prediction: Prediction) -> tuple[str, str]:
    return prediction.reading.outcome, prediction.reading.text
