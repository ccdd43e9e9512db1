"""The values of who is told and who may ask."""

from dataclasses import dataclass, field
from typing import Literal

from serving.ledger.statement import RecordEvent

State = Literal["delivered", "failed", "dead", "again"]
"""How a message stands after an attempt: it arrived; it will be tried again; it will not; somebody had it revived."""


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A receiver: its address, the record events that it is told, whether with values, and the secret that signs.

    It is told what happened after the record event with number `since`.
    """

    hook_id: str
    url: str
    events: tuple[str, ...]
    with_values: bool
    secret: str = field(repr=False)
    since: int
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One record event for one receiver: `seq` is the event's number, `tries` how often it was tried in vain.

    `next_at` is when it may be tried again; "" for at once.
    """

    seq: int
    event: RecordEvent
    tries: int
    next_at: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Messages of a receiver, counted; `last` is what was said of the last attempt."""

    delivered: int
    waiting: int
    dead: int
    last: str


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key of the HTTP API, without its secret: that is known to its holder alone."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    hash: str = field(repr=False)
    created_at: str
    ended_at: str | None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was answered to a request, and the digest of what was asked."""

    digest: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class BatchLine:
    """A batch in one line. `complete` counts records that ever were, `reopened` those that now wait to leave again."""

    batch_id: str
    started_at: str
    finished_at: str | None
    pages: int
    complete: int
    reopened: int


@dataclass(frozen=True, kw_only=True)
class Happened:
    """A record event with its number, and of which page it tells."""

    seq: int
    event: RecordEvent
    page_id: str
    scan: str
    form: str | None
