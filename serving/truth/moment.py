"""Times as people write them, as the ledger writes them."""

from datetime import UTC, date, datetime, time

from recognizer.errors import UsageError


def beginning(text: str) -> str:
    """A day or a time (ISO 8601; UTC where it names no zone) as the ledger's; a day is its first moment.

    Raises UsageError.
    """
    return _ledger_time(text, time.min)


def end(text: str) -> str:
    """The same, but a day is its last moment: what was known on a day was known before it was over."""
    return _ledger_time(text, time.max)


def shown(iso: str) -> str:
    """A time of the ledger as people read it: UTC, to the second."""
    return iso[:19].replace("T", " ")


def _ledger_time(text: str, of_day: time) -> str:
    plain = text.strip()
    try:
        if len(plain) == len("yyyy-mm-dd"):
            moment = datetime.combine(date.fromisoformat(plain), of_day)
        else:
            moment = datetime.fromisoformat(plain)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError("not a time - mend: write 2026-11-24 or 2026-11-24T09:30 (UTC), or with a zone") from error
    return utc.isoformat(timespec="microseconds")
