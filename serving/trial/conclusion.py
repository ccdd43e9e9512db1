"""From what a trial comes to, to what is done: the challenger is activated, an activation is undone, or the trial ends.

What was decided is done once, whoever is killed in between: an activation names its trial, and the next look finds it.
"""

from collections.abc import Sequence
from typing import Any, get_args

from recognizer.errors import BundleError, UsageError
from recognizer.form.model import Kind
from serving.ledger import Activation, Outrun
from serving.ledger.trial import Trial
from serving.metrics import production_metrics
from serving.models.words import scope_words, short
from serving.promise import Policy
from serving.trial.comparison import Comparison
from serving.trial.decision import Finding, find
from serving.trial.guards import Guard, guards, spread
from serving.trial.pair import Pair
from serving.trial.settings import Settings, settings_from
from serving.trial.trials import BY, Trials, end

STEP = 10
"""MLflow is shown a trial whenever so many answers more are in."""


def conclude(trials: Trials, trial: Trial, pairs: Sequence[Pair], policy: Policy) -> str:
    """Do what a trial comes to now; in one line what was done, "" where it goes on."""
    settings = settings_from(trial.settings)
    champion = trials.models.champion(trial.scope)
    if champion is None or champion.seq != trial.champion_seq:
        return _overtaken(trials, trial, champion, settings)
    finding = examine(trial, pairs, policy)
    _show(trials, trial, finding.comparison)
    if trial.watches and (refuted := _refuted(trials, trial, policy, champion)):
        return _undo(trials, trial, finding, refuted)
    if finding.outcome == "go_on":
        return ""
    if finding.outcome == "keep":
        reason = f"the new champion stays: {finding.reason}" if trial.watches else finding.reason
        end(trials.ledger, trial, "kept", reason=reason, finding=finding.plain)
        return f"trial {short(trial.trial_id)}: {short(trial.champion)} stays: {finding.reason}"
    return (
        _undo(trials, trial, finding, finding.reason) if trial.watches else _promote(trials, trial, finding, settings)
    )


def examine(trial: Trial, pairs: Sequence[Pair], policy: Policy) -> Finding:
    """What the pairs come to. A watch needs no guard but that its evidence is no few people's: to go back is the safe
    side, and what was there before has shown what it is worth."""
    settings = settings_from(trial.settings)
    if trial.watches:
        return find(pairs, settings, lambda kind: policy.target(kind).accuracy, settings.watch_labels, (spread,))
    return find(pairs, settings, lambda kind: policy.target(kind).accuracy, settings.most_labels)


def guarding(trial: Trial, pairs: Sequence[Pair], policy: Policy) -> tuple[Guard, ...]:
    """What the guards of a trial say now, whether its bet is won or not."""
    settings = settings_from(trial.settings)
    if trial.watches:
        return (spread(pairs, settings),)
    return guards(pairs, settings, lambda kind: policy.target(kind).accuracy)


def _promote(trials: Trials, trial: Trial, finding: Finding, settings: Settings) -> str:
    """Activate the challenger. Whoever was faster is left alone."""
    evidence: dict[str, Any] = {**finding.plain, "trial": trial.trial_id}
    try:
        made = trials.models.activate(
            trial.challenger, kind=trial.scope, by=BY, how="trial", reason=finding.reason, evidence=evidence,
            expects=trial.champion_seq,
        )  # fmt: skip
    except Outrun as error:
        end(trials.ledger, trial, "stopped", reason=str(error), finding=finding.plain)
        return f"trial {short(trial.trial_id)} is over: {error}"
    except BundleError as error:
        why = trials.models.shelf.without_place(str(error))
        end(trials.ledger, trial, "failed", reason=why, finding=finding.plain)
        return f"trial {short(trial.trial_id)} failed: {why}"
    return _promoted(trials, trial, made, settings)


def _promoted(trials: Trials, trial: Trial, made: Activation, settings: Settings) -> str:
    """The challenger is the champion: it is watched from now on, and the trial is over."""
    trials.watch(made, settings)
    end(trials.ledger, trial, "promoted", reason=made.reason, finding=made.evidence, activation_seq=made.seq)
    reads = f"{short(made.bundle_id)} reads {scope_words(made.scope)} from now on"
    return f"trial {short(trial.trial_id)}: {reads}: {made.reason}"


def _undo(trials: Trials, trial: Trial, finding: Finding, why: str) -> str:
    """Undo the activation that is watched."""
    evidence = {**finding.plain, "trial": trial.trial_id}
    try:
        made = trials.models.rollback(trial.scope, by=BY, reason=why, evidence=evidence, expects=trial.champion_seq)
    except Outrun as error:
        end(trials.ledger, trial, "stopped", reason=str(error), finding=finding.plain)
        return f"trial {short(trial.trial_id)} is over: {error}"
    except (BundleError, UsageError) as error:
        said = trials.models.shelf.without_place(f"{why}; but it could not be undone: {error}")
        end(trials.ledger, trial, "failed", reason=said, finding=finding.plain)
        return f"trial {short(trial.trial_id)} failed: {said}"
    end(trials.ledger, trial, "rolled_back", reason=why, finding=finding.plain, activation_seq=made.seq)
    reads = f"{short(made.bundle_id)} reads {scope_words(made.scope)} again"
    return f"trial {short(trial.trial_id)}: rolled back, {reads}: {why}"


def _overtaken(trials: Trials, trial: Trial, champion: Activation | None, settings: Settings) -> str:
    """The champion is another than at the start: by this trial, just before a kill; or by somebody else."""
    if champion is not None and champion.evidence.get("trial") == trial.trial_id:
        if champion.how == "trial":
            return _promoted(trials, trial, champion, settings)
        end(trials.ledger, trial, "rolled_back", reason=champion.reason, activation_seq=champion.seq)
        return f"trial {short(trial.trial_id)}: rolled back"
    who = f"{champion.by} made {short(champion.bundle_id)} the champion" if champion is not None else "nobody reads"
    reason = f"the champion of {scope_words(trial.scope)} is another than when it started: {who}"
    end(trials.ledger, trial, "stopped", reason=reason)
    return f"trial {short(trial.trial_id)} is over: {reason}"


def _refuted(trials: Trials, trial: Trial, policy: Policy, champion: Activation) -> str:
    """Why the new champion does not keep what was promised, by audits of what was accepted since; "" where it may.

    The interval holds however often one looks; the doubt is shared out among all kinds that there are, for which of
    them will be spoken of is not known beforehand.
    """
    own = {each.scope for each in trials.models.history() if each.scope}
    mine = [kind for kind in get_args(Kind) if trial.scope in ("", kind) and (trial.scope or kind not in own)]
    stricter = policy.model_copy(update={"certainty": 1 - (1 - policy.certainty) / len(mine)})
    for each in production_metrics(trials.ledger, since=champion.at, policy=stricter).kinds:
        found, target = each.accuracy, policy.target(each.kind).accuracy
        if each.kind in mine and found.high is not None and found.high < target:
            return (
                f"audits refute what is promised of {each.kind}: at most {found.high:.2%} of what was accepted since "
                f"is right, {target:.2%} was promised ({found.wrong} of {found.answered} audits wrong)"
            )
    return ""


def _show(trials: Trials, trial: Trial, found: Comparison) -> None:
    """Have MLflow told where the trial stands, now and then; the step is the number of answers."""
    step = found.answered // STEP * STEP
    if not step:
        return
    shown: dict[str, float] = {name: getattr(found, name) for name in ("pairs", "differ", "answered", "gained", "lost")}
    for name, share in (("champion", found.champion), ("challenger", found.challenger), ("gain", found.gain)):
        shown |= {f"{name}/low": share.low, f"{name}/high": share.high}
        shown |= {} if share.value is None else {f"{name}/value": share.value}
    shown["evidence"] = min(found.evidence, 1e12)
    payload = {"trial_id": trial.trial_id, "step": step, "metrics": shown}
    with trials.ledger.succession() as line:
        line.parcel(f"trial:{trial.trial_id}:{step}", "trial", payload)
