"""Trials of a ledger: start one, find one, stop one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from recognizer.errors import UsageError
from recognizer.form.model import Kind
from serving.ledger import Activation, Ledger
from serving.ledger.trial import End, Trial
from serving.models import Models
from serving.models.words import scope_words, short
from serving.trial.settings import Settings

BY = "penfield trial"
"""Who activates and rolls back where a trial does."""
LEAST_NAME = 4


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The trials of a ledger. Every step is a row; safe in several processes."""

    ledger: Ledger
    models: Models

    def start(
        self, bundle_id: str, settings: Settings | None = None, *, kind: str = "", by: str, note: str = ""
    ) -> Trial:
        """Have a published bundle read beside the champion of a kind, or of all fields; one that does goes on.

        Raises:
            UsageError: no such kind or published bundle, no champion, or the bundle is the champion.
            BundleError: the bundle is missing on the shelf or damaged there.
        """
        champion = self._champion(kind)
        if bundle_id not in {each.bundle_id for each in self.models.published()}:
            raise UsageError(f"there is no model {bundle_id} - mend: `penfield publish FOLDER`")
        if champion.bundle_id == bundle_id:
            raise UsageError(
                f"{short(bundle_id)} is the champion of {scope_words(kind)}, it has nobody to be held against"
            )
        self.models.shelf.folder(bundle_id)
        return self._begin(bundle_id, champion, settings or Settings(), by=by, note=note, scope=kind)

    def watch(self, activation: Activation, settings: Settings) -> Trial | None:
        """Hold what an activation replaced against what it made champion; None where it replaced nothing."""
        if not activation.replaced:
            return None
        note = f"watches activation {activation.seq}"
        scope, watches = activation.scope, activation.seq
        return self._begin(activation.replaced, activation, settings, by=BY, note=note, scope=scope, watches=watches)

    def stop(self, trial: Trial, *, by: str, reason: str) -> None:
        """End a trial; the champion stays. Raises UsageError where it has ended, or without a reason."""
        if not reason.strip():
            raise UsageError("a trial is not stopped without a reason: it stays in the ledger - mend: say why")
        if not trial.runs or not end(self.ledger, trial, "stopped", by=by, reason=reason.strip()):
            raise UsageError(f"trial {short(trial.trial_id)} has ended already")

    def all(self) -> tuple[Trial, ...]:
        """Every trial, oldest first."""
        with self.ledger.trials_to_read() as rows:
            return rows.all()

    def named(self, name: str) -> Trial:
        """The trial that an id, or the beginning of one, names; of "" the last one. Raises UsageError."""
        known = self.all()
        if not known:
            raise UsageError("there was no trial yet - mend: `penfield trial start BUNDLE`")
        if not name:
            return known[-1]
        found = [each for each in known if each.trial_id.startswith(name)] if len(name) >= LEAST_NAME else []
        if len(found) != 1:
            why = f"{len(found)} trials begin with" if found else "there is no trial"
            raise UsageError(f"{why} {name!r} - mend: `penfield trial list`; {LEAST_NAME} characters of an id do")
        return found[0]

    def _champion(self, kind: str) -> Activation:
        if kind and kind not in get_args(Kind):
            raise UsageError(f"there is no kind of field {kind!r} - mend: one of {', '.join(get_args(Kind))}")
        champion = self.models.champion(kind)
        if champion is None:
            raise UsageError("there is no champion yet - mend: read a batch first, or `penfield activate`")
        return champion

    def _begin(
        self, challenger: str, champion: Activation, settings: Settings, *, by: str, note: str, scope: str,
        watches: int = 0,
    ) -> Trial:  # fmt: skip
        with self.ledger.trials() as rows:
            trial = rows.start(
                scope=scope, challenger=challenger, champion=champion.bundle_id, champion_seq=champion.seq,
                watches=watches, settings=settings.plain, by=by, note=note,
            )  # fmt: skip
            if not watches:
                rows.line.challenger(trial.trial_id, challenger, scope=scope)
        return trial


def end(
    ledger: Ledger, trial: Trial, outcome: End, *, by: str = BY, reason: str,
    finding: Mapping[str, Any] | None = None, activation_seq: int = 0,
) -> bool:  # fmt: skip
    """Note how a trial ended, and have MLflow shown it, and who is the challenger now; False where it had ended."""
    with ledger.trials() as rows:
        done = rows.end(
            trial.trial_id, outcome, by=by, reason=reason, finding=finding or {}, activation_seq=activation_seq
        )
        rows.line.parcel(f"trial:{trial.trial_id}:end", "trial_end", {"trial_id": trial.trial_id})
        if not trial.watches:
            others = [each.challenger for each in rows.running() if each.scope == trial.scope and not each.watches]
            rows.line.challenger(f"{trial.trial_id}:end", others[-1] if others else "", scope=trial.scope)
    return done
