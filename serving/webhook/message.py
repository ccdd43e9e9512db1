"""What a receiver is told of a record."""

import json
from dataclasses import dataclass
from typing import Any

from serving.export.leave import leave
from serving.export.record import Record, plain_field, record_at
from serving.ledger import Ledger, digest
from serving.ledger.outside import Hook, Message
from serving.ledger.statement import RecordEvent

VALUE = ("value", "outcome", "source", "confidence")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message as it is posted; `message_id` is the same each time that it is tried."""

    message_id: str
    body: bytes


def letter_of(ledger: Ledger, hook: Hook, message: Message) -> Letter:
    """The letter about a record event: ids and status as they are now, and, where the receiver gets them, the values.

    Values are those believed now, only of complete records, sensitive ones masked; that they leave is noted first.
    """
    event = message.event
    record = record_at(ledger, event.record)
    data = _place(record) | {"complete": record.is_complete}
    if event.event == "reopened":
        data["fields"] = list(event.facts.get("fields", ()))
    if hook.with_values and record.is_complete:
        leave(ledger, [record])
        data["values"] = {item.use.field: _value(plain_field(item, mask=True)) for item in record.items}
    return Letter(message_id=message_id(message), body=_json(f"record.{event.event}", event.at, data))


def ping(at: str) -> bytes:
    """The body of a message that tells nothing but that it arrives."""
    return _json("ping", at, {})


def message_id(message: Message) -> str:
    """The id of a message: of what happened to which record, and when. A receiver may see it twice, and then knows."""
    event: RecordEvent = message.event
    return "msg_" + digest("message", event.record, event.event, event.at, message.seq)


def _place(record: Record) -> dict[str, Any]:
    page = record.plain_page()
    return {"batch_id": record.batch_id} | {name: page[name] for name in ("page_id", "scan", "page", "form", "status")}


def _value(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: plain[name] for name in VALUE}


def _json(kind: str, at: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False).encode()
