"""One batch as one MLflow run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from recognizer.errors import PenfieldError
from serving.delivery.page_trace import failed_pages, page_traces, trace_key
from serving.ledger.clock import milliseconds
from serving.report import doubtful, report_html, summarize

if TYPE_CHECKING:
    import pandas as pd

    from serving.ledger import BatchFacts, Ledger
    from serving.tracking import TraceRecord, Tracking

EXPERIMENT = "recognition"
ROWS_PER_SHARD = 50_000
REVIEW_ROWS = 200
REVIEW_COLUMNS = [
    "field", "kind", "text", "outcome", "confidence", "decision_reason", "alternatives", "scan", "page",
    "prediction_id",
]  # fmt: skip

NOTE = """Look at **report.html**, **review.json** (the least sure fields, with their pictures) and, once people have
spoken, **verdicts.json** (what they settled) under *Artifacts*, and at the pages with doubtful fields under *Traces*,
where verdicts are expectations. Every prediction is in *predictions/*, every verdict in *verdicts/* (Parquet)."""

SHOWN_TAGS = {"mlflow.note.content": NOTE, "mlflow.source.name": "penfield recognize", "mlflow.source.type": "LOCAL"}


class DeliveryIncomplete(PenfieldError):
    """The store holds less than it was given. The batch is brought again."""


class BatchRun:
    """Brings one batch to its run. Each part is a function of the ledger alone, so it may be brought any number of
    times, by any number of processes that die, and the run ends up the same.
    """

    def __init__(self, ledger: Ledger, tracking: Tracking, batch_id: str, progress: Callable[[], None]) -> None:
        self.ledger = ledger
        self.tracking = tracking
        self.progress = progress
        self.batch: BatchFacts = ledger.batch(batch_id)

    @cached_property
    def run_id(self) -> str:
        """The run of the batch; opened when it is first asked for."""
        batch = self.batch
        return self.tracking.open_run(
            EXPERIMENT,
            batch.batch_id,
            name=f"{batch.started_at[:16].replace('T', ' ')} {batch.batch_id[:8]}",
            params=run_params(batch),
            tags={
                "penfield.purpose": batch.purpose,
                "penfield.bundle_id": batch.bundle_id,
                **SHOWN_TAGS,
            },
            started_at_ms=milliseconds(batch.started_at),
        )

    @cached_property
    def _predictions(self) -> pd.DataFrame:
        return self.ledger.predictions_frame(self.batch.batch_id)

    @cached_property
    def _pages(self) -> pd.DataFrame:
        return self.ledger.pages_frame(self.batch.batch_id)

    def bring_pages(self, page_keys: Sequence[str]) -> None:
        """The predictions so far, and a trace of each of these pages that has doubtful fields."""
        _ = self.run_id
        self.progress()
        if not page_keys:
            return
        self._bring_predictions()
        here = self.ledger.predictions_frame(self.batch.batch_id, page_keys)
        self._bring_traces(set(doubtful(here)["page_id"]))

    def finish(self) -> None:
        """Everything about the batch as a whole, and the proof that all of it has arrived."""
        self._bring_predictions()
        self._bring_traces(failed_pages(self._pages))  # those of doubtful pages came with the pages
        self._bring_review_table()
        self._bring_report()
        at_ms = milliseconds(self.batch.finished_at or self.batch.started_at)
        summary = summarize(self.batch, self._predictions, self._pages)
        self.tracking.log_metrics(self.run_id, summary.metrics(), at_ms=at_ms)
        readers = {f"penfield.read_by.{bundle_id}": str(count) for bundle_id, count in self.batch.bundles.items()}
        self.tracking.set_tags(self.run_id, readers)
        self._count_back()
        self.tracking.finish(self.run_id, at_ms=at_ms)
        self.progress()

    def erase(self, page_ids: Sequence[str]) -> None:
        """Leave nothing of what the ledger has erased: everything that shows values or pictures is made again from the
        ledger, and the pages' traces go."""
        self._bring_predictions()
        if "report.html" in self.tracking.artifacts(self.run_id):
            self.tracking.remove(self.run_id, "review.json")
            self.tracking.remove(self.run_id, "table_images/review")
            self._bring_review_table()
            self._bring_report()
        keys = [trace_key(self.batch.batch_id, page_id) for page_id in page_ids]
        self.tracking.delete_traces(EXPERIMENT, keys)
        self.tracking.store.sweep()
        self.progress()

    def _bring_report(self) -> None:
        page = report_html(self.batch, self._predictions, self._pages, self.ledger.crop_png)
        self.tracking.log_text(self.run_id, "report.html", page)
        self.progress()

    def _bring_predictions(self) -> None:
        """All rows, in shards. Rows may move between shards while the batch runs; the last word has all of them."""
        frame = self._predictions
        for n, start in enumerate(range(0, len(frame), ROWS_PER_SHARD)):
            shard = frame.iloc[start : start + ROWS_PER_SHARD]
            self.tracking.log_parquet(self.run_id, f"predictions/part-{n:05d}.parquet", shard)
            self.progress()

    def traces(self, page_ids: set[str]) -> list[TraceRecord]:
        """These pages as traces."""
        return page_traces(self.batch, self._predictions, self._pages, page_ids)

    def _bring_traces(self, page_ids: set[str]) -> None:
        traces = self.traces(page_ids)
        arrived = self.tracking.log_traces(EXPERIMENT, self.run_id, traces)
        if arrived != len(traces):
            raise DeliveryIncomplete(f"{arrived} of {len(traces)} traces arrived")
        self.progress()

    def _bring_review_table(self) -> None:
        """The least sure fields with their pictures, but for those whose pictures must not leave the ledger."""
        rows = doubtful(self._predictions)
        rows = rows[~rows["sensitive"].astype(bool)].head(REVIEW_ROWS)
        if len(rows):
            pictures = {"crop": [self.ledger.crop_png(crop_id) for crop_id in rows["crop_id"]]}
            self.tracking.log_table(self.run_id, "review.json", rows[REVIEW_COLUMNS], pictures)
        self.progress()

    def _count_back(self) -> None:
        arrived, written = self.tracking.parquet_rows(self.run_id, "predictions"), len(self._predictions)
        if arrived != written:
            raise DeliveryIncomplete(f"{arrived} of {written} predictions arrived")


def run_params(batch: BatchFacts) -> dict[str, object]:
    """What the batch ran with, as a flat list of settings."""
    forms = {f"form.{name}": digest for name, digest in sorted(batch.forms.items())}
    return {"batch_id": batch.batch_id, "bundle_id": batch.bundle_id, "purpose": batch.purpose, **forms} | _flat(
        batch.params
    )


def _flat(settings: object, prefix: str = "") -> dict[str, object]:
    """Nested settings under dotted names."""
    if not isinstance(settings, dict) or not settings:
        return {prefix: settings} if prefix else {}
    found: dict[str, object] = {}
    for name, value in settings.items():
        found |= _flat(value, f"{prefix}.{name}" if prefix else str(name))
    return found
