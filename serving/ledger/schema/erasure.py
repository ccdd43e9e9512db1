"""What was erased on a person's request, and the one exception to "rows are added, never changed".

A row may be blanked where its tombstone stands in `erased`, and only so: every column keeps its value but the personal
ones, and these become what is written here and nothing else. The database itself sees to it, in a trigger per table.

Blanking in place, not a key per page that is thrown away: keys would lie in the same file and the same backups as what
they lock, every query of a text would need them, and older ledgers hold plain texts anyway (docs/PRIVACY.md).

A text becomes `erased on DATE #n`: on one field equal texts have equal numbers, so that who was right, who agreed with
whom and how often the model erred stay known, and nothing of what was written.
"""

from base64 import b64decode
from collections.abc import Callable

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata

WORDS = "erased on "
MOST_CHARS = 28
"""Of a text that says so."""

PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAGAAAAAgAQMAAADXDu8XAAAABlBMVEX///9ubm5G/z8iAAAAYUlEQVR42mNgGEDAw8DAwMCELMKEqoDxcfLhgw/e"
    "QDjMxs/Skg3nQDhswgxpbMIwAzgYIJiBgYGB/Tf74+e/eKDKmHkUypjh9vxxOAAzmtmY55kxzDTGx+yLHz78wzD4AACsERUV74nxhwAAAABJRU5E"
    "rkJggg=="
)
"""Stands for every picture that was erased: 96 x 32, the word "erased"."""

Rule = Callable[[str, str, str], str]
"""Dialect, new and old value to the SQL condition under which the new one counts as erased."""


def erased_text() -> dict[str, Rule]:
    """`info` of a column whose texts become `erased on DATE #n`; what is empty stays so."""

    def rule(_: str, new: str, old: str) -> str:
        says_so = f"substr({new}, 1, {len(WORDS)}) = '{WORDS}' AND length({new}) <= {MOST_CHARS}"
        return f"({new} = {old} OR ({says_so}))"

    return {"erased": rule}


def erased_to(value: str) -> dict[str, Rule]:
    """`info` of a column that becomes this value, or stays as it is."""
    return {"erased": lambda _, new, old: f"({new} = {old} OR {new} = '{value}')"}


def erased_picture() -> dict[str, Rule]:
    """`info` of a column of PNG images."""
    return {"erased": lambda dialect, new, old: f"{new} = {_bytes(dialect, PICTURE)}"}


def erased_id() -> dict[str, Rule]:
    """`info` of an id that is a digest of a value, which might be found by trying: it becomes `erased-` and `seq`."""
    return {"erased": lambda _, new, old: f"({new} = {old} OR {new} = 'erased-' || CAST(NEW.seq AS VARCHAR(20)))"}


def erased_shorter() -> dict[str, Rule]:
    """`info` of a column in which such ids are written over where they stand."""
    return {"erased": lambda _, new, old: f"length({new}) <= length({old})"}


def personal(table: Table) -> list[str]:
    """The columns of a table that erasure touches."""
    return [column.name for column in table.columns if "erased" in column.info]


def row_key(table: Table, row: str) -> str:
    """SQL for the name of a row in `erased`: its primary key, several columns with / between."""
    return " || '/' || ".join(f"CAST({row}.{column.name} AS VARCHAR(160))" for column in table.primary_key)


def is_erasure(table: Table, dialect: str) -> str:
    """The SQL condition under which an UPDATE of a row is an erasure, and nothing beside."""
    same = "IS NOT DISTINCT FROM" if dialect == "postgresql" else "IS"
    conditions = [
        f"EXISTS (SELECT 1 FROM erased WHERE table_name = '{table.name}' AND row_key = {row_key(table, 'OLD')})"
    ]
    for column in table.columns:
        new, old = f'NEW."{column.name}"', f'OLD."{column.name}"'
        rule = column.info.get("erased")
        conditions.append(rule(dialect, new, old) if rule else f"{new} {same} {old}")
    return " AND ".join(conditions)


def _bytes(dialect: str, data: bytes) -> str:
    return f"'\\x{data.hex()}'::bytea" if dialect == "postgresql" else f"X'{data.hex()}'"


erasures = Table(  # one page of one scan, in all batches that ever used it
    "erasures",
    metadata,
    id_column("erasure_id", primary_key=True),
    Column("scan_digest", String(64), nullable=False),
    Column("page_no", Integer, nullable=False),
    Column("page_id", String(64), nullable=False, index=True),
    Column("reason", String(32), nullable=False),  # a code
    Column("by", String(200), nullable=False),
    Column("counts", Text, nullable=False),  # rows by table
    at_column("at"),
    Index("erasures_by_scan", "scan_digest", "page_no"),
)
erased = Table(
    "erased",
    metadata,
    Column("table_name", String(32), primary_key=True),
    Column("row_key", String(160), primary_key=True),
    Column("erasure_id", ForeignKey("erasures.erasure_id"), nullable=False, index=True),
)
erasure_events = Table(
    "erasure_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("erasure_id", ForeignKey("erasures.erasure_id"), nullable=False, index=True),
    Column("event", String(16), nullable=False),  # swept: no copy is left in the file; refused: never to be read again
    at_column("at"),
)
crop_parts = Table(  # a part of a field's picture, for a person who is to see no more of it
    "crop_parts",
    metadata,
    Column("part_id", ForeignKey("crops.crop_id"), primary_key=True),  # a crop of its own
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),  # from 0, in the order of reading
    Column("parts", Integer, nullable=False),
    Column("first_sign", Integer, nullable=False),  # of the whole's `of_signs`, from 0, it shows so many `signs`
    Column("signs", Integer, nullable=False),
    Column("of_signs", Integer, nullable=False),
    Column("left_px", Integer, nullable=False),  # the columns of the whole that are its own
    Column("right_px", Integer, nullable=False),
)
