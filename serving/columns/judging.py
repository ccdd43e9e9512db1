"""What of verdicts columns cannot say for themselves: whether they were blind, and which readings they prove right."""

import json
from collections import defaultdict
from typing import Any

from serving.ledger import Ledger
from serving.ledger.numbers import Scope
from serving.metrics.accuracy import rests_on_blind
from serving.truth.agreement import Fields, says_same

Record = dict[str, Any]


def verdicts_since(ledger: Ledger, since: str) -> list[Record]:
    """Verdicts that came in at a moment or after it, with whether they rest on blind votes alone."""
    with ledger.columns() as columns:
        rows = columns.table("verdicts", since)
    purposes: dict[str, dict[str, str]] = defaultdict(dict)
    with ledger.numbers(Scope()) as numbers:
        for asked in numbers.purposes_of(sorted({row["crop_id"] for row in rows})):
            purposes[asked.crop_id][asked.task_id] = asked.purpose
    return [_with_blind(row, purposes[row["crop_id"]]) for row in rows]


def judgements_since(ledger: Ledger, since: str) -> list[Record]:
    """Whether readings are what was settled, for each pair of which one came in at a moment or after it. People may
    write a value otherwise than the model, and be agreed. `known_at` is when both were there."""
    with ledger.columns() as columns:
        fields = Fields(columns.form_definition)
        judged = [_judged(row, fields) for row in columns.compared(since)]
    return [row for row in judged if row["known_at"] >= since]


def _with_blind(row: Record, purposes: dict[str, str]) -> Record:
    evidence = json.loads(row.pop("evidence"))
    return row | {"blind": rests_on_blind(row["source"], evidence, purposes)}


def _judged(row: Record, fields: Fields) -> Record:
    field = fields.named(row["form_digest"], row["field"], row["kind"])
    correct = says_same((row["read"], row["read_text"]), (row["settled"], row["settled_text"]), field)
    return {
        "verdict_id": row["verdict_id"],
        "prediction_id": row["prediction_id"],
        "correct": correct,
        "known_at": max(row["known_at"], row["created_at"]),
    }
