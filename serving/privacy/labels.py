"""What texts become when they are erased: `erased on DATE #n`, equal numbers where they said the same of a field."""

from collections.abc import Mapping, Sequence

from recognizer.form import Field
from serving.consensus.normal import normal
from serving.ledger.erased import erased_words
from serving.ledger.erasure import Said

Row = tuple[str, str]
"""Table and key."""


def labels(said: Sequence[Said], fields: Mapping[str, Field | None], at: str) -> dict[Row, str]:
    """The label of each text by its row. `fields` are definitions by crop: with one, other writings of a value are the
    same as it, as they are when people are compared; without, only the same letters are.

    Numbers count from 1 in the order given, for each crop anew: they tell nothing of what was written.
    """
    numbers: dict[str, dict[str, int]] = {}
    found = {}
    for each in said:
        if not each.text:
            found[each.table, each.key] = ""
            continue
        field = fields.get(each.crop_id)
        same = normal(each.text, field) if field is not None and each.outcome == "text" else each.text
        of_crop = numbers.setdefault(each.crop_id, {})
        number = of_crop.setdefault(same, len(of_crop) + 1)
        found[each.table, each.key] = f"{erased_words(at)} #{number}"
    return found
