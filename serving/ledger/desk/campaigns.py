"""Campaigns on platforms for crowd work, and the visits of their workers, in SQL."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, select

from serving.ledger.desk.insert import insert
from serving.ledger.plain import canonical
from serving.ledger.schema.crowds import campaign_ends, campaigns, visit_ends, visits

_CAMPAIGNS = (
    select(
        campaigns,
        campaign_ends.c.at.label("ended_at"),
        func.count(visits.c.visit_id).label("visits"),
        func.sum(case((visit_ends.c.reason == "done", 1), else_=0)).label("done"),
        func.sum(func.coalesce(visit_ends.c.fields, 0)).label("answered"),
    )
    .select_from(campaigns)
    .outerjoin(campaign_ends, campaign_ends.c.campaign_id == campaigns.c.campaign_id)
    .outerjoin(visits, visits.c.campaign_id == campaigns.c.campaign_id)
    .outerjoin(visit_ends, visit_ends.c.visit_id == visits.c.visit_id)
    .group_by(*campaigns.c, campaign_ends.c.at)
    .order_by(campaigns.c.at)
)
_VISIT = (
    select(visits, visit_ends.c.reason, visit_ends.c.fields)
    .outerjoin(visit_ends, visit_ends.c.visit_id == visits.c.visit_id)
    .where(visits.c.visit_id == bindparam("visit"))
)


class Campaigns:
    """Campaigns and visits, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, campaign_id: str, name: str, facts: Mapping[str, Any], now: str) -> bool:
        """Add a campaign; False where one has that name."""
        row = {"campaign_id": campaign_id, "name": name, "facts": canonical(facts), "at": now}
        statement = insert(self._connection, campaigns).on_conflict_do_nothing().returning(campaigns.c.campaign_id)
        return self._connection.scalar(statement, row) is not None

    def all(self) -> list[tuple[Row[Any], dict[str, Any]]]:
        """All campaigns with their facts and how their visits stand, the oldest first."""
        return [(row, json.loads(row.facts)) for row in self._connection.execute(_CAMPAIGNS)]

    def with_id(self, campaign_id: str) -> tuple[Row[Any], dict[str, Any]] | None:
        """One campaign."""
        row = self._connection.execute(_CAMPAIGNS.where(campaigns.c.campaign_id == campaign_id)).one_or_none()
        return None if row is None else (row, json.loads(row.facts))

    def end(self, campaign_id: str, now: str) -> None:
        """Let nobody in any more; again is harmless."""
        row = {"campaign_id": campaign_id, "at": now}
        self._connection.execute(insert(self._connection, campaign_ends).on_conflict_do_nothing(), row)

    def visits(self, campaign_id: str, worker: str) -> dict[str, str]:
        """The visits of a worker by session."""
        query = select(visits.c.session, visits.c.visit_id).where(
            visits.c.campaign_id == campaign_id, visits.c.worker == worker
        )
        return {row.session: row.visit_id for row in self._connection.execute(query)}

    def begin(self, visit_id: str, campaign_id: str, worker: str, session: str, person_id: str, now: str) -> None:
        """Add a visit; one that is there stays."""
        row = {
            "visit_id": visit_id, "campaign_id": campaign_id, "worker": worker, "session": session,
            "person_id": person_id, "at": now,
        }  # fmt: skip
        self._connection.execute(insert(self._connection, visits).on_conflict_do_nothing(), row)

    def visit(self, visit_id: str) -> Row[Any] | None:
        """A visit, with `reason` and `fields` of its end (None while it goes on)."""
        return self._connection.execute(_VISIT, {"visit": visit_id}).one_or_none()

    def end_visit(self, visit_id: str, reason: str, fields: int, now: str) -> None:
        """Note how a visit ended; the first end counts."""
        row = {"visit_id": visit_id, "reason": reason, "fields": fields, "at": now}
        self._connection.execute(insert(self._connection, visit_ends).on_conflict_do_nothing(), row)
