"""One round of the loop: verdicts become examples, the champion learns on, and what comes of it stands its trial.

Every step may be repeated: a round that was killed goes on, and publishing, trial and the note of what was learned are
done once. Two rounds never run at once in one ledger.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from recognizer.errors import BundleError, UsageError
from serving.ledger import Activation, Ledger
from serving.ledger.lessons import ExampleSet
from serving.models import Models, Shelf
from serving.trial.settings import Settings
from serving.trial.trials import Trials
from training.examples import Examples, gather
from training.examples.dataset import PERSONAL, facts, frame
from training.loop.begun import Begun, begin
from training.loop.judge import judge
from training.loop.made import Made, made_with, make
from training.loop.order import RetrainOrder
from training.loop.round import Place, Round
from training.pack import load_networks
from training.runlog import RunLog

BY = "penfield retrain"
Say = Callable[[str], None]


def retrain(order: RetrainOrder, ledger: Ledger, say: Say) -> Round:
    """Do one round, where enough was settled since the last one. Interrupted and started again with the same folder and
    settings, it goes on.

    Raises UsageError where another round runs in this ledger, BundleError where there is no champion or its masters are
    missing, InputError for data that cannot be read, LedgerError.
    """
    with ledger.alone("retrain") as alone:
        if not alone:
            raise UsageError("a retraining runs in this ledger already - mend: wait until it is done, or stop it")
        models = Models(ledger, Shelf(order.store))
        champion = models.champion()
        if champion is None:
            raise BundleError("there is no champion to learn from - mend: read a batch first, or `penfield activate`")
        return _round(order, ledger, models, champion, say)


def _round(order: RetrainOrder, ledger: Ledger, models: Models, champion: Activation, say: Say) -> Round:
    place = Place(folder=order.folder)
    found = gather(ledger, place.known_at(champion.bundle_id))
    done = Round(champion=champion.bundle_id, new=_new(ledger, found), examples=len(found.items))
    if done.new < order.least_new:
        reason = f"{done.new:,} examples are new since the last round, at least {order.least_new:,} are wanted"
        return replace(done, reason=reason)
    folder = models.shelf.folder(champion.bundle_id)
    begun = begin(ledger, champion.bundle_id, folder, load_networks(folder), found)
    concerned, done = begun.concerned(order.least_lines), replace(done, set_digest=begun.set_digest)
    if not concerned:
        counts = ", ".join(f"{name} {len(rows):,}" for name, rows in begun.lines["train"].items())
        reason = f"no reader has {order.least_lines:,} lines to learn from ({counts}; {len(found.items):,} examples)"
        return replace(done, reason=reason)
    say(f"{done.examples:,} examples, {done.new:,} of them new; {' and '.join(concerned)} learn on from "
        f"{done.champion[:12]}")  # fmt: skip
    key = begun.key(order)
    work = place.begin(key, champion.bundle_id, found.known_at)
    log = _log(order, begun, work, done, say)
    made = make(order, begun, work, log)
    done = _stands(order, ledger, models, begun, made, replace(done, readers=made.readers), log, say)
    log.send(lambda t, run: t.finish(run))
    _note(ledger, begun, done)
    place.end(key)
    return done


def _new(ledger: Ledger, found: Examples) -> int:
    """How many examples were settled since the last round, or are there at the first."""
    with ledger.lessons_to_read() as asked:
        sets = asked.sets()
    return len(found.since(sets[-1].known_at)) if sets else len(found.items)


def _log(order: RetrainOrder, begun: Begun, work: Path, done: Round, say: Say) -> RunLog:
    """The round's run in MLflow, which is told of the examples without what people wrote."""
    params = {"champion": begun.bundle_id, "examples": begun.set_digest, "new": done.new, **made_with(),
              **order.settings}  # fmt: skip
    log = RunLog(order.store, work, f"retrain-{begun.key(order)}", params, say)
    table = frame(begun.found.items).drop(columns=list(PERSONAL))
    source = f"ledger@{begun.found.known_at}"
    log.send(lambda t, run: t.log_dataset(
        run, table, name="examples", digest=begun.set_digest, source=source, context="training",
    ))  # fmt: skip
    log.send(lambda t, run: t.log_text(run, "examples.json", json.dumps(facts(begun.found), indent=1)))
    return log


def _stands(
    order: RetrainOrder, ledger: Ledger, models: Models, begun: Begun, made: Made, done: Round, log: RunLog, say: Say
) -> Round:
    """Examine what was made through the door; where it is no worse it is published, and stands its trial."""
    if made.folder is None:
        return replace(done, reason="nothing that was learned reads held-out lines better than the champion")
    say("champion and challenger read the held-out examples")
    before, after = (judge(each, begun.sides["test"], ledger, begun.set_digest) for each in (begun.folder, made.folder))
    log.observe(0, {"door.before": before.accuracy, "door.after": after.accuracy, "door.count": after.count})
    done = replace(done, before=before, after=after)
    if after.right < before.right:
        return replace(done, reason=f"it is worse: {done.score}")
    note = f"learned on from {done.champion[:12]} with examples {done.set_digest[:12]}; {done.score}"
    bundle_id = models.publish(made.folder, by=BY, note=note)
    settings = Settings(rate=order.trial_rate)
    trial = Trials(ledger=ledger, models=models).start(bundle_id, settings, by=BY, note=note)
    say(f"challenger {bundle_id} is published")
    return replace(done, bundle_id=bundle_id, trial_id=trial.trial_id)


def _note(ledger: Ledger, begun: Begun, done: Round) -> None:
    """What was learned from is noted; the next round wants news."""
    with ledger.lessons() as noted:
        noted.note_set(ExampleSet(
            set_digest=begun.set_digest, bundle_id=done.bundle_id, known_at=begun.found.known_at,
            facts={**facts(begun.found), "champion": done.champion, "reason": done.reason},
        ))  # fmt: skip
