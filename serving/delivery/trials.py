"""Trials as MLflow shows them: a run for each, with how it stood after so many answers, and how it ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from serving.ledger.clock import milliseconds, utc_now
from serving.models.words import scope_words, short
from serving.promise import Policy
from serving.trial.page import kept_html
from serving.trial.telling import telling

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.ledger.activation import ModelParcel
    from serving.ledger.trial import Trial
    from serving.tracking import Tracking

EXPERIMENT = "trials"
MARK = "answered"
"""The metric by which it is seen whether a step has arrived: those of a step go in one call."""


def bring_trial(ledger: Ledger, tracking: Tracking, parcel: ModelParcel) -> None:
    """Bring where a trial stood, or its end. Again is harmless."""
    with ledger.trials_to_read() as rows:
        trial = rows.find(str(parcel.payload["trial_id"]))
    if trial is None:
        return
    run_id = _run(tracking, trial)
    if parcel.kind == "trial_end":
        _end(ledger, tracking, run_id, trial)
        return
    step = int(parcel.payload["step"])
    if step not in tracking.steps(run_id, MARK):
        tracking.log_metrics(run_id, parcel.payload["metrics"], at_ms=milliseconds(utc_now()), step=step)


def _run(tracking: Tracking, trial: Trial) -> str:
    who = {name: getattr(trial, name) for name in ("champion", "challenger", "scope", "watches", "by", "note")}
    return tracking.open_run(
        EXPERIMENT, trial.trial_id,
        name=f"{short(trial.challenger)} against {short(trial.champion)}, {scope_words(trial.scope)}",
        params={**who, **trial.settings}, started_at_ms=milliseconds(trial.at),
    )  # fmt: skip


def _end(ledger: Ledger, tracking: Tracking, run_id: str, trial: Trial) -> None:
    """The finding and the page hold counts and shares, and nothing that was written on forms."""
    if trial.ended_at is None:
        return
    told = {
        "outcome": trial.outcome, "reason": trial.reason, "by": trial.ended_by, "at": trial.ended_at,
        "activation": trial.activation_seq, "finding": trial.finding,
    }  # fmt: skip
    tracking.log_text(run_id, "end.json", json.dumps(told, indent=1))
    tracking.log_text(run_id, "trial.html", kept_html(telling(ledger, trial, Policy())))
    tracking.set_tags(run_id, {"penfield.outcome": str(trial.outcome)})
    tracking.finish(run_id, at_ms=milliseconds(trial.ended_at))
