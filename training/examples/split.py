"""On which side of training a page stands: drawn once, by a keyed digest of the page, and kept in the ledger for ever.

Keyed, so that nobody who hands in pages can choose; by page, because whoever filled in a page filled in all of it. What
one person wrote on several pages may stand on several sides: nobody knows that it was one person.
"""

import hashlib
import hmac
from collections.abc import Iterable

from serving.ledger import Ledger
from training.corpora.sample import Split

SECRET = "examples"
"""Name of the ledger's secret that the sides depend on."""

SHARES: tuple[tuple[Split, float], ...] = (("train", 0.7), ("tune", 0.15), ("test", 0.15))


def sides(ledger: Ledger, page_ids: Iterable[str]) -> dict[str, Split]:
    """The side of every page; those that had none are given theirs, durably."""
    pages = sorted(set(page_ids))
    with ledger.lessons_to_read() as lessons:
        known = lessons.splits(pages)
    new = [page_id for page_id in pages if page_id not in known]
    if new:
        with ledger.writing() as writing:
            key = writing.secret(SECRET)
        with ledger.lessons() as lessons:
            lessons.note_splits({page_id: drawn(page_id, key) for page_id in new})
            known |= lessons.splits(new)
    return known  # type: ignore[return-value]  # what `drawn` gave


def drawn(page_id: str, key: str) -> Split:
    """The side that the digest gives a page."""
    number = int.from_bytes(hmac.digest(key.encode(), page_id.encode(), hashlib.sha256)[:8]) / 2**64
    for split, share in SHARES:
        if number < share:
            return split
        number -= share
    return "test"
