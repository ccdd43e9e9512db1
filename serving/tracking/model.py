"""A registered bundle as MLflow loads it. It reads through Penfield's one door: what it says is in the ledger first."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from serving.commands.session import Session

FIELD_COLUMNS = ("image", "kind", "pattern", "lexicon")
PAGE_COLUMNS = ("page", "form")
PAGE_ANSWERS = (
    "page", "page_no", "status", "field", "kind", "text", "outcome", "confidence", "decision", "prediction_id",
)  # fmt: skip


class RegisteredBundle:
    """What `mlflow.pyfunc.load_model("models:/penfield@champion")` gives."""

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Read images of single fields, or pages of forms.

        Fields are rows with `image` (a path), `kind`, and where wanted `pattern`, `lexicon` (a path). Returns the rows
        with `text`, `outcome`, `confidence` and `prediction_id`: the same as `penfield read` with this bundle.

        Pages are rows with `page`, the path of a scan, and `form`, the path of its form's definition. Returns a row for
        every field of every page (`page_no`, `field`, `kind`, `text`, `outcome`, `confidence`, `decision`,
        `prediction_id`), and one without a field, with None there, for a page on which nothing was to be read; `status`
        says why. The same as `penfield recognize`.

        Under `prediction_id` the ledger of the store folder (PENFIELD_STORE) knows each. Raises UsageError for rows
        that are neither.
        """
        from recognizer.errors import UsageError
        from serving.commands.session import working

        with TemporaryDirectory() as folder, working(self.bundle, None, None, deliver_later=True) as work:
            if set(PAGE_COLUMNS) <= set(rows):
                return _read_pages(rows, Path(folder), work)
            if set(FIELD_COLUMNS[:2]) <= set(rows):
                return _read_fields(rows, Path(folder), work)
        raise UsageError(
            f"rows have the columns {', '.join(map(str, rows))} - mend: give image and kind for fields, or page and "
            "form for pages"
        )


def _read_fields(rows: pd.DataFrame, folder: Path, work: Session) -> pd.DataFrame:
    import pandas as pd

    from serving.batch.readings import read_fields

    source, out = folder / "fields.csv", folder / "readings.csv"
    _write(source, rows)
    read_fields(source, out, work.door, work.ledger, work.bar)
    return pd.read_csv(out, dtype=str, keep_default_na=False).astype({"confidence": float})


def _read_pages(rows: pd.DataFrame, folder: Path, work: Session) -> pd.DataFrame:
    """Scans of one form are read together; the rows come in the order of forms, scans, pages and fields."""
    import pandas as pd

    asked = rows[list(PAGE_COLUMNS)].astype(str).drop_duplicates()
    answers = [
        answer
        for number, (form, group) in enumerate(asked.groupby("form", sort=False))
        for answer in _read_form(Path(str(form)), list(group["page"]), folder / str(number), work)
    ]
    frame = pd.DataFrame(answers, columns=list(PAGE_ANSWERS))
    return frame.astype(object).where(frame.notna(), None)  # None and no NaN: `mlflow models predict` writes JSON


def _read_form(path: Path, scans: list[str], out: Path, work: Session) -> Iterator[dict[str, object]]:
    from recognizer.form import load_form
    from serving.batch.recognize import Order, recognize
    from serving.batch.records import records_of
    from serving.intake.scans import NamedScan

    form = load_form(path.resolve())
    kinds = {field.name: field.kind for field in form.fields}
    named = tuple(NamedScan(path=Path(scan).resolve(), name=scan) for scan in scans)
    batch = recognize(Order(forms=(form,), scans=named, out=out), work.door, work.ledger, work.bar)
    for record in records_of(work.ledger, batch):
        place = {"page": record["scan"], "page_no": record["page"], "status": record["status"]}
        for name, field in record["fields"].items():
            said = {"text": field["value"], **{key: field[key] for key in PAGE_ANSWERS if key in field}}
            yield {**place, "field": name, "kind": kinds[name], **said}
        if not record["fields"]:
            yield {**place, "text": "", "outcome": record["status"]}


def _write(path: Path, fields: pd.DataFrame) -> None:
    columns = [name for name in FIELD_COLUMNS if name in fields]
    rows = fields[columns].fillna("").astype(str)
    for name in ("image", "lexicon"):  # a relative path starts at the list's folder, which is not the caller's
        if name in rows:
            rows[name] = [str(Path(value).resolve()) if value else "" for value in rows[name]]
    rows.to_csv(path, index=False, quoting=csv.QUOTE_ALL)


def _load_pyfunc(path: str) -> RegisteredBundle:
    """MLflow's entry: `path` is the bundle's folder within the registered model."""
    return RegisteredBundle(Path(path))
