"""The pictures of mistakes. A letter goes to many people: of sensitive fields it shows none."""

from serving.daily.day import Day
from serving.ledger import Ledger

MOST = 8


def crops(ledger: Ledger, day: Day) -> dict[str, bytes]:
    """PNG of the crops of the day's mistakes, by crop."""
    found = [row["crop_id"] for row in day.rows("mistakes")]
    with ledger.truth() as truth:
        hidden = {use.crop_id for use in truth.uses_of(found) if use.is_sensitive}
    shown = [crop_id for crop_id in found if crop_id not in hidden]
    return {crop_id: ledger.crop_png(crop_id) for crop_id in dict.fromkeys(shown[:MOST])}
