"""Keys of the HTTP API, and the receipts of what was asked with them, in SQL."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.outside.values import ApiKey, Receipt
from serving.ledger.schema.outside import api_key_ends, api_keys, api_receipts


class Keys:
    """Keys and receipts, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key_id: str, name: str, scopes: Sequence[str], hash_: str) -> bool:
        """File a key; False where there is one of that name."""
        row = {
            "key_id": key_id, "name": name, "scopes": json.dumps(list(scopes)), "hash": hash_, "created_at": utc_now(),
        }  # fmt: skip
        statement = insert(self._connection, api_keys).on_conflict_do_nothing().returning(api_keys.c.key_id)
        return self._connection.scalar(statement, row) is not None

    def end(self, key_id: str) -> None:
        """Let a key open nothing any more; again is harmless."""
        row = {"key_id": key_id, "at": utc_now()}
        self._connection.execute(insert(self._connection, api_key_ends).on_conflict_do_nothing(), row)

    def all(self) -> list[ApiKey]:
        """Every key by name, those that have ended too."""
        return [_key_of(row) for row in self._connection.execute(_keys().order_by(api_keys.c.name))]

    def find(self, key_id: str) -> ApiKey | None:
        """The key with this id."""
        row = self._connection.execute(_keys().where(api_keys.c.key_id == key_id)).one_or_none()
        return None if row is None else _key_of(row)

    def receipt(self, key_id: str, request: str) -> Receipt | None:
        """What was answered to a request with this key, where it was taken in before."""
        query = select(api_receipts).where(api_receipts.c.key_id == key_id, api_receipts.c.request == request)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Receipt(digest=row.digest, answer=row.answer)

    def add_receipt(self, key_id: str, request: str, receipt: Receipt) -> None:
        """Note what is answered to a request; where another process was first, its receipt stands."""
        row = {
            "key_id": key_id, "request": request, "digest": receipt.digest, "answer": receipt.answer, "at": utc_now(),
        }  # fmt: skip
        self._connection.execute(insert(self._connection, api_receipts).on_conflict_do_nothing(), row)


def _keys() -> Select[Any]:
    ended = api_key_ends.c.at.label("ended_at")
    return select(api_keys, ended).outerjoin(api_key_ends, api_key_ends.c.key_id == api_keys.c.key_id)


def _key_of(row: Any) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        scopes=tuple(json.loads(row.scopes)),
        hash=row.hash,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
