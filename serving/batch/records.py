"""What leaves the house: the records of a batch, written from the ledger and nothing else.

The same batch gives the same bytes, however often it was interrupted or repeated: scans and pages stand in their
order, and nothing in a record depends on when it was made.
"""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recognizer.errors import InputError
from recognizer.form import Form
from serving.ledger import Answer, BatchFacts, Ledger

SHORT_ID = 12
FIXED = ("page_id", "scan", "page", "form", "status", "reason")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula, or skip before one."""

Record = dict[str, Any]


def check_folder(out: Path) -> None:
    """Make the folder, so that a batch does not find out at its end that it cannot write. Raises InputError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(f"{out}: cannot be written to: {error.strerror}") from error


def write_records(ledger: Ledger, batch: BatchFacts, forms: Sequence[Form], out: Path) -> None:
    """Write `records.jsonl`, `records.csv` and `predictions.parquet` into the folder `out`, each at once or not at all.

    Records hold values as they were read; the Parquet file is for analysis and masks the sensitive ones.
    """
    records = records_of(ledger, batch)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    write_whole(out / "records.jsonl", lines.encode())
    write_whole(out / "records.csv", _csv(records, forms).encode())
    parquet = io.BytesIO()
    ledger.predictions_frame(batch.batch_id).to_parquet(parquet, compression="zstd", index=False)
    write_whole(out / "predictions.parquet", parquet.getvalue())


def records_of(ledger: Ledger, batch: BatchFacts) -> list[Record]:
    """One record per page, in the order of scans and pages; `page` is None for a file rejected as a whole."""
    answers = ledger.answers(batch.batch_id)
    return [
        {
            "page_id": page.page_id,
            "scan": page.scan,
            "page": page.page_no or None,
            "form": page.form,
            "status": page.status,
            "reason": page.reason,
            "fields": {answer.field: _field(answer) for answer in answers.get((page.scan_no, page.page_no), ())},
        }
        for page in ledger.pages(batch.batch_id)
    ]


def _field(answer: Answer) -> Record:
    reading = answer.prediction.reading
    return {
        "value": reading.text,
        "outcome": reading.outcome,
        "confidence": reading.confidence,
        "decision": answer.decision.decision,
        "source": f"model:{answer.prediction.bundle_id[:SHORT_ID]}",
        "prediction_id": answer.prediction.prediction_id,
    }


def _csv(records: Iterable[Record], forms: Sequence[Form]) -> str:
    """RFC 4180; fields that several forms share by name share their columns."""
    names = dict.fromkeys(field.name for form in forms for field in form.fields)
    columns = [column for name in names for column in _columns(name)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*FIXED, *columns])
    for record in records:
        fixed = ["" if record[name] is None else record[name] for name in FIXED]
        fields: Mapping[str, Record] = record["fields"]
        cells = [fields[name][key] if name in fields else "" for name in names for key in ("value", "decision")]
        writer.writerow([harmless(cell) for cell in [*fixed, *cells]])
    return text.getvalue()


def _columns(name: str) -> tuple[str, str]:
    """The columns of a field; one that is named like a column of the page says that it is a field."""
    value = f"field_{name}" if name in FIXED else name
    return value, f"{value}_decision"


def harmless(cell: object) -> object:
    """The cell so that no spreadsheet runs it as a formula: an apostrophe goes before a risky first character."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RISKY) else cell


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that others see the old one or all of the new one, even if the machine stops in between."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
