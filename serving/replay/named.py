"""Which predictions are meant: by name, of a batch, or drawn at random."""

import random

from recognizer.errors import UsageError
from serving.ledger import Ledger

LEAST_PREFIX = 8
"""Characters of an id that are enough where no other begins with them."""


def prediction_named(ledger: Ledger, name: str, batch_id: str | None = None) -> str:
    """The prediction of SCAN:PAGE:FIELD, or with this id (or its beginning). Raises UsageError."""
    found = _at_place(ledger, name, batch_id) if name.count(":") >= 2 else _with_id(ledger, name)
    if not found:
        raise UsageError(
            f"there is no prediction {name} - mend: write its id, as in predictions.parquet, or SCAN:PAGE:FIELD"
        )
    if len(found) > 1:
        mend = "say of which batch with --batch" if ":" in name else "write more of the id"
        raise UsageError(f"{name} names several predictions - mend: {mend}")
    return found[0]


def predictions_of(ledger: Ledger, batch_id: str | None, count: int | None, seed: int) -> list[str]:
    """All predictions of a batch, or `count` of them, or of all, at random. Raises LedgerError for no such batch."""
    if batch_id is None:
        with ledger.replaying_to_read() as rows:
            return rows.drawn(count or 0, seed)
    ledger.batch(batch_id)
    with ledger.replaying_to_read() as rows:
        ids = rows.of_batch(batch_id)
    return ids if count is None or count >= len(ids) else random.Random(seed).sample(ids, count)


def _at_place(ledger: Ledger, name: str, batch_id: str | None) -> list[str]:
    scan, page, field = name.rsplit(":", 2)
    if not (page.isascii() and page.isdigit()):
        raise UsageError(f"{name}: {page!r} is no page number - mend: write SCAN:PAGE:FIELD, as in claim.pdf:1:ssn")
    with ledger.truth() as truth:
        uses = truth.uses_at(scan, int(page), field, batch_id)
    return list(dict.fromkeys(use.prediction_id for use in uses))


def _with_id(ledger: Ledger, name: str) -> list[str]:
    if len(name) < LEAST_PREFIX or not name.isalnum():
        raise UsageError(f"{name} is no prediction - mend: write {LEAST_PREFIX} characters of its id, or more")
    with ledger.replaying_to_read() as rows:
        return rows.named(name)
