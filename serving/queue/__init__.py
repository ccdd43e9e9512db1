"""The queue: which question goes to whom, and until when; who says what becomes a vote."""

from serving.ledger.desk import Count, Gold, Lease, Purpose, Role, Said, Task, Vote
from serving.queue.queue import Queue
from serving.queue.rules import Rules
from serving.queue.submit import Submitted, TooLate

__all__ = [
    "Count",
    "Gold",
    "Lease",
    "Purpose",
    "Queue",
    "Role",
    "Rules",
    "Said",
    "Submitted",
    "Task",
    "TooLate",
    "Vote",
]
