"""A crop is cut into parts, each a crop with a view of its own, for people who are to see no more of it."""

import json
from typing import Any

import cv2
import numpy as np
from sqlalchemy import Connection, Row, select

from recognizer.errors import LedgerError
from recognizer.part import cut_in_parts, view_of_part
from recognizer.reading import View
from serving.ledger import schema
from serving.ledger.desk.insert import insert
from serving.ledger.ids import digest
from serving.ledger.parts import CropPart, Parts
from serving.ledger.plain import canonical
from serving.ledger.tombstones import tombstone_of

CUTTING = ("cut", "fit")
"""Steps that say how much margin a crop has around its printed box."""


def cut(connection: Connection, crop_id: str, parts: int, cells: int) -> tuple[CropPart, ...]:
    """Cut a crop that has a comb of so many cells; where it was cut before, those are the parts.

    Nothing where it was erased, or where no step says what margin it has, so that nobody knows where its comb is.
    """
    known = Parts(connection).of([crop_id]).get(crop_id, ())
    crop = connection.execute(select(schema.crops).where(schema.crops.c.crop_id == crop_id)).one()
    margin_px = _margin(crop)
    if known or margin_px is None or tombstone_of(connection, "crops", crop_id) is not None:
        return known
    image = cv2.imdecode(np.frombuffer(crop.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None or image.shape[1] - 2 * margin_px < cells:
        return ()
    view = connection.execute(select(schema.views).where(schema.views.c.crop_id == crop_id)).one_or_none()
    found = []
    for part in cut_in_parts(image, margin_px, cells, parts):
        made = CropPart(part_id=digest("part", crop_id, part.number, parts), crop_id=crop_id, **vars(part))
        _add(connection, schema.crops, _crop_row(crop, image, made))
        _add(connection, schema.crop_parts, vars(made))
        if view is not None:
            _add(connection, schema.views, _view_row(view, made, margin_px, image.shape[1]))
        found.append(made)
    return tuple(found)


def _margin(crop: Row[Any]) -> int | None:
    steps = [step for step in json.loads(crop.steps) if step["name"] in CUTTING]
    return int(steps[0]["settings"]["margin_px"]) if steps else None


def _crop_row(crop: Row[Any], image: np.ndarray, part: CropPart) -> dict[str, Any]:
    encoded, png = cv2.imencode(".png", image[:, part.left_px : part.right_px])
    if not encoded:
        raise LedgerError(f"a part of the crop {part.crop_id} cannot be stored as PNG")
    return {**crop._mapping, "crop_id": part.part_id, "png": png.tobytes(), "marks": "[]"}


def _view_row(row: Row[Any], part: CropPart, margin_px: int, width_px: int) -> dict[str, Any]:
    whole = View(jpeg=row.jpeg, dpi=row.dpi, box=tuple(json.loads(row.box)))
    view = view_of_part(whole, part, margin_px, width_px)
    return {"crop_id": part.part_id, "jpeg": view.jpeg, "dpi": view.dpi, "box": canonical(view.box)}


def _add(connection: Connection, table: Any, row: dict[str, Any]) -> None:
    connection.execute(insert(connection, table).values(row).on_conflict_do_nothing())
