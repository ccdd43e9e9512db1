"""One transaction on who outside the house is told, and may ask."""

from sqlalchemy import Connection

from serving.ledger.outside.batches import batch_lines
from serving.ledger.outside.hooks import Hooks
from serving.ledger.outside.keys import Keys
from serving.ledger.outside.values import BatchLine


class Outside:
    """Webhooks, keys, and the batches as those outside see them, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.hooks = Hooks(connection)
        self.keys = Keys(connection)

    def batches(self, since: str = "", limit: int | None = None) -> list[BatchLine]:
        """Batches of production that were started since a time (ISO 8601), oldest first."""
        return batch_lines(self._connection, since, limit)
