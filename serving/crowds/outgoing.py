"""Leases of a crowd's export become questions as they go out."""

from collections.abc import Iterable, Iterator

from serving.crowds.work import Outgoing
from serving.office import Lease, Office


def outgoing(office: Office, leases: Iterable[Lease]) -> Iterator[Outgoing]:
    """Each lease as its question: what the form says beside the field, and the picture. Raises LedgerError."""
    for lease in leases:
        asked = office.question(lease)
        yield Outgoing(task_id=lease.task_id, definition=asked.field, label=asked.label, png=asked.png)
