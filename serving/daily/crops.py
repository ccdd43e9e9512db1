"""The pictures of mistakes. A letter goes to many people: of sensitive fields it shows none."""

from serving.daily.day import Day
from serving.ledger import Ledger
from serving.ledger.masking import SENSITIVE_KINDS

MOST = 8


def crops(ledger: Ledger, day: Day) -> dict[str, bytes]:
    """PNG of the crops of the day's mistakes, by crop."""
    shown = [row["crop_id"] for row in day.rows("mistakes") if row["kind"] not in SENSITIVE_KINDS]
    return {crop_id: ledger.crop_png(crop_id) for crop_id in dict.fromkeys(shown[:MOST])}
