"""Swapped first and last names: after how many pages `values_drift` tells it, on real names; how seldom it sounds.

    python -m benchmarks.swapped_names [--families 20] [--data ../shared/data]

The names are those of a register of births (tables_dec of the optional shared data folder): each person comes once. The
register is of the letters N to P, so of both names the first two letters are left out, which would tell them apart by
themselves. Pages of a form with two names are filed in a real ledger: 160 quiet ones, then swapped ones;
and as many with nothing wrong. What else stands on a page is drawn.
"""

import argparse
import re
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.drawn_ledger import BOX, FORM
from recognizer.errors import InputError
from recognizer.form import Field
from serving.columns import columns_of
from serving.ledger import open_ledger
from serving.monitors import Settings, look
from tests.serving.monitors.drawn import Fault, Page, pages

QUIET = 160
LEFT_OUT = 2
TWO_NAMES = FORM.model_copy(update={"fields": (
    Field(name="first", kind="name", box=BOX), Field(name="last", kind="name", box=BOX),
    Field(name="policy", kind="code", box=BOX),
)})  # fmt: skip
Person = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", type=int, default=20, help="orders in which the people come")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    everybody = people(asked.data)
    values = [len({person[side] for person in everybody}) for side in (0, 1)]
    print(f"{len(everybody)} people, {values[0]} different first names and {values[1]} last names")
    told, sounded = list[float](), 0
    for seed in range(asked.families):
        order = [everybody[at] for at in np.random.default_rng([seed, 3]).permutation(len(everybody))]
        told.append(swapped_after(order, seed))
        sounded += sounds(order, seed)
    middle, most = np.quantile(told, [0.5, 0.9], method="inverted_cdf")
    missed = sum(not np.isfinite(each) for each in told)
    print(f"swapped after {QUIET} pages: told after {middle:.0f} pages (median; nine of ten within {most:.0f}), "
          f"{missed} of {len(told)} not at all")  # fmt: skip
    print(f"nothing wrong: {sounded} of {len(told)} orders of {len(everybody)} pages sound")


def people(data: Path) -> list[Person]:
    """First and last name of each person of the register. Raises InputError where it is not there."""
    path = data / "tables_dec" / "tables_dec.npz"
    if not path.is_file():
        raise InputError(f"{path}: no such file - mend: --data with the folder of the optional shared data")
    rows = (re.fullmatch(r"(\w+) ?- ?(\w+).*", str(label)) for label in np.load(path)["label"])
    named = ((row[2][LEFT_OUT:].lower(), row[1][LEFT_OUT:].lower()) for row in rows if row and not row[1].isdecimal())
    return [person for person in named if all(person)]


def swapped_after(order: list[Person], seed: int) -> float:
    """Pages with the fault until the alarm; infinite where none sounds."""
    with tempfile.TemporaryDirectory() as folder, open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        pages(ledger, QUIET, fault=named(order), seed=seed, form=TWO_NAMES)
        quiet = look(ledger, columns_of(Path(folder)), Settings())
        pages(ledger, len(order) - QUIET, first=QUIET, fault=named([p[::-1] for p in order]), seed=seed, form=TWO_NAMES)
        found = look(ledger, columns_of(Path(folder)), Settings())
        alarms = [each for each in found.sounded if each.monitor == "values_drift" and not quiet.sounded]
        if not alarms:
            return float("inf")
        first = min(alarms, key=lambda each: each.seq)
        began = (np.datetime64(first.first_seen[:19]) - np.datetime64("2026-01-05T08:00:00")) / np.timedelta64(1, "m")
        return float(began + first.evidence["pages"] - QUIET)


def sounds(order: list[Person], seed: int) -> bool:
    """Whether the monitor sounds though nothing is wrong."""
    with tempfile.TemporaryDirectory() as folder, open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        pages(ledger, len(order), fault=named(order), seed=seed, form=TWO_NAMES)
        found = look(ledger, columns_of(Path(folder)), Settings())
        return any(each.monitor == "values_drift" for each in found.sounded)


def named(order: list[Person]) -> Fault:
    """Writes the names of the page's person into its first two fields."""

    def write(page: Page, rng: np.random.Generator) -> None:
        for said, name in zip(page.readings, order[page.number], strict=False):
            said |= {"text": name, "outcome": "text"}

    return write


if __name__ == "__main__":
    main()
