"""The loop on a shifted input: from verdicts of simulated people to a challenger that is activated by itself.

    python -m benchmarks.loop [--shift slant|squeezed|outline] [--fields 300] [--steps 200] [--out out/bench-loop]

People with another pen come: digits in handwriting fonts, changed as `benchmarks.pens` says, read by the champions
through the door. Nobody tells the loop what is written: simulated people key in the real office what the machine
doubts, audits, and what the trial asks; `retrain` makes a challenger of it, the trial decides, and who won reads a last
day of the new pen and one of the old pens, which it may not have forgotten.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.house import BUNDLE, Day, House
from benchmarks.pens import SHIFTS, Change, as_it_is
from serving.ledger import open_ledger
from serving.promise import Policy
from serving.trial.runner import Runner
from serving.trial.trials import Trials
from training.loop.order import RetrainOrder
from training.loop.retrain import retrain
from training.loop.round import Round
from training.rehearsal import new_ledger

Show = Callable[[str, Day], None]


@dataclass(frozen=True, kw_only=True)
class Input:
    """What comes in: `fields` a day in the pen `change`; the trial may take `most_days` of them."""

    change: Change
    fields: int
    most_days: int = 10


def go_round(house: House, order: RetrainOrder, came: Input, show: Show) -> tuple[Round, str]:
    """The loop once, from a day of old pens to the trial's end: what the round came to, and how its trial ended; ""
    where there was none, or where it goes on."""
    show("old pens", house.day(came.fields, as_it_is))
    show("new pen", house.day(came.fields, came.change))
    done = retrain(order, house.ledger, print)
    if not done.trial_id:
        return done, ""
    for day in on_trial(house, done.trial_id, came):
        show("new pen, trial", day)
    ended = _trials(house).named(done.trial_id)
    show("new pen, at last", house.day(came.fields, came.change))
    show("old pens, at last", house.day(came.fields, as_it_is))
    return done, ended.outcome or ""


def on_trial(house: House, trial_id: str, came: Input) -> Iterator[Day]:
    """Days of input until the trial has ended, or as many as it may take."""
    runner = Runner(ledger=house.ledger, shelf=house.models.shelf, policy=house.policy)
    for _ in range(came.most_days):
        yield house.day(came.fields, came.change)
        runner.look()  # the challenger reads, people are asked
        house.crowd.run()
        runner.look()  # who is better is known by what they said
        if not _trials(house).named(trial_id).runs:
            return


def _trials(house: House) -> Trials:
    return Trials(ledger=house.ledger, models=house.models)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shift", choices=sorted(SHIFTS), default="slant")
    parser.add_argument("--fields", type=int, default=300, help="a day")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rate", type=float, default=0.2, help="of the fields, the share that the challenger reads")
    parser.add_argument("--accuracy", type=float, default=0.98, help="promised of what is accepted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calibrate", type=int, default=200)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--out", type=Path, default=Path("out/bench-loop"))
    asked = parser.parse_args()
    began = perf_counter()
    with open_ledger(new_ledger(asked.out)) as ledger:
        folder = asked.out / f"{asked.shift}-{asked.seed}"
        policy = Policy(accuracy=asked.accuracy, audit=0.2)
        house = House(ledger=ledger, folder=folder, bundle=asked.bundle, policy=policy, seed=asked.seed)
        order = RetrainOrder(
            folder=folder / "retrain", store=folder / "store", steps=asked.steps, calibrate=asked.calibrate,
            seed=asked.seed, trial_rate=asked.rate,
        )  # fmt: skip
        came = Input(change=SHIFTS[asked.shift], fields=asked.fields)
        done, ended = go_round(house, order, came, show)
    print(f"{perf_counter() - began:.0f} s; {done.reason or done.score}; the trial: {ended or 'not decided'}")


def show(name: str, day: Day) -> None:
    """One day in a line."""
    of_them = "none" if day.accepted_right is None else f"{day.accepted_right:.1%} of them"
    print(
        f"{name:18} {day.fields} fields, {day.right:6.1%} right, {day.accepted:6.1%} accepted, {of_them} right, "
        f"by {day.champion[:8]}",
        flush=True,
    )


if __name__ == "__main__":
    main()
