"""Trials and their pairs, in SQL."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select
from sqlalchemy import exists as exists_

from serving.ledger import schema
from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.ids import digest
from serving.ledger.plain import canonical
from serving.ledger.queries import CHUNK
from serving.ledger.schema.trials import trial_ends, trial_pairs, trials
from serving.ledger.succession import Succession
from serving.ledger.trial import Due, End, Trial, TrialPair, TrialVote


class TrialRows:
    """Trials, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def line(self) -> Succession:
        """The line of succession, within this transaction."""
        return Succession(self._connection)

    # Trials

    def start(
        self, *, scope: str, challenger: str, champion: str, champion_seq: int, watches: int,
        settings: Mapping[str, Any], by: str, note: str,
    ) -> Trial:  # fmt: skip
        """Add a trial, or give the one that runs already with these two models under this activation."""
        same = [each for each in self.all() if (each.scope, each.challenger, each.champion_seq, each.watches)
                == (scope, challenger, champion_seq, watches)]  # fmt: skip
        running = next((each for each in same if each.runs), None)
        if running is not None:
            return running
        row = {
            "trial_id": digest("trial", scope, challenger, champion_seq, watches, len(same)),
            "scope": scope, "challenger": challenger, "champion": champion, "champion_seq": champion_seq,
            "watches": watches, "settings": canonical(dict(settings)), "by": by, "note": note, "at": utc_now(),
        }  # fmt: skip
        self._connection.execute(insert(self._connection, trials).on_conflict_do_nothing(), row)
        found = self.find(str(row["trial_id"]))
        assert found is not None
        return found

    def end(
        self, trial_id: str, outcome: End, *, by: str, reason: str, finding: Mapping[str, Any], activation_seq: int = 0
    ) -> bool:
        """Note how a trial ended; False where it had ended before."""
        row = {
            "trial_id": trial_id, "outcome": outcome, "by": by, "reason": reason,
            "finding": canonical(dict(finding)), "activation_seq": activation_seq, "at": utc_now(),
        }  # fmt: skip
        statement = insert(self._connection, trial_ends).on_conflict_do_nothing().returning(trial_ends.c.trial_id)
        return self._connection.scalar(statement, row) is not None

    def all(self) -> tuple[Trial, ...]:
        """Every trial, oldest first."""
        return tuple(_trial_of(row) for row in self._connection.execute(_TRIALS))

    def running(self) -> tuple[Trial, ...]:
        """Those that have not ended."""
        return tuple(each for each in self.all() if each.runs)

    def find(self, trial_id: str) -> Trial | None:
        """The trial of an id."""
        row = self._connection.execute(_TRIALS.where(trials.c.trial_id == trial_id)).one_or_none()
        return None if row is None else _trial_of(row)

    # What is to be read

    def batches(self, since: str) -> list[tuple[str, bool]]:
        """Batches of production that may hold readings made since: (batch_id, finished)."""
        batches, events = schema.batches, schema.batch_events
        ended = events.c.batch_id == batches.c.batch_id, events.c.event == "finished"
        finished, before = exists_().where(*ended), exists_().where(*ended, events.c.at < since)
        query = select(batches.c.batch_id, finished.label("finished")).where(batches.c.purpose == "production", ~before)
        return [(row.batch_id, bool(row.finished)) for row in self._rows(query.order_by(batches.c.seq))]

    def read_since(self, batch_id: str, since: str, bundle_id: str) -> list[Due]:
        """What a model read for a batch since a time, in the order of its pages and fields."""
        fields, said, cut = schema.batch_fields, schema.predictions, schema.page_fields
        query = _due().where(
            fields.c.batch_id == batch_id, said.c.bundle_id == bundle_id, said.c.created_at >= since
        ).order_by(fields.c.scan_no, fields.c.page_no, cut.c.position)  # fmt: skip
        return [_due_of(row) for row in self._rows(query)]

    def gold(self, bundle_id: str) -> list[Due]:
        """What a model read, in production, of crops whose answer is known."""
        query = _due().where(
            schema.predictions.c.bundle_id == bundle_id,
            exists_().where(schema.gold.c.crop_id == schema.predictions.c.crop_id),
        )
        return [_due_of(row) for row in self._rows(query.order_by(schema.predictions.c.prediction_id))]

    # Pairs

    def add_pairs(self, trial_id: str, pairs: Iterable[TrialPair]) -> None:
        """File pairs; a crop that has one in this trial keeps it."""
        now = utc_now()
        rows = [{"trial_id": trial_id, "at": now, **vars(pair)} for pair in pairs]
        if rows:
            self._connection.execute(insert(self._connection, trial_pairs).on_conflict_do_nothing(), rows)

    def pairs(self, trial_id: str) -> tuple[TrialPair, ...]:
        """The pairs of a trial in the order in which they came, without those of erased crops."""
        query = select(trial_pairs).where(trial_pairs.c.trial_id == trial_id, ~_erased(trial_pairs.c.crop_id))
        names = TrialPair.__dataclass_fields__
        return tuple(
            TrialPair(**{name: getattr(row, name) for name in names})
            for row in self._rows(query.order_by(trial_pairs.c.seq))
        )

    def paired(self, trial_id: str) -> set[str]:
        """The crops of a trial's pairs."""
        query = select(trial_pairs.c.crop_id).where(trial_pairs.c.trial_id == trial_id)
        return set(self._connection.scalars(query))

    def votes(self, crop_ids: Collection[str], purposes: Collection[str]) -> list[TrialVote]:
        """What counts of what people keyed of these crops, asked for these purposes."""
        tasks, votes, ids = schema.tasks, schema.votes, list(dict.fromkeys(crop_ids))
        void = exists_().where(schema.vote_voids.c.token == votes.c.token)
        query = (
            select(tasks.c.crop_id, votes.c.person_id, votes.c.outcome, votes.c.text)
            .join(tasks, tasks.c.task_id == votes.c.task_id)
            .where(tasks.c.purpose.in_(purposes), ~void)
            .order_by(votes.c.token)
        )
        found: list[TrialVote] = []
        for start in range(0, len(ids), CHUNK):
            rows = self._rows(query.where(tasks.c.crop_id.in_(ids[start : start + CHUNK])))
            found += [TrialVote(crop_id=row.crop_id, person=row.person_id, outcome=row.outcome, text=row.text)
                      for row in rows]  # fmt: skip
        return found

    def known(self, crop_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Outcome and text of the gold among these crops."""
        gold, ids, found = schema.gold, list(dict.fromkeys(crop_ids)), dict[str, tuple[str, str]]()
        for start in range(0, len(ids), CHUNK):
            for row in self._rows(select(gold).where(gold.c.crop_id.in_(ids[start : start + CHUNK]))):
                found[row.crop_id] = row.outcome, row.text
        return found

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return list(self._connection.execute(query))


_TRIALS = (
    select(
        trials, trial_ends.c.outcome, trial_ends.c.by.label("ended_by"), trial_ends.c.reason, trial_ends.c.finding,
        trial_ends.c.activation_seq, trial_ends.c.at.label("ended_at"),
    )
    .outerjoin(trial_ends, trial_ends.c.trial_id == trials.c.trial_id)
    .order_by(trials.c.seq)
)  # fmt: skip


def _trial_of(row: Row[Any]) -> Trial:
    own = {column.name: getattr(row, column.name) for column in trials.c if column.name != "settings"}
    ended = {} if row.outcome is None else {
        "outcome": row.outcome, "ended_by": row.ended_by, "reason": row.reason, "finding": json.loads(row.finding),
        "activation_seq": row.activation_seq, "ended_at": row.ended_at,
    }  # fmt: skip
    return Trial(**own, settings=json.loads(row.settings), **ended)


def _due() -> Select[Any]:
    """Readings that production used of fields that were found and not erased since."""
    fields, said, filed, cut = schema.batch_fields, schema.predictions, schema.batch_pages, schema.page_fields
    place = [filed.c[name] == fields.c[name] for name in ("batch_id", "scan_no", "page_no")]
    return (
        select(said.c.prediction_id, said.c.crop_id, cut.c.kind)
        .select_from(fields)
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(filed, and_(*place))
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == fields.c.field))
        .where(said.c.purpose == "production", said.c.outcome != "unaligned", ~_erased(said.c.crop_id))
    )


def _due_of(row: Row[Any]) -> Due:
    return Due(prediction_id=row.prediction_id, crop_id=row.crop_id, kind=row.kind)


def _erased(crop_id: Any) -> Any:
    return exists_().where(schema.erased.c.table_name == "crops", schema.erased.c.row_key == crop_id)
