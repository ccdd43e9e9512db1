"""How well the fields that share a correction's cause are found: `make bench-same-cause`, after `make demo`.

Every wrong reading of the sample scans is taken for the one that a customer corrects, once for each confusion of
characters in it. Of all readings with that character, those that were wrong in the same way ought to come first.
Measured is the average precision of that order, beside the share that a random order gives.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from serving.ledger import Ledger, open_ledger
from serving.store import places
from serving.truth.accuracy import Judged, judged
from serving.truth.cause import WHOLE, Confusion, confusions, ranked

TRUTH = Path(__file__).parents[1] / "data" / "samples" / "truth.json"


def main() -> None:
    console = Console()
    with open_ledger(places().ledger_url) as ledger:
        batch_id = ledger.latest_batch()
        if batch_id is None:
            raise SystemExit("the store has no batch yet: make demo")
        readings = [item for item in judged(ledger, batch_id=batch_id) if _truth(item)]
        rows = list(_rows(ledger, readings))
    table = Table("corrected", "confusion", "suspects", "wrong likewise", "average precision", "at random", box=None)
    for address, words, found, precision in rows:
        at_random = f"{sum(found) / len(found):.2f}"
        table.add_row(address, words, str(len(found)), str(sum(found)), f"{precision:.2f}", at_random)
    console.print(table)
    mean = sum(row[3] for row in rows) / len(rows)
    first = sum(row[2][0] for row in rows)
    chance = sum(sum(row[2]) / len(row[2]) for row in rows) / len(rows)
    console.print(f"mean {mean:.2f}, at random {chance:.2f}; the first is one in {first} of {len(rows)}")


def _rows(ledger: Ledger, readings: Sequence[Judged]) -> "list[tuple[str, str, list[bool], float]]":
    wrong = {item.use.crop_id: _confused(item) for item in readings if _truth(item) != item.use.reading.text}
    rows = []
    for item in readings:
        for confusion in {(one.read, one.true): one for one in wrong.get(item.use.crop_id, ())}.values():
            found = ranked(ledger, item.use, [confusion], readings)
            likewise = [_likewise(confusion, wrong.get(suspect.use.crop_id, ())) for suspect in found]
            if any(likewise):
                rows.append((item.use.address, confusion.words, likewise, _average_precision(likewise)))
    return rows


TRUTHS = {(page["scan"], page["page"]): page["fields"] for page in json.loads(TRUTH.read_text())["pages"]}


def _truth(item: Judged) -> str:
    """What is written there; "" where the question makes no sense: marks, blanks, and fields that nobody noted."""
    if item.use.kind in WHOLE or item.use.reading.outcome != "text":
        return ""
    text: str = TRUTHS.get((item.use.scan, item.use.page_no), {}).get(item.use.field, "")
    return text


def _confused(item: Judged) -> list[Confusion]:
    said = item.use.reading
    found = confusions(said, replace(said, text=_truth(item)), item.use.kind)
    return [one for one in found if one.read and one.true]


def _likewise(confusion: Confusion, others: Sequence[Confusion]) -> bool:
    return any((one.read, one.true) == (confusion.read, confusion.true) for one in others)


def _average_precision(relevant: Sequence[bool]) -> float:
    hits = [sum(relevant[: place + 1]) / (place + 1) for place, right in enumerate(relevant) if right]
    return sum(hits) / len(hits)


if __name__ == "__main__":
    main()
