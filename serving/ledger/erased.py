"""What stands where a value was erased."""

from typing import Any

from serving.ledger.schema.erasure import WORDS


def erased_words(at: str) -> str:
    """`erased on 2026-11-25`."""
    return f"{WORDS}{at[:10]}"


def erased_day(value: Any) -> str | None:
    """`erased on 2026-11-25` where a text is what erasure leaves; None where it is anything else."""
    plain = str(value)
    return plain.partition(" #")[0] if plain.startswith(WORDS) and " #" in plain else None
