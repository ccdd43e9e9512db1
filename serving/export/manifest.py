"""What an export holds and what it leaves out, said so that it can be checked: counts, columns, digests, reasons.

Nothing in it depends on when the export was made: the same state of the ledger makes the same manifest.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.export.columns import VALUE, Column
from serving.export.record import Record, source_of

NAME = "manifest.json"
FORMAT = {"format": "penfield-export", "version": 1}


@dataclass(kw_only=True)
class Tally:
    """Counts what goes into an export and what does not."""

    records: int = 0
    values: int = 0
    by_source: Counter[str] = field(default_factory=Counter)
    by_outcome: Counter[str] = field(default_factory=Counter)
    batches: dict[str, Counter[str]] = field(default_factory=dict)
    known_at: str = ""
    left_out: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, record: Record) -> None:
        """A record goes in."""
        self.records += 1
        self.values += len(record.items)
        self.by_source.update(source_of(item.said).partition(":")[0] for item in record.items)
        self.by_outcome.update(item.said.outcome for item in record.items)
        self.known_at = max(self.known_at, record.known_at)
        self._of(record)["exported"] += 1

    def leaves(self, record: Record) -> None:
        """A record stays out, and why."""
        page, status = record.page, record.page.status
        why = "fields are not settled yet" if status == "read" else page.reason or f"the page is {status}"
        place = {"batch_id": record.batch_id, "page_id": page.page_id, "scan": page.scan, "page": page.page_no or None}
        self.left_out.append(place | {"status": status, "why": why, "open_fields": record.open_fields})
        self._of(record)["left_out"] += 1

    def _of(self, record: Record) -> Counter[str]:
        return self.batches.setdefault(record.batch_id, Counter(exported=0, left_out=0))


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """One file of an export: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


def facts_of(path: Path) -> FileFacts:
    """The facts of a file."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    return FileFacts(bytes=path.stat().st_size, sha256=found.hexdigest())


def manifest_json(
    tally: Tally,
    columns: Iterable[Column],
    files: Mapping[str, FileFacts],
    *,
    masked: bool,
    also_incomplete: bool,
    corrections: int,
) -> bytes:
    """The manifest as JSON."""
    found = FORMAT | {
        "known_at": tally.known_at or None,
        "masked": masked,
        "also_incomplete": also_incomplete,
        "counts": {
            "records": tally.records,
            "values": tally.values,
            "values_by_source": dict(sorted(tally.by_source.items())),
            "values_by_outcome": dict(sorted(tally.by_outcome.items())),
            "left_out": len(tally.left_out),
            "corrections": corrections,
        },
        "batches": {batch_id: dict(counts) for batch_id, counts in tally.batches.items()},
        "schema": {
            "records": [_column(column) for column in columns],
            "values": [{"name": name, "type": kind} for name, kind in VALUE.items()],
        },
        "files": {name: {"bytes": facts.bytes, "sha256": facts.sha256} for name, facts in files.items()},
        "left_out": tally.left_out,
    }
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def _column(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "type": column.type}
    return (
        found if column.of == "page" else found | {"field": column.field, "of": column.of, "kinds": list(column.kinds)}
    )


def unchanged(folder: Path) -> list[str]:
    """The files of the export that lies in a folder which are as it left them; none where there was no export."""
    try:
        named: Mapping[str, Mapping[str, Any]] = json.loads((folder / NAME).read_bytes())["files"]
        return [
            name
            for name, facts in named.items()
            if Path(name).name == name
            and (path := folder / name).is_file()
            and facts_of(path).sha256 == facts["sha256"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no manifest, or none of ours
        return []
