"""One transaction on who outside the house is told, and may ask."""

from collections.abc import Sequence

from sqlalchemy import Connection

from serving.ledger.outside.batches import batch_lines
from serving.ledger.outside.hooks import Hooks
from serving.ledger.outside.keys import Keys
from serving.ledger.outside.records import happened, record_of
from serving.ledger.outside.values import BatchLine, Happened
from serving.ledger.statement import RecordKey


class Outside:
    """Webhooks, keys, and the batches as those outside see them, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.hooks = Hooks(connection)
        self.keys = Keys(connection)

    def batches(self, since: str = "", limit: int | None = None) -> list[BatchLine]:
        """Batches of production that were started since a time (ISO 8601), oldest first."""
        return batch_lines(self._connection, since, limit)

    def record_of(self, page_id: str, batch_id: str | None = None) -> RecordKey | None:
        """The record of a page in this batch of production, or in the last one that has it."""
        return record_of(self._connection, page_id, batch_id)

    def happened(self, events: Sequence[str], *, after: int, before: str, limit: int) -> list[Happened]:
        """What happened to records after the event with a number and before a time (ISO 8601), oldest first."""
        return happened(self._connection, events, after, before, limit)
