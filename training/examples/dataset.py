"""Examples as a versioned data set: a table, a manifest, and a digest of what is in it as the version.

Numbers of social security are in it as what they are, and neither their digits nor their pictures. MLflow is told of
the data set without any text, so that an erasure in the ledger leaves nothing there.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.ledger import Ledger
from serving.ledger.masking import masked
from serving.ledger.plain import canonical
from training.examples.example import Example
from training.examples.gather import Examples
from training.examples.split import SHARES

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLE, MANIFEST, PICTURES = "examples.parquet", "manifest.json", "pictures"
PERSONAL = ("text", "read")
"""Columns that hold what people wrote."""


def digest_of(examples: Sequence[Example]) -> str:
    """The version of these examples: of their crops, answers, sides and weights. 32 hexadecimal digits."""
    sha = hashlib.sha256(f"examples {FORMAT}\n".encode())
    for each in sorted(examples, key=lambda each: each.crop_id):
        row = [each.crop_id, each.verdict.outcome, each.text, each.split, each.weight, each.field.name, each.use.kind]
        sha.update(canonical(row).encode() + b"\n")
    return sha.hexdigest()[:32]


def frame(examples: Sequence[Example]) -> "pd.DataFrame":
    """One row per example, in the order of their crops; sensitive texts are masked."""
    import pandas as pd

    rows = [
        {
            "crop_id": each.crop_id, "page_id": each.page_id, "form": each.use.form, "field": each.use.field,
            "kind": each.use.kind, "outcome": each.verdict.outcome,
            "text": masked(each.text, each.use.kind) if each.is_sensitive else each.text, "source": each.verdict.source,
            "split": each.split, "weight": each.weight, "known_at": each.verdict.known_at,
            "read_outcome": each.use.reading.outcome,
            "read": masked(each.use.reading.text, each.use.kind) if each.is_sensitive else each.use.reading.text,
            "confidence": each.use.reading.confidence, "decision": each.use.reading.decision,
            "bundle_id": each.use.bundle_id,
        }
        for each in sorted(examples, key=lambda each: each.crop_id)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "crop_id", "page_id", "form", "field", "kind", "outcome", "text", "source", "split", "weight", "known_at",
    "read_outcome", "read", "confidence", "decision", "bundle_id",
]  # fmt: skip


def facts(examples: Examples) -> dict[str, Any]:
    """What is in it, counted."""
    items = examples.items
    return {
        "examples": len(items),
        "pages": len({each.page_id for each in items}),
        "splits": _counted(each.split for each in items),
        "kinds": _counted(each.use.kind for each in items),
        "outcomes": _counted(each.verdict.outcome for each in items),
        "sources": _counted(each.verdict.source for each in items),
        "left_out": dict(examples.left_out),
    }


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def save_examples(folder: Path, examples: Examples, ledger: Ledger | None = None) -> str:
    """Write a data set into a folder and return its digest; with a `ledger`, the pictures that may be shown too."""
    version = digest_of(examples.items)
    folder.mkdir(parents=True, exist_ok=True)
    frame(examples.items).to_parquet(folder / TABLE, compression="zstd", index=False)
    if ledger is not None:
        _save_pictures(folder / PICTURES, examples.items, ledger)
    manifest = {
        "format": FORMAT, "digest": version, "known_at": examples.known_at, "columns": COLUMNS,
        "split": {"by": "keyed digest of the page, kept in the ledger", "shares": dict(SHARES)}, **facts(examples),
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return version


def _save_pictures(folder: Path, examples: Sequence[Example], ledger: Ledger) -> None:
    folder.mkdir(exist_ok=True)
    shown = {each.crop_id: each.field.name for each in examples if not each.is_sensitive}
    for path in folder.glob("*.png"):  # of an earlier version, some of which may have been erased since
        path.unlink()
    with ledger.lessons_to_read() as lessons:
        for crop_id, stored in lessons.pictures(shown).items():
            (folder / f"{crop_id}.png").write_bytes(stored.png)


def log_examples(store: Path, examples: Examples, *, context: str, params: Mapping[str, object] | None = None) -> str:
    """Tell MLflow of the data set, by `mlflow.data`: its digest, schema and counts, without texts. Returns the run.

    Raises StoreUnreachable.
    """
    from serving.tracking import Tracking

    version = digest_of(examples.items)
    rows = frame(examples.items).drop(columns=list(PERSONAL))
    tracking = Tracking(store)
    run = tracking.open_run("training", f"examples-{version}", name=f"examples {version[:8]}", params=params or {})
    tracking.log_dataset(run, rows, name="examples", digest=version, source=f"ledger@{examples.known_at}",
                         context=context)  # fmt: skip
    tracking.log_parquet(run, "examples.parquet", rows)
    tracking.log_text(run, "manifest.json", json.dumps(facts(examples), indent=1))
    tracking.finish(run)
    return run
