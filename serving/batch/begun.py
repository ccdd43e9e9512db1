"""Which batch an order is: one that was begun and goes on, one that is complete, or a new one.

With one model that is named, a batch is its scans, forms, settings and that model. With the champions it is what was
asked for first of all: interrupted and started again it goes on, whoever is the champion by then, as it would have gone
on without the interruption. Once it is complete, the same order is the same batch only where the models that read it
are the champions still.
"""

from dataclasses import replace

from serving.door import Door
from serving.intake.again import anew
from serving.ledger import BatchStart, Ledger, digest

ORDER = "order"
"""The parameter of a batch that identifies what was asked for, whoever reads it."""


def order_digest(door: Door, *what: object) -> str:
    """Identifies an order to the models behind a door: `what` is to be read, and how; not the champions of the day."""
    if not door.follows:
        return digest("order", what, door.lineup.bundle_ids, door.purpose, door.policy_digest)
    general = door.lineup.general
    return digest("order", what, "champions", general.reader.version, door.purpose, general.promise.policy.digest)


def as_begun(start: BatchStart, door: Door, ledger: Ledger) -> BatchStart:
    """The batch with the id under which it was begun, or begins."""
    start = anew(start, ledger)
    if not door.follows:
        return start
    begun = ledger.unfinished_batch(str(start.params[ORDER]))
    if begun is not None:
        return replace(start, batch_id=begun)
    lineup = door.lineup
    if ledger.has_batch(start.batch_id) and set(ledger.batch(start.batch_id).bundles) - set(lineup.bundle_ids.values()):
        return replace(start, batch_id=digest("read anew", start.batch_id, lineup.turn))
    return start
