"""The desk: people's work as the ledger keeps it. The SQL of the rooms `queue` and `people`."""

from serving.ledger.desk.desk import Desk
from serving.ledger.desk.values import (
    Count,
    Gold,
    Lease,
    LeaseState,
    Mark,
    Opening,
    Purpose,
    Role,
    Said,
    Seat,
    Task,
    Vote,
)

__all__ = [
    "Count",
    "Desk",
    "Gold",
    "Lease",
    "LeaseState",
    "Mark",
    "Opening",
    "Purpose",
    "Role",
    "Said",
    "Seat",
    "Task",
    "Vote",
]
