"""What people said of a batch: on the traces of its pages, as a table, as Parquet, and as metrics over time.

Table and Parquet are written as a whole from the ledger, each time under the same name: the same state makes the same
files, whoever is cut off and begins again. `MlflowClient.log_table` would append what is there already and give the run
one tag entry more for every name, of which it bears 124; so there is one name, one entry, and the table is our own
(`Tracking.log_table`). What was known before is not lost by that: the ledger's rows are only ever added to, the traces
keep every verdict, the metrics every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from serving.delivery.batch_run import EXPERIMENT, BatchRun, DeliveryIncomplete
from serving.ledger.clock import milliseconds
from serving.metrics import production_metrics
from serving.metrics.figures import figures
from serving.tracking import Expected
from serving.truth.agreement import Fields, agree

if TYPE_CHECKING:
    import pandas as pd

    from serving.ledger.desk import Vote
    from serving.ledger.statement import FieldUse, Statement

TABLE = "verdicts.json"
PARQUET = "verdicts/verdicts.parquet"
ROWS = 300
"""So many of the latest verdicts are in the table, with their pictures; all are in the Parquet file."""
STEP_METRIC = "production/verdicts"
SHOWN = [
    "reading", "verdict", "says", "votes", "source", "field", "kind", "confidence", "decision", "known_at", "scan",
    "page", "prediction_id",
]  # fmt: skip
"""In this order: the UI shows five columns at once, and what is compared belongs side by side."""


class BatchTruth:
    """The verdicts of one batch, and its run."""

    def __init__(self, run: BatchRun) -> None:
        self.run = run
        self.ledger, self.batch_id = run.ledger, run.batch.batch_id

    def bring(self, numbers: Sequence[int]) -> None:
        """Verdicts of these numbers are new: note them on their traces, and show what they change."""
        wanted = set(numbers)
        self._bring_expectations([(number, use, said) for number, use, said in self._said if number in wanted])
        self._bring_table()
        self._bring_metrics()

    def bring_again(self) -> None:
        """Write table and Parquet anew, where they were written before, without what was erased."""
        if TABLE in self.run.tracking.artifacts(self.run.run_id):
            self.run.tracking.remove(self.run.run_id, TABLE)
            self.run.tracking.remove(self.run.run_id, "table_images/verdicts")
            self._bring_table()

    @cached_property
    def _said(self) -> list[tuple[int, FieldUse, Statement]]:
        """Every verdict on a field of the batch, with its number, in the order in which they were learned."""
        with self.ledger.truth() as truth:
            uses = [use for use in truth.uses_of(truth.crops_judged(self.batch_id)) if use.batch_id == self.batch_id]
            first = {use.crop_id: use for use in reversed(uses)}  # a file that lies twice in a batch is shown once
            verdicts = truth.verdicts_on(list(first))
            numbers = truth.verdict_numbers([said.statement_id for items in verdicts.values() for said in items])
        found = [(numbers[said.statement_id], first[crop], said) for crop, items in verdicts.items() for said in items]
        return sorted(found, key=lambda item: item[0])

    def _bring_expectations(self, said: Sequence[tuple[int, FieldUse, Statement]]) -> None:
        """One expectation per verdict, on the span that read the field. A page that had nothing doubtful has no trace
        yet: it gets one."""
        tracking = self.run.tracking
        traces = {trace.key: trace for trace in self.run.traces({use.page_id for _, use, _ in said})}
        arrived = tracking.log_missing_traces(EXPERIMENT, self.run.run_id, list(traces.values()))
        if arrived != len(traces):
            raise DeliveryIncomplete(f"{arrived} of {len(traces)} traces arrived")
        self.run.progress()
        by_page = {trace.tags["penfield.page_id"]: trace for trace in traces.values()}
        expected = [
            Expected(
                key=f"verdict {number}",
                trace=by_page[use.page_id],
                stage="read",
                name=use.field,
                value=_shown(verdict.outcome, verdict.text, use),
                source=verdict.source,
                said_at_ms=milliseconds(verdict.known_at),
                facts={"field": use.field, "prediction_id": use.prediction_id, "reading": self._right(use, verdict)},
            )
            for number, use, verdict in said
        ]
        arrived = tracking.log_expectations(expected)
        if arrived != len(expected):
            raise DeliveryIncomplete(f"{arrived} of {len(expected)} verdicts arrived")
        self.run.progress()

    def _right(self, use: FieldUse, verdict: Statement) -> str:
        if verdict.outcome == "withdrawn":
            return "not said"
        if verdict.valid_at > use.reading.valid_at:
            return "true later"
        return "right" if agree(use.reading, verdict, self._fields.of(use)) else "wrong"

    @cached_property
    def _fields(self) -> Fields:
        with self.ledger.truth() as truth:
            digests = {use.form_digest for _, use, _ in self._said if use.form_digest}
            forms = {digest: truth.form_definition(digest) for digest in digests}
        return Fields(forms.get)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        """One row per verdict; sensitive values are masked, nobody is named."""
        import pandas as pd

        with self.ledger.desk_to_read() as desk:
            votes = desk.votes.on_crops(list({use.crop_id for _, use, _ in self._said}))
        rows = [
            {
                "number": number,
                "field": use.field,
                "kind": use.kind,
                "reading": _shown(use.reading.outcome, use.reading.text, use),
                "confidence": use.reading.confidence,
                "decision": use.reading.decision,
                "votes": _votes(votes.get(use.crop_id, ()), said.known_at, use),
                "verdict": _shown(said.outcome, said.text, use),
                "source": said.source,
                "says": self._right(use, said),
                "verdict_confidence": said.confidence,
                "valid_at": said.valid_at,
                "known_at": said.known_at,
                "scan": use.scan,
                "page": use.page_no,
                "crop_id": use.crop_id,
                "prediction_id": use.prediction_id,
            }
            for number, use, said in self._said
        ]
        return pd.DataFrame.from_records(rows).astype({"confidence": float, "verdict_confidence": float})

    def _bring_table(self) -> None:
        if not self._said:
            return
        frame = self._frame
        self.run.tracking.log_parquet(self.run.run_id, PARQUET, frame)
        self.run.progress()
        latest = frame.iloc[::-1].head(ROWS)
        sensitive = {use.crop_id for _, use, _ in self._said if use.is_sensitive}
        pictures = [
            _hidden() if crop_id in sensitive else self.ledger.crop_png(crop_id) for crop_id in latest["crop_id"]
        ]
        shown = latest[SHOWN].assign(known_at=latest["known_at"].str[:19].str.replace("T", " "))
        self.run.tracking.log_table(self.run.run_id, TABLE, shown.round({"confidence": 3}), {"crop": pictures})
        self.run.progress()

    def _bring_metrics(self) -> None:
        """One point per state: its step is the number of verdicts. All of them go in one call, so one tells of all."""
        step = len(self._said)
        if step in self.run.tracking.steps(self.run.run_id, STEP_METRIC):
            return
        found = figures(production_metrics(self.ledger, batch_id=self.batch_id)) | {STEP_METRIC: float(step)}
        at_ms = milliseconds(self._said[-1][2].known_at)
        self.run.tracking.log_metrics(self.run.run_id, found, at_ms=at_ms, step=step)
        self.run.progress()


def _shown(outcome: str, text: str, use: FieldUse) -> str:
    """What is said of a field, as far as it may be shown."""
    if outcome != "text":
        return f"– {outcome} –"
    return use.shown(text)


def _votes(votes: Sequence[Vote], until: str, use: FieldUse) -> str:
    """What was keyed until the verdict came, without names."""
    said = [
        f"{_shown(vote.outcome, vote.text, use)}{' (expert)' if vote.role == 'expert' else ''}"
        f"{' (void)' if vote.voided is not None else ''}"
        for vote in votes
        if vote.at <= until
    ]
    return " | ".join(said)


def _hidden() -> bytes:
    """Stands for a picture that must not leave the ledger."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    image = Image.new("L", (150, 32), 235)
    ImageDraw.Draw(image).text((12, 10), "stays in the ledger", 90)
    buffer = BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()
