"""What leaves the house: the records of a batch, written from the ledger and nothing else.

The same batch gives the same bytes, however often it was interrupted or repeated: scans and pages stand in their
order, and nothing in a record depends on when it was made.
"""

import csv
import io
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recognizer.errors import InputError
from recognizer.form import Form
from serving.ledger import ACCEPTED, Answer, BatchFacts, Ledger
from serving.ledger.erasure import ERASED
from serving.ledger.statement import RecordKey
from serving.truth.corrections import Correction, corrections
from serving.truth.gone import Gone, gone
from serving.truth.settle import Content, Now, deliver, settled_fields, verdicts_in

SHORT_ID = 12
FIXED = ("page_id", "scan", "page", "form", "status", "reason")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula, or skip before one."""

NOTHING_LEFT = {"value": "", "outcome": ERASED}
"""What an erased record says of each of its fields; `status` and `reason` say that it was erased, and when."""

Record = dict[str, Any]
Settled = Mapping[RecordKey, Mapping[str, Now]]
"""The fields that people have settled, by record and name."""


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

    Records hold what is believed: values as they were read, or what people have settled since. That they left the
    house is noted; where they left it otherwise before, `corrections.jsonl` says how. The Parquet file is for analysis
    and masks the sensitive values.
    """
    with ledger.truth() as truth:
        settled = settled_fields(truth, batch.batch_id)
    records = records_of(ledger, batch, settled)
    write_whole(out / "records.jsonl", json_lines(records))
    write_whole(out / "records.csv", _csv(records, forms).encode())
    parquet = io.BytesIO()
    ledger.predictions_frame(batch.batch_id).to_parquet(parquet, compression="zstd", index=False)
    write_whole(out / "predictions.parquet", parquet.getvalue())
    if batch.purpose == "production":
        note_delivery(ledger, batch.batch_id, settled)
        write_corrections(ledger, batch.batch_id, out)


def note_delivery(ledger: Ledger, batch_id: str, settled: Settled, only: Collection[RecordKey] | None = None) -> None:
    """Note that the records of a batch (or these of them) left the house with this content."""
    answers = ledger.answers(batch_id)
    contents = []
    for page in ledger.pages(batch_id):
        key, fields = (batch_id, page.scan_no, page.page_no), answers.get((page.scan_no, page.page_no), ())
        if only is not None and key not in only:
            continue
        of_people = settled.get(key, {})
        settles = all(answer.decision.decision in ACCEPTED or answer.field in of_people for answer in fields)
        complete = settles and page.status in ("read", "blank")
        contents.append(Content(record=key, complete=complete, verdicts=verdicts_in(of_people.values())))
    with ledger.writing() as writing:
        deliver(writing, contents)


def write_corrections(ledger: Ledger, batch_id: str, out: Path) -> None:
    """Write `corrections.jsonl`: every field that was delivered otherwise before, and every record that was delivered
    and is erased. No file where there is none."""
    with ledger.truth() as truth:
        found: list[Correction | Gone] = [*corrections(truth, batch_id), *gone(truth, batch_id)]
    if found:
        write_whole(out / "corrections.jsonl", json_lines(item.plain for item in found))


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One line of JSON for each."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def records_of(ledger: Ledger, batch: BatchFacts, settled: Settled | None = None) -> list[Record]:
    """One record per page, in the order of scans and pages; `page` is None for a file rejected as a whole.

    Without `settled`, it is asked of the ledger.
    """
    if settled is None:
        with ledger.truth() as truth:
            settled = settled_fields(truth, batch.batch_id)
    answers = ledger.answers(batch.batch_id)
    return [
        {
            "page_id": page.page_id,
            "scan": page.scan,
            "page": page.page_no or None,
            "form": page.form,
            "status": page.status,
            "reason": page.reason,
            "fields": {
                answer.field: _field(answer, settled.get((batch.batch_id, page.scan_no, page.page_no), {}))
                | (NOTHING_LEFT if page.status == ERASED else {})
                for answer in answers.get((page.scan_no, page.page_no), ())
            },
        }
        for page in ledger.pages(batch.batch_id)
    ]


def _field(answer: Answer, of_people: Mapping[str, Now]) -> Record:
    """The field as its batch read it, or as people have settled it: then the machine's decision has no say."""
    if answer.field in of_people:
        said = of_people[answer.field].said
        return {
            "value": said.text,
            "outcome": said.outcome,
            "confidence": said.confidence,
            "decision": "settled",
            "source": said.source,
            "prediction_id": answer.prediction.prediction_id,
            "verdict_id": said.statement_id,
        }
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
