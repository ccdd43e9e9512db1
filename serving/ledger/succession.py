"""Which models there are and which of them answers, in SQL."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from serving.ledger.activation import Activation, How, ModelParcel, Outrun, Publication
from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.plain import canonical
from serving.ledger.schema.lifecycle import activations, model_deliveries, model_outbox, publications


class Succession:
    """Models and their line of succession, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def publish(self, bundle_id: str, *, by: str, note: str) -> Publication:
        """File a model; one that is filed already keeps its first note."""
        row = {"bundle_id": bundle_id, "by": by, "note": note, "at": utc_now()}
        statement = insert(self._connection, publications).on_conflict_do_nothing().returning(publications.c.seq)
        seq = self._connection.scalar(statement, row)
        if seq is not None:
            self.parcel(f"publication:{seq}", "publication", {"seq": seq})
        return next(each for each in self.published() if each.bundle_id == bundle_id)

    def published(self) -> tuple[Publication, ...]:
        """Every model, oldest first."""
        rows = self._connection.execute(select(publications).order_by(publications.c.seq))
        return tuple(Publication(**row._mapping) for row in rows)

    def activations(self, scope: str | None = None) -> tuple[Activation, ...]:
        """The activations of a scope, or all, oldest first."""
        query = select(activations).order_by(activations.c.seq)
        if scope is not None:
            query = query.where(activations.c.scope == scope)
        return tuple(_activation_of(row) for row in self._connection.execute(query))

    def last(self, scope: str) -> Activation | None:
        """The last activation of a scope; its `bundle_id` is "" where the scope has no model of its own any more."""
        query = select(activations).where(activations.c.scope == scope).order_by(activations.c.seq.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _activation_of(row)

    def champion(self, kind: str = "") -> Activation | None:
        """What made the model that reads fields of this kind the champion: the kind's own, else that of all."""
        own = self.last(kind) if kind else None
        return own if own is not None and own.bundle_id else self.last("")

    def champions(self) -> dict[str, Activation]:
        """The activation under which each scope is read now, by scope, without kinds that have no model of their own.

        One query: what several scopes say belongs to one moment.
        """
        newest = select(func.max(activations.c.seq)).group_by(activations.c.scope)
        rows = self._connection.execute(select(activations).where(activations.c.seq.in_(newest)))
        return {row.scope: _activation_of(row) for row in rows if row.bundle_id}

    def turn(self) -> int:
        """The number of the last activation of any scope, 0 where there is none: it changes when any champion does."""
        return int(self._connection.scalar(select(func.coalesce(func.max(activations.c.seq), 0))) or 0)

    def activate(
        self,
        bundle_id: str,
        *,
        scope: str,
        how: How,
        by: str,
        reason: str,
        evidence: Mapping[str, Any],
        expects: int | None = None,
    ) -> Activation:
        """Add an activation; `bundle_id` "" gives a kind back to the champion of all.

        Raises Outrun where the scope's champion is not the activation with the number `expects` (0: none) any more, or
        another activation of the scope comes in at this moment.
        """
        self._alone()
        before, reads = self.last(scope), self.champion(scope)
        if expects is not None and expects != (reads.seq if reads is not None else 0):
            raise Outrun(_outrun(reads))
        row = {
            "scope": scope,
            "bundle_id": bundle_id or None,
            "replaced": reads.bundle_id if reads is not None else None,
            "replaced_seq": before.seq if before is not None else 0,
            "how": how,
            "by": by,
            "reason": reason,
            "evidence": canonical(evidence),
            "at": utc_now(),
        }
        statement = insert(self._connection, activations).on_conflict_do_nothing().returning(activations.c.seq)
        seq = self._connection.scalar(statement, row)
        if seq is None:
            raise Outrun(_outrun(self.champion(scope)))
        self.parcel(f"activation:{seq}", "activation", {"seq": seq})
        made = self.last(scope)
        assert made is not None and made.seq == seq
        return made

    def _alone(self) -> None:
        """One activation at a time, whatever its scope: SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("penfield activation"))))

    # What MLflow is to be shown

    def parcel(self, key: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Have MLflow told of something that belongs to no batch, once by its key."""
        row = {"key": key, "kind": kind, "payload": canonical(payload), "created_at": utc_now()}
        self._connection.execute(insert(self._connection, model_outbox).on_conflict_do_nothing(), row)

    def challenger(self, key: str, bundle_id: str, *, scope: str = "") -> None:
        """Have MLflow's alias for the challenger of a scope name this bundle, or with "" none; `key` is told once."""
        self.parcel(f"challenger:{key}", "challenger", {"scope": scope, "bundle_id": bundle_id})

    def pending(self, limit: int = 1000) -> list[ModelParcel]:
        """The oldest parcels that have not been delivered."""
        box, done = model_outbox, model_deliveries
        query = select(box).outerjoin(done, done.c.key == box.c.key).where(done.c.key.is_(None)).order_by(box.c.seq)
        return [
            ModelParcel(key=row.key, kind=row.kind, payload=json.loads(row.payload))
            for row in self._connection.execute(query.limit(limit))
        ]

    def delivered(self, keys: Iterable[str]) -> None:
        """Note that these parcels have arrived. Again is harmless."""
        rows = [{"key": key, "at": utc_now()} for key in keys]
        if rows:
            self._connection.execute(insert(self._connection, model_deliveries).on_conflict_do_nothing(), rows)


def _activation_of(row: Any) -> Activation:
    return Activation(
        seq=row.seq,
        scope=row.scope,
        bundle_id=row.bundle_id or "",
        replaced=row.replaced,
        replaced_seq=row.replaced_seq,
        how=row.how,
        by=row.by,
        reason=row.reason,
        evidence=json.loads(row.evidence),
        at=row.at,
    )


def _outrun(reads: Activation | None) -> str:
    if reads is None:
        return "there is no champion any more that was expected - mend: look at `penfield models`"
    where = f"fields of kind {reads.scope}" if reads.scope else "all fields"
    return (
        f"another activation was faster: {reads.bundle_id[:8]} reads {where} since {reads.at[:19]}, by {reads.by} "
        f"({reads.how}); nothing was changed - mend: look at `penfield models`, then decide again"
    )
