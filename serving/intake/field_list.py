"""FIELDS.csv: images of single fields, cut out by somebody else, and what may stand in each."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from recognizer.errors import InputError
from recognizer.form import Field, Kind
from recognizer.form.check import check_fields

REQUIRED = ("image", "kind")
ANSWERS = ("text", "outcome", "confidence", "prediction_id")
NEEDS_A_FORM = ("choice_group",)
WHOLE_IMAGE = (0, 0, 100, 100)
"""The box of a field that fills its image; its unit does not matter."""


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    """One row: its cells as they came, and what they mean; `code` and `reason` say what is wrong with a bad one."""

    cells: Mapping[str, str]
    image: Path
    field: Field | None
    code: str = ""
    reason: str = ""


def load_field_list(path: Path) -> tuple[FieldRow, ...]:
    """The rows of the CSV file at `path`. Paths in it start at its folder.

    A row that makes no sense keeps its place and says why. Raises InputError where the file cannot be read or is no
    list of fields.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text - mend: save it with the encoding UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    try:
        rows = [{name: value for name, value in row.items() if name is not None} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}") from error
    _check_columns(path, list(reader.fieldnames or ()))
    return tuple(_row(row, path.resolve().parent) for row in rows)


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)} - mend: begin with a line `image,kind`")
    taken = [name for name in ANSWERS if name in columns]
    if taken:
        raise InputError(f"{path}: has a column {', '.join(taken)} already - mend: remove or rename it")


def _row(cells: dict[str, Any], folder: Path) -> FieldRow:
    image = folder / cells["image"]
    if not cells["image"].strip():
        return FieldRow(cells=cells, image=image, field=None, code="no_image", reason="The row names no image.")
    kind = cells["kind"].strip()
    if kind not in get_args(Kind) or kind in NEEDS_A_FORM:
        known = ", ".join(name for name in get_args(Kind) if name not in NEEDS_A_FORM)
        reason = f"There is no such kind of single field; the kinds are {known}."
        return FieldRow(cells=cells, image=image, field=None, code="bad_kind", reason=reason)
    return _typed(cells, image, kind, folder)


def _typed(cells: dict[str, Any], image: Path, kind: str, folder: Path) -> FieldRow:
    settings = {"pattern": cells.get("pattern") or None, "lexicon": _under(folder, cells.get("lexicon"))}
    try:
        field = Field(name="value", kind=kind, box=WHOLE_IMAGE, **settings)  # type: ignore[arg-type]
    except ValidationError as error:
        reason = f"{error.errors()[0]['msg']}."
        return FieldRow(cells=cells, image=image, field=None, code="bad_field", reason=reason)
    for complaint in check_fields({0: field}, None, folder):
        wrong = str(complaint.place[-1])
        code = f"bad_{wrong}" if wrong in settings else "bad_field"
        return FieldRow(cells=cells, image=image, field=None, code=code, reason=f"{complaint.what}.")
    return FieldRow(cells=cells, image=image, field=field)


def _under(folder: Path, name: str | None) -> Path | None:
    return folder / name if name else None
