"""Delivers again what was delivered wrong: the corrected records, and what is corrected in them."""

from collections import defaultdict
from pathlib import Path

from recognizer.errors import InputError
from serving.batch.records import Record, check_folder, json_lines, note_delivery, records_of, write_whole
from serving.ledger import Ledger
from serving.ledger.statement import RecordKey
from serving.truth.corrections import Correction, corrections
from serving.truth.gone import Gone, gone
from serving.truth.settle import settled_fields


def redeliver(ledger: Ledger, out: Path, batch_id: str | None = None) -> list[Correction | Gone]:
    """Write the records that wait to be delivered again, whole, to `out/records.jsonl`, and what is corrected in them
    to `out/corrections.jsonl`, with a line for each record that was erased; then note that they left. Nothing is
    written where none waits.

    Raises InputError for a folder that holds corrections already, or cannot be written to.
    """
    with ledger.truth() as truth:
        waiting: list[Correction | Gone] = [
            *corrections(truth, batch_id, waiting=True),
            *gone(truth, batch_id, waiting=True),
        ]
    if not waiting:
        return []
    check_folder(out)
    if (out / "corrections.jsonl").exists():
        raise InputError(f"{out}: holds corrections that were delivered before - mend: name another folder")
    batches: dict[str, set[RecordKey]] = defaultdict(set)
    for item in waiting:
        batches[item.use.batch_id].add(item.use.record)
    settled = {}
    records: list[Record] = []
    for batch, keys in batches.items():
        with ledger.truth() as truth:
            settled[batch] = settled_fields(truth, batch)
        places = [(page.scan_no, page.page_no) for page in ledger.pages(batch)]
        every = records_of(ledger, ledger.batch(batch), settled[batch])
        records += [record for place, record in zip(places, every, strict=True) if (batch, *place) in keys]
    write_whole(out / "records.jsonl", json_lines(records))
    write_whole(out / "corrections.jsonl", json_lines(item.plain for item in waiting))
    for batch, keys in batches.items():
        note_delivery(ledger, batch, settled[batch], only=keys)
    return waiting
