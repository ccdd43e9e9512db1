"""Where keystrokes go, which second votes came though the first said what the machine reads, and what would save them.

    python -m benchmarks.second_votes out/bench-crowd-sim/ledger-1.db

First come the keystrokes of the latest batch, with those of gold since it began. Then, of the whole ledger: a blind
answer that equals the machine's reading settles a field where its posterior reaches what is asked for. For other
demands, and other chances that somebody misreads what the machine misreads (`TWIN`), this says which fields one person
would have settled, how many keystrokes that saves, and how often the others contradicted. Simulated people err
independently of the machine: what a smaller chance costs in errors, only real ones tell.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from recognizer.form import Field
from serving.consensus import Assisted, Entry, Skills, Vote, key, same
from serving.crowds.simulated import keystrokes
from serving.ledger import Ledger, open_ledger
from serving.metrics import production_metrics
from serving.office.asking import hearing_of
from serving.office.learning import MOST, learn
from serving.office.paper import Papers

POSTERIOR = import_module("serving.consensus.posterior")  # the package names its function, which hides the module
TWINS = (0.02, 0.01, 0.005)
DEMANDS = (0.99, 0.98, 0.97, 0.95)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A doubtful field: what the machine reads, and what people said, in turn."""

    crop_id: str
    field: Field
    machine: Assisted
    votes: Sequence[Vote]

    @property
    def first_agrees(self) -> bool:
        """Whether whoever keyed it first said what the machine reads."""
        return same(self.votes[0].entry, self.machine.machine, self.field)

    def chance(self, skills: Skills) -> float:
        """How probable the reading is after the first vote, which equals it."""
        said = key(self.machine.machine, self.field)
        found: dict[Any, float] = POSTERIOR.posterior(
            self.votes[:1], self.field, skills, (said, self.machine.confidence)
        )
        return found[said]

    @property
    def more_keys(self) -> int:
        """Keystrokes of all votes but the first."""
        return sum(keystrokes(vote.entry, self.field) for vote in self.votes[1:])

    @property
    def contradicted(self) -> bool:
        """Whether somebody after the first said something else."""
        return any(not same(vote.entry, self.votes[0].entry, self.field) for vote in self.votes[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger", type=Path, help="an SQLite ledger in which people have keyed")
    with open_ledger(f"sqlite:///{parser.parse_args().ledger.resolve()}") as ledger:
        papers = Papers(ledger)
        skills, found = learn(ledger, papers), asked(ledger, papers)
        where_they_go(ledger, found)
    agreeing = [one for one in found if one.first_agrees]
    print(f"{len(found):,} doubtful fields; of {len(agreeing):,} the first answer is the machine's reading\n")
    print("| misread alike | posterior asked for | settled by one | keystrokes saved | contradicted |")
    print("| --- " * 5 + "|")
    for twin in TWINS:
        vars(POSTERIOR)["TWIN"] = twin
        for demand in DEMANDS:
            settled = [one for one in agreeing if one.chance(skills) >= demand]
            print(
                f"| {twin:.1%} | {demand:.0%} | {len(settled):,} of {len(found):,} "
                f"| {sum(one.more_keys for one in settled):,} | {sum(one.contradicted for one in settled):,} |"
            )


def where_they_go(ledger: Ledger, found: Sequence[Asked]) -> None:
    """Print the keystrokes of the latest batch by what they were for."""
    batch_id = ledger.latest_batch()
    assert batch_id is not None
    with ledger.truth() as truth:
        here = {use.crop_id for use in truth.uses_in(batch_id)}
    work = production_metrics(ledger, batch_id=batch_id).purposes
    since = production_metrics(ledger, since=ledger.batch(batch_id).started_at).purposes
    spent = {name: work[name].keystrokes if name in work else 0 for name in ("production", "audit")}
    mine = [one for one in found if one.crop_id in here]
    more = {agrees: sum(one.more_keys for one in mine if one.first_agrees == agrees) for agrees in (True, False)}
    rows = {
        "first answers to doubtful fields": spent["production"] - sum(more.values()),
        "second and later answers, the first being the machine's reading": more[True],
        "second and later answers, the first being another": more[False],
        "gold": since["gold"].keystrokes if "gold" in since else 0,
        "audits": spent["audit"],
    }
    print("| what | keystrokes |\n| --- | --- |")
    for name, keys in (rows | {"all": sum(rows.values())}).items():
        print(f"| {name} | {keys:,} |")
    print()


def asked(ledger: Ledger, papers: Papers) -> list[Asked]:
    """The fields that people were asked about for doubt, of which the machine said something that a person can say."""
    with ledger.desk_to_read() as desk:
        rows = [row for row in desk.judging.ballots(MOST) if row.purpose == "production" and row.role == "reviewer"]
    found = []
    with ledger.truth() as truth:
        readings = {use.crop_id: use.reading for use in truth.uses_of({row.crop_id for row in rows})}
        in_turn = sorted(rows, key=lambda row: (row.task_id, row.token))
        for _, some in groupby(in_turn, key=lambda row: row.task_id):
            votes = list(some)
            first, reading = votes[0], readings.get(votes[0].crop_id)
            if reading is None:
                continue
            heard = hearing_of("production", reading.outcome, reading.text, reading.confidence or 0.0)
            if isinstance(heard, Assisted):
                field = papers.of(truth, first.crop_id, first.field, first.kind).field
                said = [Vote(person=row.person_id, entry=Entry(text=row.text, outcome=row.outcome)) for row in votes]
                found.append(Asked(crop_id=first.crop_id, field=field, machine=heard, votes=said))
    return found


if __name__ == "__main__":
    main()
