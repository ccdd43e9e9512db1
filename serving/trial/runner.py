"""Runs the trials of a ledger: the challengers read what is due, people are asked, and what a trial comes to is done.

Everything may be repeated, and killed at any time. One process at a time does it for a ledger.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from recognizer.errors import BundleError, PenfieldError
from serving.ledger import Ledger
from serving.ledger.trial import Trial
from serving.models import Models, Shelf
from serving.office import Office
from serving.promise import Policy
from serving.trial.conclusion import conclude
from serving.trial.judged import judged
from serving.trial.pairing import Pairing, pairing
from serving.trial.trials import Trials, end

log = logging.getLogger(__name__)

ALONE = "trials"
WORDS = "two models differ, or were to be compared"
LEAST_TRIED, MOST_FAILED = 20, 0.5
"""After so many crops a challenger that failed on such a share of them is not tried further."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What one look came to: crops that challengers read, fields put to people, trials that ended. `busy`: another
    process is at it."""

    read: int = 0
    asked: int = 0
    ended: tuple[str, ...] = ()
    busy: bool = False

    @property
    def line(self) -> str:
        """In one line."""
        if self.busy:
            return "another process runs the trials"
        told = [f"{self.read:,} crops read beside the champion"] if self.read else []
        told += [f"{self.asked:,} fields put to people"] if self.asked else []
        return "; ".join([*told, *self.ended]) or "nothing to do"


@dataclass(kw_only=True)
class Runner:
    """Runs trials. It keeps the challengers' models loaded between looks."""

    ledger: Ledger
    shelf: Shelf
    policy: Policy
    _pairings: dict[str, Pairing] = field(default_factory=dict)

    def look(self, going: Callable[[], bool] = lambda: True) -> Looked:
        """Do what is due; while `going()` is true, for it may take long. Raises LedgerError."""
        with self.ledger.trials_to_read() as rows:
            running = rows.running()
        self._pairings = {each.trial_id: self._pairings[each.trial_id] for each in running
                          if each.trial_id in self._pairings}  # fmt: skip
        if not running:
            return Looked()
        with self.ledger.alone(ALONE) as alone:
            if not alone:
                return Looked(busy=True)
            read = asked = 0
            ended: list[str] = []
            for trial in running:
                done = self._one(trial, going)
                read, asked, ended = read + done.read, asked + done.asked, [*ended, *done.ended]
            return Looked(read=read, asked=asked, ended=tuple(ended))

    def _one(self, trial: Trial, going: Callable[[], bool]) -> Looked:
        read, failed = 0, ""
        try:
            read = self._read(trial, going)
        except BundleError as error:
            failed = self.shelf.without_place(str(error))
        except PenfieldError as error:  # whatever it is: the next look tries again
            log.warning("trial %s could not go on: %s", trial.trial_id[:8], error)
        found = judged(self.ledger, trial.trial_id)
        broken = [each for each in found if each.challenger is None]
        if not failed and len(found) >= LEAST_TRIED and len(broken) > MOST_FAILED * len(found):
            failed = f"the challenger failed on {len(broken)} of {len(found)} crops"
        if failed:
            end(self.ledger, trial, "failed", reason=failed)
            return Looked(read=read, ended=(f"trial {trial.trial_id[:8]} failed: {failed}",))
        asked = self._ask([each.row.champion_id for each in found if each.row.asked and each.truth is None])
        trials = Trials(ledger=self.ledger, models=Models(self.ledger, self.shelf))
        told = conclude(trials, trial, [each.pair for each in found], self.policy)
        return Looked(read=read, asked=asked, ended=(told,) if told else ())

    def _read(self, trial: Trial, going: Callable[[], bool]) -> int:
        if trial.trial_id not in self._pairings:
            self._pairings[trial.trial_id] = pairing(self.ledger, self.shelf, trial, self.policy)
        mine, read = self._pairings[trial.trial_id], 0
        due = mine.due()
        with self.ledger.trials_to_read() as rows:
            gold = set(rows.known([each.crop_id for each in due]))
        for count in mine.read(due, gold):
            read += count
            if not going():
                mine.forget()
                break
        return read

    def _ask(self, prediction_ids: list[str]) -> int:
        return Office(self.ledger, self.policy).compare(prediction_ids, WORDS) if prediction_ids else 0
