"""The one way by which records leave the house: whoever hands any out notes it here, and first.

First, because a note too many only has a later correction told to somebody who never got the value; a value too many
would stay wrong with somebody whom nobody tells.
"""

from collections.abc import Iterable, Sequence

from serving.export.record import Record
from serving.ledger import Ledger
from serving.truth.settle import Content, deliver

AT_ONCE = 500


def leave(ledger: Ledger, records: Iterable[Record]) -> None:
    """Note that these records leave the house as they are."""
    leave_as(ledger, [record.content for record in records])


def leave_as(ledger: Ledger, contents: Sequence[Content]) -> None:
    """Note that records leave the house with this content; again is harmless, and what changed since re-opens them."""
    for start in range(0, len(contents), AT_ONCE):
        with ledger.writing() as writing:
            deliver(writing, contents[start : start + AT_ONCE])
