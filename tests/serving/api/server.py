"""The review server with the API, on loopback, while a block runs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
import uvicorn

from serving.api import api_router
from serving.api.rate import Rate
from serving.ledger import Ledger
from serving.office import Office
from serving.review import create_app

OFTEN = Rate(per_s=1e6, burst=10**6)
"""Tests are quicker than customers."""


@contextmanager
def serving_api(ledger: Ledger, held_back_s: float = 0.0, rate: Rate = OFTEN) -> Iterator[str]:
    """Gives the server's address."""
    app = create_app(Office(ledger), routers=[api_router(ledger, held_back_s=held_back_s, rate=rate)], tick_s=None)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Client:
    """A customer's program with its key."""

    def __init__(self, base: str, key: str) -> None:
        self.base, self.key, self._http = f"{base}/api/v1", key, requests.Session()
        self._http.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **params: Any) -> requests.Response:
        """What stands there."""
        return self._http.get(self.base + path, params=params, timeout=30)

    def delete(self, path: str) -> requests.Response:
        """Nothing can be."""
        return self._http.delete(self.base + path, timeout=30)

    def post(self, body: bytes, kind: str = "application/json", name: str = "") -> requests.Response:
        """Post to the corrections, as the request of this name."""
        headers = {"Content-Type": kind} | ({"Idempotency-Key": name} if name else {})
        return requests.post(
            f"{self.base}/corrections", data=body, headers=headers | {"Authorization": f"Bearer {self.key}"},
            timeout=30,
        )  # fmt: skip
