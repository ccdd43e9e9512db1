"""People who are simulated, in a real office: whatever they are like, the work comes to its end."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from serving.consensus import Bar, Entry
from serving.crowds.came_to import came_to
from serving.crowds.simulated import Manner, Worker, crowd
from serving.crowds.simulation import Ended, Simulation
from serving.ledger import Ledger, open_ledger
from serving.office import Office, Rules
from tests.serving.office import house

QUICK = Rules(undo_s=0, lease_s=0.3)


def worked(ledger: Ledger, shares: Mapping[Manner, float], vanishing: float = 0.0) -> tuple[Ended, dict[str, Entry]]:
    """A batch with three doubtful fields on each of its pages, keyed by twelve people and an expert."""
    batch_id = house.read_batch(ledger, doubtful=("surname", "policy", "ssn"))
    truth = {
        use.crop_id: Entry(text=house.TRUTH.get(use.reading.text, use.reading.text))
        for use in house.uses(ledger, batch_id).values()
    }
    office = Office(ledger, rules=QUICK, bar=Bar(least_gold=0.0, most_gold=0.0))
    staff = crowd(12, shares, np.random.default_rng(5), vanishing=vanishing)
    return Simulation(office, truth, staff, (Worker(person="expert", error=0.0),), 7).run(), truth


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path}/ledger.db")


def test_careful_people_come_to_the_truth(ledger: Ledger) -> None:
    """Everything that the machine misread is right in the end, and every record is complete."""
    ended, truth = worked(ledger, {})
    came = came_to(ledger, "batch 0", truth)
    assert ended.waiting == 0 and ended.refused == 0
    assert (came.records, came.complete) == (3, 3)
    assert came.wrong == () and came.right == came.fields == 12


def test_who_vanishes_holds_nobody_up(ledger: Ledger) -> None:
    """A third of the fields is left lying on desks: their leases run out, and others key them."""
    ended, truth = worked(ledger, {}, vanishing=0.3)
    assert ended.left_lying > 0 and ended.waiting == 0
    assert came_to(ledger, "batch 0", truth).complete == 3


def test_what_they_key_does_not_come_from_the_machine(ledger: Ledger) -> None:
    """Of a crop whose truth is unknown nobody can key anything."""
    house.read_batch(ledger, doubtful=("surname",))
    people = Simulation(Office(ledger, rules=QUICK), {}, (Worker(person="careful"),), (), 1)
    with pytest.raises(KeyError):
        people.run()
