"""The routes of the API, version 1. The review server mounts them: `create_app(office, routers=[api_router(ledger)])`.

    POST /api/v1/corrections        what a customer knows better, as JSON
    GET  /api/v1/records            what happened to records since: completed, reopened, corrected, erased
    GET  /api/v1/records/PAGE_ID    a record as it is believed now
    GET  /api/v1/truth?field=       all that was said of a field

A key comes with each request: `Authorization: Bearer KEY`.
"""

from collections.abc import Callable
from math import ceil
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from serving.api.answers import HELD_BACK_S, record, since, truth
from serving.api.corrections import body_of, request_key, take
from serving.api.keys import Caller, caller
from serving.api.problem import Problem, ProblemRoute
from serving.api.rate import Buckets, Rate
from serving.ledger import Ledger
from serving.webhook.hook import EVENTS

PREFIX = "/api/v1"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MOST_EVENTS = 500
LARGEST_INTEGER = 2**63 - 1
NORMAL = Rate()

Word = Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]+$")]


def api_router(ledger: Ledger, *, held_back_s: float = HELD_BACK_S, rate: Rate = NORMAL) -> APIRouter:
    """The router of the API on a ledger; events younger than `held_back_s` seconds are told a moment later. Each key
    may ask at this `rate`."""
    router = APIRouter(prefix=PREFIX, route_class=ProblemRoute, include_in_schema=False)
    may = needing(ledger, Buckets(rate=rate))

    @router.post("/corrections")
    async def corrections(request: Request, by: Annotated[Caller, Depends(may("correct"))]) -> Response:
        name, body = request_key(request), await body_of(request)
        answer, again = await run_in_threadpool(take, ledger, by, name, body)
        headers = {"Cache-Control": "no-store"} | ({"Idempotency-Replayed": "true"} if again else {})
        return Response(answer, headers=headers, media_type="application/json")

    @router.get("/records")
    def records(
        by: Annotated[Caller, Depends(may("read"))],
        after: Annotated[int, Query(ge=0, le=LARGEST_INTEGER)] = 0,
        events: Annotated[str, Query(max_length=100)] = "completed",
        limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100,
    ) -> Response:
        return _json(since(ledger, _events(events), after, limit, held_back_s))

    @router.get("/records/{page_id}")
    def one_record(
        by: Annotated[Caller, Depends(may("read"))], page_id: str, batch_id: Word = None, incomplete: bool = False
    ) -> Response:
        if "\x00" in page_id:
            raise Problem(404, "there is no such page")
        return _json(record(ledger, by, page_id, batch_id, incomplete=incomplete))

    @router.get("/truth")
    def truth_of_field(
        by: Annotated[Caller, Depends(may("read"))],
        field: Annotated[str, Query(max_length=1000, pattern=r"^[^\x00]+$")],
        batch_id: Word = None,
        known_at: Word = None,
        valid_at: Word = None,
    ) -> Response:
        return _json(truth(ledger, by, field, batch_id, known_at, valid_at))

    @router.api_route("/{path:path}", methods=METHODS)
    def nothing(path: str) -> Response:
        raise Problem(404, f"there is nothing here - mend: {PREFIX}/corrections, /records, /records/PAGE_ID, /truth")

    return router


def needing(ledger: Ledger, buckets: Buckets) -> Callable[[str], Callable[[Request], Caller]]:
    """Gives, for a scope, the check that a request's key is for it, and does not ask too often."""

    def needing(scope: str) -> Callable[[Request], Caller]:
        def check(request: Request) -> Caller:
            kind, _, text = request.headers.get("authorization", "").partition(" ")
            found = caller(ledger, text.strip()) if kind.lower() == "bearer" else None
            if found is None:
                bearer = {"WWW-Authenticate": 'Bearer realm="penfield"'}
                raise Problem(401, "no key that opens this - mend: Authorization: Bearer KEY", headers=bearer)
            if wait_s := buckets.wait_s(found.key.key_id):
                after = {"Retry-After": str(ceil(wait_s))}
                raise Problem(429, "this key asks too often - mend: go on after Retry-After seconds", headers=after)
            if not found.may(scope):
                raise Problem(403, f"this key is not for {scope} - mend: penfield key add NAME --scopes {scope}")
            return found

        return check

    return needing


def _events(text: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in found if name not in EVENTS]:
        raise Problem(422, f"no such events ({len(unknown)}) - mend: {', '.join(EVENTS)}")
    return found


def _json(said: dict[str, Any]) -> Response:
    return JSONResponse(said, headers={"Cache-Control": "no-store"})
