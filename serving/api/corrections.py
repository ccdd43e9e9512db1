"""Corrections as they are posted: read within limits, checked, filed once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from secrets import token_bytes
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from serving.api.keys import Caller
from serving.api.problem import Problem
from serving.ledger import Ledger
from serving.ledger.outside import Receipt
from serving.truth.correct import RowsRefused, correct, rows_of
from serving.truth.csv_file import PLACES

LARGEST = 1 << 20
"""Bytes of a request."""
MOST_ROWS = 1000
MOST_ERRORS = 100
LONGEST_REQUEST_KEY = 255

Line = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Id = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00]*$")]


class CorrectionIn(BaseModel):
    """One correction. It names its field by scan, page and field, or by crop_id, or by prediction_id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scan: Line = ""
    page: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    field: Id = ""
    crop_id: Id = ""
    prediction_id: Id = ""
    value: Annotated[Line, Field()]
    outcome: Id = ""
    valid_at: Id = ""
    reason: Line = ""

    @model_validator(mode="after")
    def _names_a_field(self) -> "CorrectionIn":
        given = {name for name in ("scan", "page", "field", "crop_id", "prediction_id") if getattr(self, name)}
        if given not in [set(place) for place in PLACES]:
            raise ValueError("name the field by scan, page and field, or by crop_id, or by prediction_id alone")
        return self

    @property
    def cells(self) -> Mapping[str, str]:
        """The correction as the row of a file would have it."""
        return {name: "" if value is None else str(value) for name, value in self}


class CorrectionsIn(BaseModel):
    """What is posted. `any_value` takes values that break the rules of their field: they stand there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corrections: Annotated[tuple[CorrectionIn, ...], Field(min_length=1, max_length=MOST_ROWS)]
    batch_id: Id | None = None
    any_value: Annotated[bool, Field(strict=True)] = False


async def body_of(request: Request) -> bytes:
    """The body of a request. Raises Problem where it is no JSON by its header, or too large; then it is not read on."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "corrections are JSON - mend: Content-Type: application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Problem(413, f"more than {LARGEST:,} bytes - mend: several requests", headers={"Connection": "close"})
    return bytes(body)


def request_key(request: Request) -> str:
    """The header Idempotency-Key; "" without one. Raises Problem."""
    found = request.headers.get("idempotency-key", "").strip()
    if len(found) > LONGEST_REQUEST_KEY:
        raise Problem(400, f"Idempotency-Key is longer than {LONGEST_REQUEST_KEY} characters - mend: a UUID")
    return found


def take(ledger: Ledger, caller: Caller, name: str, body: bytes) -> tuple[str, bool]:
    """File what was posted; the answer in JSON, and whether it is that of an earlier request of the same name.

    Without a name each request is one of its own; corrections that say nothing new are harmless all the same. The
    receipt holds counts and digests that take the key's secret: nothing in it has to be erased. Raises Problem.
    """
    wanted = _parsed(body)
    if not name:
        return _filed(ledger, wanted, caller, caller.digest(token_bytes(16), body)), False
    named, digest = caller.digest(b"request", name.encode()), caller.digest(name.encode(), body)
    before = _receipt(ledger, caller, named)
    if before is None:
        receipt = Receipt(digest=digest, answer=_filed(ledger, wanted, caller, digest))
        with ledger.outside() as outside:
            outside.keys.add_receipt(caller.key.key_id, named, receipt)
        before = _receipt(ledger, caller, named)  # that of another process, where it was first
        if before == receipt:
            return receipt.answer, False
    assert before is not None
    if before.digest != digest:
        raise Problem(422, "this Idempotency-Key came with other corrections before - mend: a new one for each request")
    return before.answer, True


def _receipt(ledger: Ledger, caller: Caller, named: str) -> Receipt | None:
    with ledger.outside_to_read() as outside:
        return outside.keys.receipt(caller.key.key_id, named)


def _parsed(body: bytes) -> CorrectionsIn:
    try:
        return CorrectionsIn.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        errors = [
            {"pointer": "".join(f"/{step}" for step in one["loc"]), "detail": one["msg"]} for one in found[:MOST_ERRORS]
        ]
        if found[0]["type"] == "json_invalid":
            raise Problem(400, "the body is not JSON", errors=errors) from None
        raise Problem(422, "nothing was filed: the body is not what corrections look like", errors=errors) from None


def _filed(ledger: Ledger, wanted: CorrectionsIn, caller: Caller, digest: str) -> str:
    rows = rows_of(_numbered(wanted))
    try:
        done = correct(
            ledger, rows, by=f"{caller.key.name}:{digest[:12]}", batch_id=wanted.batch_id, any_value=wanted.any_value
        )
    except RowsRefused as error:
        errors = [
            {"pointer": f"/corrections/{line}", "detail": why} for of, why in error.complaints for line in of
        ]  # fmt: skip
        raise Problem(422, "nothing was filed: corrections make no sense", errors=errors[:MOST_ERRORS]) from None
    return json.dumps(asdict(done))


def _numbered(wanted: CorrectionsIn) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, one in enumerate(wanted.corrections):
        yield number, one.cells
