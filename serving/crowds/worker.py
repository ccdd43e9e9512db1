"""The people of a crowd: they have a name in the ledger, and no password that fits."""

from secrets import token_hex

from recognizer.errors import InputError
from serving.ledger import Ledger
from serving.people.password import nobodys

LONGEST = 120


def worker(ledger: Ledger, crowd: str, name: str) -> str:
    """The id of the person `crowd:name`, added where they are new. They cannot sign in, whatever they try.

    Raises InputError where the name is none.
    """
    if not name or len(name) > LONGEST or not name.isprintable() or name != name.strip():
        raise InputError(f"not a worker's name - mend: 1 to {LONGEST} printable characters, no spaces around them")
    full = f"{crowd}:{name}"
    with ledger.desk_to_read() as desk:
        found = desk.people.named(full)
    if found is None:
        with ledger.desk() as desk:
            person_id, now = token_hex(8), desk.now()
            if desk.people.add(person_id, full, now):
                desk.people.note(person_id, "password", nobodys(), now)
                desk.people.note(person_id, "role", {"roles": ["reviewer"]}, now)
                desk.people.note(person_id, "active", {"active": False}, now)
            found = desk.people.named(full)
    assert found is not None
    return str(found[0].person_id)
