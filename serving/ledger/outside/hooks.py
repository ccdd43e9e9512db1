"""Receivers of messages, and what became of each message, in SQL."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select

from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert as insert_once
from serving.ledger.outside.values import Hook, Message, Standing, State
from serving.ledger.schema.outside import hook_attempts, hook_ends, hooks
from serving.ledger.schema.truth import record_events
from serving.ledger.truth_rows import event_of


class Hooks:
    """Receivers and their messages, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, hook_id: str, url: str, events: Sequence[str], with_values: bool, secret: str) -> Hook:
        """File a receiver; it is told what happens from now on."""
        since = self._connection.scalar(select(func.coalesce(func.max(record_events.c.seq), 0)))
        row = {
            "hook_id": hook_id,
            "url": url,
            "events": json.dumps(list(events)),
            "with_values": int(with_values),
            "secret": secret,
            "since": since,
            "created_at": utc_now(),
        }
        self._connection.execute(insert(hooks), row)
        return next(hook for hook in self.all() if hook.hook_id == hook_id)

    def end(self, hook_id: str, reason: str) -> None:
        """Tell a receiver nothing any more; again is harmless."""
        row = {"hook_id": hook_id, "reason": reason, "at": utc_now()}
        self._connection.execute(insert_once(self._connection, hook_ends).on_conflict_do_nothing(), row)

    def all(self) -> list[Hook]:
        """The receivers that have not ended, oldest first."""
        ended = select(hook_ends.c.hook_id)
        rows = self._connection.execute(
            select(hooks).where(hooks.c.hook_id.not_in(ended)).order_by(hooks.c.created_at, hooks.c.hook_id)
        )
        return [_hook_of(row) for row in rows]

    def waiting(self, hook: Hook) -> Iterator[Message]:
        """What has not arrived at a receiver and is not given up, in the order in which it happened."""
        for row in self._connection.execute(_with_state(hook).where(_open()).order_by(record_events.c.seq)):
            yield _message_of(row)

    def dead(self, hook: Hook) -> list[Message]:
        """What was given up, in the order in which it happened."""
        query = _with_state(hook).where(hook_attempts.c.state == "dead").order_by(record_events.c.seq)
        return [_message_of(row) for row in self._connection.execute(query)]

    def attempt(
        self, hook: Hook, message: Message, state: State, *, tries: int, detail: str, next_at: str | None = None
    ) -> None:
        """Note how a message stands now."""
        row = {
            "hook_id": hook.hook_id,
            "event_seq": message.seq,
            "state": state,
            "tries": tries,
            "detail": detail,
            "next_at": next_at,
            "at": utc_now(),
        }
        self._connection.execute(insert(hook_attempts), row)

    def standing(self, hook: Hook) -> Standing:
        """The messages of a receiver, counted."""
        told = _with_state(hook).subquery()
        rows = self._connection.execute(select(told.c.state, func.count()).group_by(told.c.state))
        counts: dict[str | None, int] = {row[0]: row[1] for row in rows}
        last = select(hook_attempts.c.detail).where(hook_attempts.c.hook_id == hook.hook_id)
        return Standing(
            delivered=counts.pop("delivered", 0),
            dead=counts.pop("dead", 0),
            waiting=sum(counts.values()),
            last=self._connection.scalar(last.order_by(hook_attempts.c.seq.desc()).limit(1)) or "",
        )


def _with_state(hook: Hook) -> Select[Any]:
    """What a receiver is to be told, each with its last attempt where there was one."""
    newer = hook_attempts.alias("newer")
    last = (
        select(func.max(newer.c.seq))
        .where(newer.c.hook_id == hook.hook_id, newer.c.event_seq == record_events.c.seq)
        .correlate(record_events)
        .scalar_subquery()
    )
    return (
        select(record_events, hook_attempts.c.state, hook_attempts.c.tries, hook_attempts.c.next_at)
        .select_from(record_events)
        .outerjoin(hook_attempts, hook_attempts.c.seq == last)
        .where(record_events.c.seq > hook.since, record_events.c.event.in_(hook.events))
    )


def _open():  # type: ignore[no-untyped-def]  # a condition
    return or_(hook_attempts.c.state.is_(None), hook_attempts.c.state.in_(("failed", "again")))


def _hook_of(row: Any) -> Hook:
    return Hook(
        hook_id=row.hook_id,
        url=row.url,
        events=tuple(json.loads(row.events)),
        with_values=bool(row.with_values),
        secret=row.secret,
        since=row.since,
        created_at=row.created_at,
    )


def _message_of(row: Any) -> Message:
    return Message(seq=row.seq, event=event_of(row), tries=row.tries or 0, next_at=row.next_at or "")
