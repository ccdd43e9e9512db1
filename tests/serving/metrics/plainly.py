"""The same numbers once more, by loops over all rows of the ledger."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import create_engine, select

from benchmarks.drawn_ledger import TEXTS
from serving.audit import ConfidenceSequence
from serving.ledger import Ledger, schema

Row = Any


class Tables:
    """All rows of all tables, by name."""

    def __init__(self, ledger: Ledger) -> None:
        engine = create_engine(ledger.url)
        with engine.connect() as connection:
            for table in schema.metadata.sorted_tables:
                setattr(self, table.name, list(connection.execute(select(table))))
        engine.dispose()

    def __getattr__(self, name: str) -> list[Row]:
        raise AttributeError(name)


class Plainly:
    """One scope."""

    def __init__(
        self, tables: Tables, batch_id: str | None, since: str | None, until: str | None, known_at: str | None
    ) -> None:
        self.t, self.batch_id, self.since, self.until, self.known_at = tables, batch_id, since, until, known_at
        self.decisions = {(row.prediction_id, row.policy_digest): row for row in tables.decisions}
        self.predictions = {row.prediction_id: row for row in tables.predictions}
        self.tasks = {row.task_id: row for row in tables.tasks}
        self.kinds = {row.crop_id: row.kind for row in tables.page_fields}
        self.voted = {row.task_id for row in tables.votes}
        self.voided = {row.token for row in tables.vote_voids if self.known(row.at)}
        self.fields = self._fields()

    def known(self, at: str) -> bool:
        return self.known_at is None or at <= self.known_at

    def within(self, at: str) -> bool:
        return self.known(at) and (self.since or "") <= at and (self.until is None or at <= self.until)

    def here(self, batch_id: str | None) -> bool:
        return self.batch_id is None or batch_id == self.batch_id

    def _uses(self) -> Iterable[tuple[Row, Row]]:
        production = {row.batch_id for row in self.t.batches if row.purpose == "production"}
        for use in self.t.batch_fields:
            decision = self.decisions[use.prediction_id, use.policy_digest]
            if use.batch_id in production and self.here(use.batch_id) and self.within(decision.created_at):
                yield use, decision

    def _fields(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for _, decision in self._uses():
            before = found.get(decision.prediction_id)
            order = decision.created_at, decision.policy_digest
            if before is None or order < (before.created_at, before.policy_digest):
                found[decision.prediction_id] = decision
        return found

    def kind_of(self, prediction_id: str) -> str:
        return self.kinds[self.predictions[prediction_id].crop_id]

    def counts(self, kind: str) -> Counter[str]:
        return Counter(d.decision for p, d in self.fields.items() if kind in (self.kind_of(p), "all"))

    def pages(self) -> int:
        return len({(use.batch_id, use.scan_no, use.page_no) for use, _ in self._uses()})

    # Accuracy

    def accuracy(self, kind: str) -> dict[str, Any]:
        accepted = [
            (p, d)
            for p, d in sorted(self.fields.items(), key=lambda item: (item[1].created_at, item[0]))
            if d.decision in ("accept", "audit") and kind in (self.kind_of(p), "all")
        ]
        auditable = [(p, d) for p, d in accepted if d.probability is not None]
        audits = [(d.probability, self.wrong(p, d)) for p, d in auditable if d.decision == "audit"]
        answered = [(p, wrong) for p, wrong in audits if wrong is not None]
        found = {
            "accepted": len(accepted), "auditable": len(auditable), "audits": len(audits), "answered": len(answered),
            "wrong": sum(wrong for _, wrong in answered), "value": None, "low": None, "high": None,
        }  # fmt: skip
        if answered:
            share = sum(1 / p for p, _ in answered) / sum(1 / p for p, _ in audits)
            found["value"] = 1 - sum(1 / p for p, wrong in answered if wrong) / share / len(auditable)
            sequence = ConfidenceSequence(floor=self._floor(min(d.probability for _, d in auditable)))
            for p, d in auditable:
                drawn = d.decision == "audit"
                sequence.add(probability=d.probability, drawn=drawn, wrong=self.wrong(p, d) if drawn else None)
            found["low"], found["high"] = sequence.interval
        return found

    @staticmethod
    def _floor(least: float) -> float:
        power = 10.0 ** math.floor(math.log10(least))
        return max(step * power for step in (1, 2, 5) if step * power <= least)

    def wrong(self, prediction_id: str, decision: Row) -> bool | None:
        """Judged by the latest of the highest source, once a verdict for an audit is there."""
        said = self.predictions[prediction_id]
        rows = [v for v in self.t.verdicts if v.crop_id == said.crop_id and self.known(v.known_at)]
        blind = [v for v in rows if v.source != "customer" and self._blind(v)]
        if not blind:
            return None
        for source in ("customer", "expert", "crowd"):
            holding = [
                v for v in ([v for v in rows if v.source == "customer"] if source == "customer" else blind)
                if v.source == source and v.valid_at <= said.created_at
            ]  # fmt: skip
            last = max(holding, key=lambda v: (v.known_at, v.verdict_id), default=None)
            if last is not None and last.outcome != "withdrawn":
                kind = self.kind_of(prediction_id)
                return plain(kind, last.outcome, last.text) != plain(kind, said.outcome, said.text)
        return None

    def _blind(self, verdict: Row) -> bool:
        purpose = json.loads(verdict.evidence).get("purpose")
        purposes = {
            task.purpose for task in self.t.tasks if task.crop_id == verdict.crop_id and task.task_id in self.voted
        }
        return purpose == "audit" if purpose else purposes == {"audit"}

    # Work

    def votes(self, purposes: tuple[str, ...], *, valid: bool = False) -> list[Row]:
        found = []
        for vote in self.t.votes:
            task = self.tasks[vote.task_id]
            in_time = self.within(vote.at if task.purpose == "gold" else task.created_at)
            if task.purpose in purposes and self.here(task.batch_id) and in_time and self.known(vote.at):
                found.append(vote)
        return [vote for vote in found if not (valid and vote.token in self.voided)]

    def work(self, kind: str) -> dict[str, float]:
        votes = [
            vote
            for vote in self.votes(("production", "audit", "gold"))
            if kind in (self.tasks[vote.task_id].kind, "all")
        ]
        return {
            "tasks": len({vote.task_id for vote in votes}), "votes": len(votes),
            "voided": sum(vote.token in self.voided for vote in votes),
            "seconds": sum(vote.seconds for vote in votes), "keystrokes": sum(vote.keystrokes for vote in votes),
        }  # fmt: skip

    def agreement(self, kind: str) -> dict[str, Any]:
        by_task: dict[str, list[Row]] = defaultdict(list)
        for vote in sorted(self.votes(("production", "audit"), valid=True), key=lambda vote: (vote.at, vote.token)):
            if kind in (self.tasks[vote.task_id].kind, "all"):
                by_task[vote.task_id].append(vote)
        pairs = agreed = beside = with_machine = 0
        answers: list[list[Any]] = []
        for task_id, votes in by_task.items():
            task = self.tasks[task_id]
            # A person who voted twice stands where they stood first, with what they said last.
            order = list(dict.fromkeys(vote.person_id for vote in votes))
            last = {vote.person_id: plain(task.kind, vote.outcome, vote.text) for vote in votes}
            of_kind = [last[person] for person in order]
            machine = self.predictions[task.prediction_id]
            if machine.outcome != "unaligned":
                beside += 1
                with_machine += of_kind[0] == plain(task.kind, machine.outcome, machine.text)
            if len(of_kind) > 1:
                pairs, agreed = pairs + 1, agreed + (of_kind[0] == of_kind[1])
                answers.append(of_kind)
        return {
            "pairs": pairs, "agreed": agreed, "beside_machine": beside, "with_machine": with_machine,
            "alpha": alpha(answers),
        }  # fmt: skip

    def gold(self) -> tuple[int, int]:
        votes = [
            vote for vote in self.t.votes if self.tasks[vote.task_id].purpose == "gold" and self.within(vote.at)
        ]  # fmt: skip
        known = {row.crop_id: row for row in self.t.gold}
        right = 0
        for vote in votes:
            task = self.tasks[vote.task_id]
            truth = known[task.crop_id]
            right += plain(task.kind, vote.outcome, vote.text) == plain(task.kind, truth.outcome, truth.text)
        return len(votes), right

    # The line, verdicts, records

    def line(self, now: str) -> dict[str, Any]:
        slots = [slot for slot in self.t.slots if self.here(self.tasks[slot.task_id].batch_id)]
        ages = [seconds(slot.waits_since, now) for slot in slots]
        return {
            "tasks": len({slot.task_id for slot in slots}), "votes": len(slots),
            "leased": sum(slot.free_from > now for slot in slots),
            "overdue": sum(slot.target_at < now for slot in slots),
            "oldest_age_s": max(ages, default=None), "median_age_s": float(np.median(ages)) if ages else None,
        }  # fmt: skip

    def settling(self) -> dict[str, Any]:
        crops = {self.predictions[prediction].crop_id for prediction in self.fields}
        rows = [row for row in self.t.verdicts if row.crop_id in crops and self.known(row.known_at)]
        waits = []
        for prediction, decision in self.fields.items():
            crop = self.predictions[prediction].crop_id
            known = [row.known_at for row in rows if row.crop_id == crop and row.source != "customer"]
            if known:
                waits.append(seconds(decision.created_at, min(known)))
        found: dict[str, Any] = dict.fromkeys(("crowd", "expert", "customer"), 0) | Counter(r.source for r in rows)
        median, p90 = np.quantile(waits, [0.5, 0.9]) if waits else (None, None)
        return found | {"median_s": median, "p90_s": p90}

    def records(self) -> dict[str, int]:
        happened = {
            (event.event, event.batch_id, event.scan_no, event.page_no)
            for event in self.t.record_events
            if self.here(event.batch_id) and self.within(event.at)
        }
        return dict(Counter(name for name, *_ in happened))


def plain(kind: str, outcome: str, text: str) -> tuple[str, str]:
    """What counts of an answer, for the few texts that occur."""
    if kind == "checkbox" and outcome == "blank":
        return "text", "no"
    true, wrong, otherwise = TEXTS[kind]
    return outcome, {wrong: wrong, true: true, otherwise: true}[text] if text else ""


def alpha(units: list[list[Any]]) -> float | None:
    """Krippendorff's alpha by its coincidence matrix, as his book has it."""
    matrix: Counter[tuple[Any, Any]] = Counter()
    for unit in units:
        for i, one in enumerate(unit):
            for j, other in enumerate(unit):
                if i != j:
                    matrix[one, other] += 1 / (len(unit) - 1)  # type: ignore[assignment]
    totals: Counter[Any] = Counter()
    for (one, _), count in matrix.items():
        totals[one] += count
    n = sum(totals.values())
    expected = sum(totals[a] * totals[b] for a in totals for b in totals if a != b)
    observed = sum(count for (a, b), count in matrix.items() if a != b)
    return 1 - (n - 1) * observed / expected if expected else None


def seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
