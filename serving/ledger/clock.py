"""The time as the ledger writes it."""

from datetime import UTC, datetime


def utc_now() -> str:
    """Now, in UTC, ISO 8601 to the microsecond; always 32 characters, so that it sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def milliseconds(iso: str) -> int:
    """A time of the ledger in milliseconds since 1970."""
    return round(datetime.fromisoformat(iso).timestamp() * 1000)
