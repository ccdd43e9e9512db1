"""The values of erasure: which page, what of it is personal, and the tombstone that stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from serving.ledger.erased import erased_words
from serving.ledger.schema.erasure import PICTURE
from serving.ledger.statement import RecordKey

__all__ = ["ERASED", "PICTURE", "PagePlace", "Personal", "Said", "Tombstone"]

ERASED = "erased"
"""Status of a record, and outcome of its fields, as they leave the house."""


@dataclass(frozen=True, kw_only=True)
class PagePlace:
    """One page of one file, by digest: the same in every batch and under every preparation. `scan` is a name of it."""

    scan_digest: str
    page_no: int
    page_id: str
    scan: str


@dataclass(frozen=True, kw_only=True)
class Said:
    """One text about one crop: `table` and `key` say which row holds it."""

    table: str
    key: str
    crop_id: str
    outcome: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Personal:
    """What the ledger holds of a page, and is not erased yet.

    `rows` are the keys of rows by table, `said` the texts among them; `records` where the page was used, `tasks` what
    people were asked of it.
    """

    page: PagePlace
    rows: Mapping[str, Sequence[str]]
    said: Sequence[Said]
    records: Sequence[RecordKey]
    tasks: Sequence[str]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: len(keys) for table, keys in self.rows.items() if keys}


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """That a page was erased: when, by whom, why (a code), how many rows. It holds no value."""

    erasure_id: str
    scan_digest: str
    page_no: int
    page_id: str
    reason: str
    by: str
    at: str
    counts: Mapping[str, int] = field(default_factory=dict)
    events: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """As it is said wherever a value would stand."""
        return erased_words(self.at)
