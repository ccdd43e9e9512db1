"""What a field is believed to be, at any time and as known at any time. Pure: statements in, a statement out.

Two clocks, as bitemporal databases have them (Snodgrass, *Developing Time-Oriented Database Applications in SQL*,
1999): `valid_at` says from when on something holds, `known_at` when we learned it.
"""

from collections.abc import Iterable, Sequence

from serving.ledger.statement import WITHDRAWN, Source, Statement

SOURCES: tuple[Source, ...] = ("model", "crowd", "expert", "customer")
"""The later overrules the earlier, whatever the time."""


def belief(
    statements: Iterable[Statement], known_at: str | None = None, valid_at: str | None = None
) -> Statement | None:
    """The statement about one field that counts: of the highest source, and of that what was learned last.

    `known_at` leaves away what was learned later; None for all that is known. `valid_at` asks for another time than
    that at which the form was read: what became true only after it is no misreading. None where nothing is known.
    """
    known = [said for said in statements if known_at is None or said.known_at <= known_at]
    if not known:
        return None
    asked = valid_at or read_at(known)
    holding = [said for said in known if said.valid_at <= asked]
    for source in reversed(SOURCES):
        latest = max((said for said in holding if said.source == source), key=learned, default=None)
        if latest is not None and latest.outcome != WITHDRAWN:
            return latest
    return None


def learned(said: Statement) -> tuple[str, str]:
    """The order in which statements came; what came at the same moment has one too, the same whoever asks."""
    return said.known_at, said.statement_id


def read_at(statements: Sequence[Statement]) -> str:
    """When the form was first read; where no reading is among the statements, since when the first of them holds."""
    readings = [said.valid_at for said in statements if said.source == "model"]
    return min(readings or [said.valid_at for said in statements])


def beliefs(statements: Iterable[Statement]) -> list[tuple[Statement, Statement | None]]:
    """Each statement, in the order in which they were learned, with what was believed from then on."""
    ordered = sorted(statements, key=learned)
    return [(said, belief(ordered[: number + 1])) for number, said in enumerate(ordered)]
