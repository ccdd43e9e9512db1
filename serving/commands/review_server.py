"""The review server with everything that it serves: the pages, and what other crowds and receivers need."""

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from recognizer.errors import UsageError
from serving.api import api_router
from serving.crowds.label_studio.router import label_studio_router
from serving.live import Keeper, metrics_router, snapshot_of
from serving.monitors import Settings
from serving.monitors.beside import monitoring
from serving.office import Office
from serving.review import create_app
from serving.webhook import Posting

LOCAL = ("127.0.0.1", "localhost", "::1")


def whole_app(office: Office, store: Path) -> FastAPI:
    """The pages, Label Studio's webhook, the API for customers, and metrics for Prometheus."""
    live = Keeper(partial(snapshot_of, office.ledger, store, office.policy))
    beside = [label_studio_router(office), api_router(office.ledger), metrics_router(office.ledger, live)]
    return create_app(office, live=live, routers=beside)


def serve(office: Office, store: Path, monitors: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; monitors look beside it. Raises UsageError where the address is taken."""
    app = whole_app(office, store)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise UsageError(f"{host}:{port} cannot be listened at - mend: another --port") from error
        say(f"review page:  http://{host}:{port}")
        if not any("admin" in person.roles for person in office.people.everybody()):
            say("nobody can sign in yet: penfield people add NAME --role admin")
        if host not in LOCAL:
            say("passwords cross the network as they are typed: put a proxy with TLS before it")
        say("Ctrl-C stops it")
        with Posting(office.ledger), monitoring(store, office.ledger.url, monitors):
            uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])
