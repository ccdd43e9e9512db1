"""A customer's file of corrections: `scan,page,field,value`, or `crop_id,value` or `prediction_id,value`."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recognizer.errors import InputError
from serving.truth.correct import Row, rows_of

PLACES = (("scan", "page", "field"), ("crop_id",), ("prediction_id",))
OTHERS = ("value", "outcome", "valid_at", "reason")
DIGEST_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class CorrectionFile:
    """The rows of a file, and its name with the digest of its bytes: the same file is the same delivery."""

    rows: tuple[Row, ...]
    name: str


def load_corrections(path: Path) -> CorrectionFile:
    """Read a customer's file. Raises InputError where it cannot be read or lacks a column; says which line."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text - mend: save it with the encoding UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        _check_columns(path, list(reader.fieldnames or ()))
        rows = tuple(rows_of(_numbered(path, reader)))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.reader.line_num}: {error}") from error
    return CorrectionFile(rows=rows, name=f"{path.name}:{hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]}")


def _check_columns(path: Path, columns: list[str]) -> None:
    if "value" not in columns or not any(set(place) <= set(columns) for place in PLACES):
        raise InputError(f"{path}: columns are missing - mend: begin with a line `scan,page,field,value`")
    unknown = [name for name in columns if name not in {*OTHERS, *(name for place in PLACES for name in place)}]
    if unknown:
        raise InputError(f"{path}: no such column: {', '.join(unknown)} - mend: further ones are {', '.join(OTHERS)}")


def _numbered(path: Path, reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    for cells in reader:
        if None in cells:
            raise InputError(f"{path}: line {reader.line_num}: more cells than columns - mend: quote commas in values")
        yield reader.line_num, cells
