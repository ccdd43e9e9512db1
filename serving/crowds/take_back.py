"""An export is called off: what has not come back is open to everybody at once."""

from recognizer.errors import InputError
from serving.ledger import Ledger
from serving.ledger.desk.crowds import Export
from serving.queue.voiding import give_back

CALLED_OFF = "called off"


def exports(ledger: Ledger) -> list[Export]:
    """Everything that went out to crowds, oldest first."""
    with ledger.desk_to_read() as desk:
        return desk.crowds.exports(desk.now())


def export_named(ledger: Ledger, name: str) -> Export:
    """The export of this id, or of which it is the beginning. Raises InputError."""
    found = [export for export in exports(ledger) if name and export.export_id.startswith(name)]
    if len(found) != 1:
        raise InputError(f"{len(found)} exports begin with {name!r} - mend: penfield crowd list shows them")
    return found[0]


def take_back(ledger: Ledger, export: Export) -> int:
    """End the leases of an export; gives how many there were. Answers that come in all the same are taken while their
    fields want any, as after its last day."""
    with ledger.desk_to_read() as desk:
        live = desk.leases.live(export.person, desk.now())
    ended = 0
    for lease in live:
        with ledger.desk() as desk:
            ended += give_back(desk, lease.token, export.person, CALLED_OFF)
    return ended
