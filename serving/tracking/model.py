"""A registered bundle as MLflow loads it. It reads through Penfield's one door: what it says is in the ledger first."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("image", "kind", "pattern", "lexicon")


class RegisteredBundle:
    """What `mlflow.pyfunc.load_model("models:/penfield@champion")` gives."""

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle

    def predict(self, fields: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Read field images: rows with `image` (a path), `kind`, and where wanted `pattern`, `lexicon` (a path).

        Returns the rows with `text`, `outcome`, `confidence` and `prediction_id`, under which the ledger of the store
        folder (PENFIELD_STORE) knows each. The same as `penfield read` with this bundle.
        """
        import pandas as pd

        from serving.batch.readings import read_fields
        from serving.commands.session import working

        with TemporaryDirectory() as folder, working(self.bundle, None, None, deliver_later=True) as work:
            source, out = Path(folder) / "fields.csv", Path(folder) / "readings.csv"
            _write(source, fields)
            read_fields(source, out, work.door, work.ledger, work.bar)
            return pd.read_csv(out, dtype=str, keep_default_na=False).astype({"confidence": float})


def _write(path: Path, fields: pd.DataFrame) -> None:
    columns = [name for name in COLUMNS if name in fields]
    rows = fields[columns].fillna("").astype(str)
    for name in ("image", "lexicon"):  # a relative path starts at the list's folder, which is not the caller's
        if name in rows:
            rows[name] = [str(Path(value).resolve()) if value else "" for value in rows[name]]
    rows.to_csv(path, index=False, quoting=csv.QUOTE_ALL)


def _load_pyfunc(path: str) -> RegisteredBundle:
    """MLflow's entry: `path` is the bundle's folder within the registered model."""
    return RegisteredBundle(Path(path))
