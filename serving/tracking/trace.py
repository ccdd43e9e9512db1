"""A trace as data, and its way into MLflow in bulk, exactly once by key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import Span
    from mlflow.tracing.client import TracingClient

CHUNK = 50
"""Traces per call: large enough that the call costs little, small enough to stay within a time limit."""


@dataclass(frozen=True, kw_only=True)
class TraceStage:
    """One span below the root: when it began after the root did, how long it took, what it saw."""

    name: str
    start_ms: float
    duration_ms: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""


@dataclass(frozen=True, kw_only=True)
class TraceRecord:
    """One trace. `key` names it for ever: logged again it replaces itself and is never doubled."""

    key: str
    name: str
    started_at_ms: int
    duration_ms: float
    stages: Sequence[TraceStage] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""

    @property
    def trace_id(self) -> str:
        """The id that MLflow keeps the trace under; made of the key."""
        return trace_id_of(self.key)


def trace_id_of(key: str) -> str:
    """The id that MLflow keeps the trace with this key under."""
    return "tr-" + _digest(key, 32)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a field of a trace should have been, said by people. `key` names it for ever, `stage` is the name of the
    stage that it judges, `said_at_ms` when it was said, `source` of what sort of people."""

    key: str
    trace: TraceRecord
    stage: str
    name: str
    value: str
    source: str
    said_at_ms: int
    facts: Mapping[str, str] = field(default_factory=dict)


KEY = "penfield.key"


def log_expectations(client: TracingClient, expected: Sequence[Expected]) -> int:
    """Add expectations to traces that are there, those that are not there yet; returns how many of them there are then.

    Nothing is ever changed: what is said later of a field stands beside what was said before.
    """
    from mlflow.entities import AssessmentSource, AssessmentSourceType, Expectation

    by_trace: dict[str, list[Expected]] = {}
    for item in expected:
        by_trace.setdefault(item.trace.trace_id, []).append(item)
    count = 0
    for trace_id, items in by_trace.items():
        there = {said.metadata.get(KEY) for said in client.get_trace_info(trace_id).assessments if said.metadata}
        for item in items:
            if item.key not in there:
                said = Expectation(
                    name=item.name,
                    value=item.value,
                    source=AssessmentSource(source_type=AssessmentSourceType.HUMAN, source_id=item.source),
                    metadata={KEY: item.key, **item.facts},
                    span_id=_span_of(item.trace, item.stage),
                    create_time_ms=item.said_at_ms,
                    last_update_time_ms=item.said_at_ms,
                )
                client.log_assessment(trace_id, said)
        there = {said.metadata.get(KEY) for said in client.get_trace_info(trace_id).assessments if said.metadata}
        count += sum(item.key in there for item in items)
    return count


def missing(client: TracingClient, experiment_id: str, run_id: str, traces: Sequence[TraceRecord]) -> list[TraceRecord]:
    """Those of the traces that the run does not have yet."""
    there = trace_ids(client, experiment_id, run_id)
    return [trace for trace in traces if trace.trace_id not in there]


def _span_of(trace: TraceRecord, stage: str) -> str:
    """The id of the span of a stage; of the whole trace where it has no such stage."""
    places = [str(number) for number, one in enumerate(trace.stages, start=1) if one.name == stage]
    return _digest(f"{trace.key}/{places[0] if places else ''}", 16)


def log_traces(client: TracingClient, experiment_id: str, run_id: str, traces: Sequence[TraceRecord]) -> int:
    """Store the traces and return how many of them the store holds afterwards.

    Ids of traces and spans are made of the key, and MLflow writes both over what is there: a call that was cut off
    can simply be made again. `start_trace` comes first because it alone ties a trace to its run.
    """
    for start in range(0, len(traces), CHUNK):
        chunk = traces[start : start + CHUNK]
        for trace in chunk:
            client.start_trace(_info(trace, experiment_id, run_id))
        client.log_spans(experiment_id, [span for trace in chunk for span in _spans(trace)])
    return count_traces(client, experiment_id, run_id, {trace.trace_id for trace in traces})


def count_traces(client: TracingClient, experiment_id: str, run_id: str, wanted: set[str] | None = None) -> int:
    """How many traces of the run the store holds (of the `wanted` ids, where given)."""
    there = trace_ids(client, experiment_id, run_id)
    return len(there if wanted is None else there & wanted)


def trace_ids(client: TracingClient, experiment_id: str, run_id: str) -> set[str]:
    """The ids of the run's traces."""
    ids, token = set[str](), None
    while True:
        found = client.search_traces(
            locations=[experiment_id], run_id=run_id, max_results=500, page_token=token, include_spans=False
        )
        ids |= {trace.info.trace_id for trace in found}
        token = found.token
        if not token:
            return ids


def _info(trace: TraceRecord, experiment_id: str, run_id: str) -> Any:
    from mlflow.entities import TraceInfo, TraceLocation, TraceState
    from mlflow.tracing.constant import TraceMetadataKey, TraceTagKey

    return TraceInfo(
        trace_id=trace.trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=trace.started_at_ms,
        execution_duration=round(trace.duration_ms),
        state=TraceState.ERROR if trace.failed else TraceState.OK,
        request_preview=json.dumps(trace.inputs, default=str)[:1000],
        response_preview=json.dumps(trace.outputs, default=str)[:1000],
        trace_metadata={TraceMetadataKey.SOURCE_RUN: run_id},
        tags={TraceTagKey.TRACE_NAME: trace.name, "penfield.key": trace.key, **trace.tags},
    )


def _spans(trace: TraceRecord) -> list[Span]:
    root = _span(trace, "", trace.name, 0.0, trace.duration_ms, {}, trace.failed, trace.inputs, trace.outputs)
    return [root] + [
        _span(trace, str(n), s.name, s.start_ms, s.duration_ms, s.attributes, s.failed)
        for n, s in enumerate(trace.stages, start=1)
    ]


def _span(
    trace: TraceRecord,
    place: str,
    name: str,
    start_ms: float,
    duration_ms: float,
    attributes: Mapping[str, Any],
    failed: str,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
) -> Span:
    """One finished MLflow span; `place` is "" for the root and tells its children apart."""
    from mlflow.entities import Span

    values: dict[str, Any] = {
        "mlflow.traceRequestId": trace.trace_id,
        "mlflow.spanType": "CHAIN" if not place else "TOOL",
    }
    values |= {"mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs} if not place else {}
    start_ns = trace.started_at_ms * 1_000_000 + round(start_ms * 1e6)
    return Span.from_dict(
        {
            "trace_id": trace.trace_id,
            "span_id": _digest(trace.key + "/" + place, 16),
            "parent_span_id": _digest(trace.key + "/", 16) if place else None,
            "name": name,
            "start_time_unix_nano": start_ns,
            "end_time_unix_nano": start_ns + max(1, round(duration_ms * 1e6)),
            "status": {"code": "STATUS_CODE_ERROR" if failed else "STATUS_CODE_OK", "message": failed},
            "attributes": {key: json.dumps(value, default=str) for key, value in (values | dict(attributes)).items()},
        }
    )


def _digest(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]
