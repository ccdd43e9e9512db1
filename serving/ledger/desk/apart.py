"""Nobody gets two parts of one field, in whatever sitting, nor a part and the whole: the condition in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists

from serving.ledger.schema import crop_parts, leases


def had_more_of_it(crop_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the `person` had another part of the field that a crop is part of, or the whole of it, or a part of the
    crop. For a crop that is not cut it is one step into each index."""
    own, sibling, part = (crop_parts.alias() for _ in range(3))
    theirs = leases.alias()
    had = theirs.c.person_id == bindparam("person")
    siblings = exists().where(
        own.c.part_id == crop_id, sibling.c.crop_id == own.c.crop_id, sibling.c.part_id != own.c.part_id, had,
        theirs.c.crop_id == sibling.c.part_id,
    )  # fmt: skip
    whole = exists().where(own.c.part_id == crop_id, had, theirs.c.crop_id == own.c.crop_id)
    parts = exists().where(part.c.crop_id == crop_id, had, theirs.c.crop_id == part.c.part_id)
    return siblings | whole | parts
