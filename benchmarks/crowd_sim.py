"""The sample batch through a simulated crowd in the real office, against keying everything twice.

    python -m benchmarks.crowd_sim [--pages 60] [--people 16] [--before 20] [--seeds 3] [--out out/bench-crowd-sim]

The same careful people key the same fields twice, blind, and a third one where two differ (of three answers, what two
say; of three different ones, the first). Accuracy is that of the records; keystrokes are those of people, gold counted
with ours. With --pages the applications are drawn, else they are the sample scans that ship.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognizer.form import Field
from serving.consensus.answer import Entry, key, same
from serving.crowds.simulated import keystrokes
from serving.ledger import open_ledger
from serving.promise import Policy
from serving.truth.agreement import Fields
from training.rehearsal import Cast, Rehearsed, Scene, Stage, new_ledger, rehearse


class Quiet:
    """Nobody watches."""

    def __getattr__(self, _: str) -> object:
        return lambda *_, **__: None


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """Every field keyed twice: how many of `fields` ended wrong, and with how many keystrokes."""

    fields: int
    wrong: int
    keystrokes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--before", type=int, default=20, help="pages that they keyed the day before")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    parser.add_argument("--out", type=Path, default=Path("out/bench-crowd-sim"))
    asked = parser.parse_args()
    print("| seed | records complete | accepted | right of these | fields wrong in the end | keyed twice: wrong | "
          "keystrokes | keyed twice | share | minutes a page | cost a page |")  # fmt: skip
    print("| --- " * 11 + "|")
    shares = []
    for seed in range(1, asked.seeds + 1):
        print(f"seed {seed} of {asked.seeds}", file=sys.stderr)
        with open_ledger(new_ledger(asked.out)) as ledger:
            stage = Stage(
                ledger=ledger, folder=asked.out / str(seed), bundle=asked.bundle, policy=Policy(), watcher=Quiet()
            )  # type: ignore[arg-type]  # it answers to everything
            cast = Cast(people=asked.people)
            done = rehearse(stage, cast, Scene(pages=asked.pages, before=asked.before), seed)
            fields = Fields(ledger.form_definition)
            with ledger.truth() as truth:
                named = {use.crop_id: fields.of(use) for use in truth.uses_in(done.batch.batch_id)}
        twice = keyed_twice({crop: field for crop, field in named.items() if field is not None}, done.truth, cast, seed)
        shares.append(row(seed, done, twice))
    print(f"\nmedian share of keystrokes: {np.median(shares):.1%}")


def row(seed: int, done: Rehearsed, twice: Keyed) -> float:
    """Print one run; gives our share of the keystrokes."""
    came, numbers, gold = done.came, done.numbers, done.keyed.purposes.get("gold")
    keys = numbers.work.keystrokes + (gold.keystrokes if gold else 0)
    cells = [
        f"{seed}", f"{came.complete} of {came.records}", f"{came.accepted} of {came.fields}",
        f"{came.accepted_accuracy or 0:.2%}", f"{came.fields - came.right} of {came.fields}",
        f"{twice.wrong} of {twice.fields}", f"{keys:,}", f"{twice.keystrokes:,}", f"{keys / twice.keystrokes:.1%}",
        f"{numbers.per_page(done.keyed.work.minutes) or 0:.2f}", f"{numbers.per_page(done.keyed.work.cost) or 0:.2f}",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)
    return keys / twice.keystrokes


def keyed_twice(fields: Mapping[str, Field], truth: Mapping[str, Entry], cast: Cast, seed: int) -> Keyed:
    """What the same people make of the same fields where everything is keyed twice."""
    rng, staff, keys, wrong = np.random.default_rng(seed), cast.staff(seed), 0, 0
    for crop_id, field in fields.items():
        true = truth[crop_id]
        said = [staff[int(i)].says(true, field, rng) for i in rng.permutation(len(staff))[:3]]
        if same(said[0], said[1], field):
            said.pop()
        keys += sum(keystrokes(entry, field) for entry in said)
        votes = [key(entry, field) for entry in said]
        wrong += max(votes, key=votes.count) != key(true, field)
    return Keyed(fields=len(fields), wrong=wrong, keystrokes=keys)


if __name__ == "__main__":
    main()
