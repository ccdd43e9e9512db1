"""The server: pages for people, and whatever routers others mount beside them."""

import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recognizer.errors import InputError, LedgerError, UsageError
from serving.live import Keeper, no_store
from serving.office import Office
from serving.review import admin, campaign, signing, verify
from serving.review import live as live_view
from serving.review.access import NotSignedIn, Refused, Sessions
from serving.review.pages import FOLDER, HEADERS, page
from serving.review.work import PART, desk_router

log = logging.getLogger(__name__)

TICK_S = 2.0


def create_app(
    office: Office, *, live: Keeper | None = None, routers: Sequence[APIRouter] = (), tick_s: float | None = TICK_S
) -> FastAPI:
    """The review server on an office. While it runs, the office ticks every `tick_s` seconds (None: never). `live`
    keeps the numbers of its live view; without it that page says so."""

    @asynccontextmanager
    async def ticking(_: FastAPI) -> AsyncIterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=_tick, args=(office, tick_s, ended), name="office", daemon=True)
        if tick_s is not None:
            thread.start()
        yield
        ended.set()
        if tick_s is not None:
            thread.join(timeout=10)

    app = FastAPI(title="Penfield", lifespan=ticking, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.office, app.state.sessions = office, Sessions(office.ledger)
    app.state.live = live or Keeper(no_store)
    app.add_middleware(_Headers)
    for router in (signing.router, desk_router("reviewer", "/desk"), desk_router("expert", "/disagreements")):
        app.include_router(router)
    for router in (verify.router, admin.router, live_view.router, campaign.router, *routers):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.add_exception_handler(NotSignedIn, _sign_in)
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(InputError, _not_there)
    app.add_exception_handler(UsageError, _not_now)
    app.add_exception_handler(LedgerError, _away)
    return app


class _Headers:
    """Every answer bears our headers, other routers' too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _sign_in(request: Request, _: Exception) -> Response:
    """To the page to sign in; the script is told by a status that it understands."""
    if request.headers.get(PART):
        return page("message.html", status=401, message="You are signed out. Please load the page again.")
    return RedirectResponse("/sign-in", status_code=303)


def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return page("message.html", status=error.status, message=str(error))


def _not_there(_: Request, error: Exception) -> Response:
    return page("message.html", status=404, message=str(error))


def _not_now(_: Request, error: Exception) -> Response:
    return page("message.html", status=422, message=str(error))


def _away(_: Request, error: Exception) -> Response:
    log.warning("the ledger did not answer: %s", type(error).__name__)
    return page("message.html", status=503, message="The ledger cannot be reached. Nothing was lost; please try again.")


def _tick(office: Office, every_s: float | None, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            office.tick()
        except Exception as error:  # a database that is away comes back; a server must not end by it
            log.warning("the office could not tick: %s", type(error).__name__)
        ended.wait(every_s)
