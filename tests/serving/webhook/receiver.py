"""A receiver of webhooks on loopback, which checks signatures as Standard Webhooks asks, and can be difficult."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(kw_only=True)
class Receiver:
    """What arrived, in its order. `answers` says with which status (and headers) the next ones are answered."""

    url: str = ""
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], tuple[int, dict[str, str]]] = lambda _: (204, {})
    drips: bool = False

    def told(self) -> list[tuple[str, str]]:
        """Type and scan of each message."""
        return [(body["type"], body["data"].get("scan", "")) for _, body in self.got]


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As https://www.standardwebhooks.com describes it, written from there."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(one == f"v1,{expected}" for one in headers["webhook-signature"].split(" "))


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Receives while the block runs."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = json.loads(body)
            found.got.append((self.headers["webhook-id"], said))
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            found.bodies.append(body)
            if found.drips:
                self._drip()
                return
            status, headers = found.answer(said)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": "0"}).items():
                self.send_header(name, value)
            self.end_headers()

        def _drip(self) -> None:
            """An answer that never ends and never falls silent."""
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for number in range(10_000):
                    self.wfile.write(f"X-{number}: x\r\n".encode())
                    time.sleep(0.02)
            except OSError:
                self.close_connection = True

        def do_GET(self) -> None:
            raise AssertionError("nobody is sent elsewhere")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
