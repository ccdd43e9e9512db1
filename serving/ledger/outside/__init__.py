"""Who outside the house is told and may ask, as the ledger keeps it. The SQL of the rooms `webhook` and `api`."""

from serving.ledger.outside.outside import Outside
from serving.ledger.outside.values import ApiKey, BatchLine, Happened, Hook, Message, Receipt, Standing, State

__all__ = ["ApiKey", "BatchLine", "Happened", "Hook", "Message", "Outside", "Receipt", "Standing", "State"]
