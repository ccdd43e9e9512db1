"""A doubtful page as a trace: which stage took how long, what it measured, how sure the model was of each field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from serving.ledger.clock import milliseconds
from serving.report import doubtful, stage_names
from serving.tracking import TraceRecord, TraceStage

if TYPE_CHECKING:
    import pandas as pd

    from serving.ledger import BatchFacts

FAILED = ("rescan", "unmatched")


def failed_pages(pages: pd.DataFrame) -> set[str]:
    """Ids of the pages that could not be read although they were decoded."""
    return set(pages.loc[pages["status"].isin(FAILED), "page_id"])


def trace_key(batch_id: str, page_id: str) -> str:
    """The key of a page's trace."""
    return f"{batch_id}/{page_id}"


def page_traces(
    batch: BatchFacts, predictions: pd.DataFrame, pages: pd.DataFrame, page_ids: set[str]
) -> list[TraceRecord]:
    """One trace for each of the pages. They hold no value of any field, so that the traces can be shown to anyone."""
    fields = {page_id: rows for page_id, rows in predictions.groupby("page_id") if page_id in page_ids}
    chosen = pages[pages["page_id"].isin(page_ids)].drop_duplicates("page_id")
    stages = stage_names(pages)
    return [_trace(batch, page, fields.get(page["page_id"]), stages) for page in chosen.to_dict("records")]


def _trace(batch: BatchFacts, page: dict[str, Any], fields: pd.DataFrame | None, names: list[str]) -> TraceRecord:
    stages = _stages(page, fields, names)
    duration_ms = sum(stage.duration_ms for stage in stages)
    return TraceRecord(
        key=trace_key(batch.batch_id, page["page_id"]),
        name=f"{page['form'] or 'page'}: {page['status']}",
        started_at_ms=_started_at_ms(batch, fields, duration_ms),
        duration_ms=duration_ms,
        stages=stages,
        inputs={"scan": page["scan"], "scanner": page["scanner"], "page": _plain(page["page"])},
        outputs={
            "status": page["status"],
            "reason": page["reason"],
            "form": page["form"],
            "fields": 0 if fields is None else len(fields),
            "to_review": {} if fields is None else _to_review(fields),
        },
        tags={"penfield.page_id": page["page_id"], "penfield.status": page["status"]},
        failed=page["reason"] or page["status"] if page["status"] in FAILED else "",
    )


def _started_at_ms(batch: BatchFacts, fields: pd.DataFrame | None, duration_ms: float) -> int:
    """When the page's first prediction was recorded, less the time that the page took until then."""
    if fields is None:
        return milliseconds(batch.started_at)
    return round(fields["created_at"].min().timestamp() * 1000 - duration_ms)


def _stages(page: dict[str, Any], fields: pd.DataFrame | None, names: list[str]) -> list[TraceStage]:
    """The stages of preparation one after the other, then reading and deciding with one entry per field."""
    times = {name: _plain(page[f"ms_{name}"]) for name in names}
    stages, start_ms = [], 0.0
    for name, duration_ms in times.items():
        if duration_ms is not None and name not in ("read", "decide"):
            stages.append(
                TraceStage(name=name, start_ms=start_ms, duration_ms=duration_ms, attributes=_facts(name, page))
            )
            start_ms += duration_ms
    if fields is not None:
        read_ms = times.get("read") or float(fields["latency_ms"].sum())
        stages.append(TraceStage(name="read", start_ms=start_ms, duration_ms=read_ms, attributes=_readings(fields)))
        decide_ms = times.get("decide") or 0.0
        stages.append(
            TraceStage(name="decide", start_ms=start_ms + read_ms, duration_ms=decide_ms, attributes=_decisions(fields))
        )
    return stages


def _facts(stage: str, page: dict[str, Any]) -> dict[str, Any]:
    """What a stage found out about the page."""
    if stage == "align":
        return {name.removeprefix("align_"): _plain(v) for name, v in page.items() if name.startswith("align_")}
    if stage == "measure":
        return {name.removeprefix("quality_"): _plain(v) for name, v in page.items() if name.startswith("quality_")}
    if stage == "repair":
        return {"steps": json.loads(page["steps"] or "[]")}
    return {}


def _readings(fields: pd.DataFrame) -> dict[str, Any]:
    columns = ["field", "kind", "outcome", "confidence", "latency_ms", "prediction_id"]
    return {row.pop("field"): row for row in fields[columns].to_dict("records")}


def _decisions(fields: pd.DataFrame) -> dict[str, Any]:
    """Decision, threshold and the code of the reason; its sentence may quote the value and stays away."""
    rows = fields[["field", "decision", "threshold", "decision_reason"]].to_dict("records")
    return {
        row["field"]: {
            "decision": row["decision"],
            "code": row["decision_reason"].partition(":")[0],
            "threshold": _plain(row["threshold"]),
        }
        for row in rows
    }


def _to_review(fields: pd.DataFrame) -> dict[str, str]:
    """Which fields a person should see, and why in a word."""
    rows = doubtful(fields)[["field", "confidence", "decision_reason"]].to_dict("records")
    return {row["field"]: f"{row['decision_reason'].partition(':')[0]}, {row['confidence']:.2f}" for row in rows}


def _plain(value: Any) -> Any:
    """A cell as plain data, None where it is missing."""
    import pandas as pd

    if isinstance(value, str | list | dict):
        return value
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
