"""Scans of which pages were erased, and that are read again: what is read then is new, or is refused.

Ids are digests of what a row depends on, so that the same page would find itself, blank. Under another setup and under
other ids of its crops it is another page; the batch that reads it is another batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recognizer.reading import Crop
from serving.ledger import BatchStart, Ledger, digest
from serving.ledger.tombstones import REFUSED

CODE = "erased"
ERASED_TIMES = "erased"
"""In what is recorded of a setup: how often the page had been erased before it was prepared."""
REASON = "This page was erased, and whoever erased it said that it must not be read again."


@dataclass(frozen=True, kw_only=True)
class Again:
    """What is to be known of the erasures of one page: how many there were, and whether it may be read."""

    times: int = 0
    refused: bool = False

    def setup(self, setup: str) -> str:
        """The setup under which the page is prepared."""
        return digest(setup, "erased", self.times) if self.times else setup

    def crops(self, crops: Iterable[Crop]) -> tuple[Crop, ...]:
        """The crops under ids of their own."""
        if not self.times:
            return tuple(crops)
        return tuple(replace(crop, crop_id=digest(crop.crop_id, "erased", self.times)) for crop in crops)


def again(ledger: Ledger, scan_digest: str) -> dict[int, Again]:
    """The pages of a scan that were ever erased, by number."""
    return {
        page_no: Again(times=len(stones), refused=any(REFUSED in stone.events for stone in stones))
        for (_, page_no), stones in ledger.tombstones([scan_digest]).items()
    }


def anew(start: BatchStart, ledger: Ledger) -> BatchStart:
    """The batch with an id of its own where pages that it used were erased, and may be read again."""
    stones = ledger.tombstones([scan.scan_digest for scan in start.scans])
    read_again = sorted(
        (*place, len(of_page))
        for place, of_page in stones.items()
        if not any(REFUSED in stone.events for stone in of_page)
    )
    if not read_again:
        return start
    params = {**start.params, "order": digest("again", start.params.get("order"), read_again)}
    return replace(start, batch_id=digest("again", start.batch_id, read_again), params=params)
