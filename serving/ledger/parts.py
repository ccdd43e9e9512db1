"""Which crop is part of which, in SQL."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from recognizer.part import Part
from serving.ledger.queries import CHUNK
from serving.ledger.schema import crop_parts


@dataclass(frozen=True, kw_only=True)
class CropPart(Part):
    """A part of a crop that is a crop of its own: `part_id` of `crop_id`."""

    part_id: str
    crop_id: str


class Parts:
    """The parts of crops, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, part_ids: Collection[str]) -> dict[str, CropPart]:
        """Those of these crops that are parts of others, by their ids."""
        return {part.part_id: part for part in self._where(crop_parts.c.part_id, part_ids)}

    def of(self, crop_ids: Collection[str]) -> dict[str, tuple[CropPart, ...]]:
        """The parts of these crops in the order of reading; crops that are not cut are missing."""
        found: dict[str, list[CropPart]] = defaultdict(list)
        for part in self._where(crop_parts.c.crop_id, crop_ids):
            found[part.crop_id].append(part)
        return {crop_id: tuple(sorted(parts, key=lambda part: part.number)) for crop_id, parts in found.items()}

    def _where(self, column: ColumnElement[Any], ids: Collection[str]) -> list[CropPart]:
        listed = list(dict.fromkeys(ids))
        chunks: list[Sequence[str]] = [listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK)]
        rows = [row for some in chunks for row in self._connection.execute(select(crop_parts).where(column.in_(some)))]
        return [_part(row) for row in rows]


def _part(row: Row[Any]) -> CropPart:
    return CropPart(**{field.name: row._mapping[field.name] for field in fields(CropPart)})
