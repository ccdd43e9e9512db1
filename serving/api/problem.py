"""What went wrong, as RFC 9457 has it: `application/problem+json`. Neither it nor the log repeats a value."""

import json
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from recognizer.errors import LedgerError, PenfieldError

log = logging.getLogger(__name__)

TYPE = "application/problem+json"
RETRY_AFTER_S = "5"


class Problem(Exception):
    """A request that is not granted: HTTP's status, what is wrong, where in the request, further headers."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, dict(headers or {})

    @property
    def response(self) -> Response:
        """The problem as an answer."""
        title = HTTPStatus(self.status).phrase
        said: dict[str, Any] = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}
        if self.errors:
            said["errors"] = list(self.errors)
        headers = {"Cache-Control": "no-store"} | self.headers
        return Response(json.dumps(said, ensure_ascii=False), self.status, headers, media_type=TYPE)


class ProblemRoute(APIRoute):
    """A route whose failures are problems, wherever it is mounted."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with everything that it raises turned into an answer."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                return _problem(error).response

        return told


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        errors = [{"parameter": str(one["loc"][-1]), "detail": str(one["msg"])} for one in error.errors()]
        return Problem(422, "parameters make no sense", errors=errors)
    if isinstance(error, HTTPException):
        return Problem(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, LedgerError):
        log.warning("the ledger did not answer: %s", type(error).__name__)
        detail = "the ledger cannot be reached; the same request can be sent again"
        return Problem(503, detail, headers={"Retry-After": RETRY_AFTER_S})
    if isinstance(error, PenfieldError):
        return Problem(422, str(error))
    log.error("a request to the API failed: %s", type(error).__name__)
    return Problem(500, "this should not happen; the same request can be sent again")
