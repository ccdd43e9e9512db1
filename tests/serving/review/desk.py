"""A review server with doubtful fields, as a process's own thread on loopback; and people who sign in."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import requests
import uvicorn
from fastapi import FastAPI

from serving.consensus import Bar
from serving.ledger import BatchStart, Ledger, ScanEntry
from serving.office import Office, Rules
from serving.promise import Policy
from serving.review import create_app
from tests.serving import sample_batch

PASSWORD = "correct horse battery"
FORM = {
    "name": "insurance_application",
    "title": "Application for life insurance",
    "page": {"width": 2000, "height": 2600, "dpi": 200},
    "registration": {"method": "boxes"},
    "fields": [
        {"name": name, "kind": kind, "box": [10, 10 + 60 * n, 260, 56], "label": name.replace("_", " ")}
        for n, (name, kind, _) in enumerate(sample_batch.FIELDS)
    ],
}
WRITTEN = {name: text for name, _, text in sample_batch.FIELDS}
NO_GOLD = Bar(least_gold=0.0, most_gold=0.0)


def read_batch(ledger: Ledger, pages: int, batch_id: str = "batch-1") -> None:
    """A batch with doubtful fields on every page that could be read: every date is the 30th of February."""
    start = BatchStart(
        batch_id=batch_id, bundle_id="b" * 32, bundle_info={"name": "sample"}, purpose="production", params={},
        forms={"f" * 32: FORM},
        scans=tuple(ScanEntry(scan_no=n, path=f"scan {n}.png", scan_digest=f"{n:064x}") for n in range(pages)),
    )  # fmt: skip
    with ledger.writing() as writing:
        writing.start_batch(start)
    for n in range(pages):
        sample_batch.file_page(ledger, batch_id, n)
    sample_batch.finish_batch(ledger, batch_id)


def office_on(ledger: Ledger, policy: Policy | None = None, rules: Rules | None = None, bar: Bar = NO_GOLD) -> Office:
    """An office with a reviewer, an expert and an admin; the first of each role."""
    office = Office(ledger, policy, rules=rules or Rules(undo_s=20), bar=bar, random=Random(3))
    for name, roles in (("anna", ("reviewer",)), ("eve", ("expert",)), ("ada", ("admin",))):
        office.people.add(name, PASSWORD, roles)  # type: ignore[arg-type]
    office.tick()
    return office


@contextmanager
def serving(served: Office | FastAPI, *, tick_s: float | None = None) -> Iterator[str]:
    """The address of the review server on an office, or of another app, while the block runs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = served if isinstance(served, FastAPI) else create_app(served, tick_s=tick_s)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


class Browser:
    """A person's browser without scripts: cookies, pages, and forms that are sent as they stand."""

    def __init__(self, base: str, name: str = "", password: str = PASSWORD) -> None:
        self.base, self.http, self.page = base, requests.Session(), ""
        if name:
            self.sign_in(name, password)

    def sign_in(self, name: str, password: str = PASSWORD) -> requests.Response:
        self.get("/sign-in")
        return self.post("/sign-in", name=name, password=password)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self._kept(self.http.get(self.base + path, headers=headers, timeout=30))

    def post(self, path: str, *, part: bool = False, **fields: str) -> requests.Response:
        """Send a form with the page's own token."""
        headers = {"X-Penfield-Part": "question"} if part else {}
        sent = {"csrf": self.csrf} | fields
        return self._kept(self.http.post(self.base + path, data=sent, headers=headers, timeout=30))

    def _kept(self, answer: requests.Response) -> requests.Response:
        self.page = answer.text if "html" in answer.headers.get("Content-Type", "") else self.page
        return answer

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page)
        return found[1] if found else ""

    @property
    def token(self) -> str:
        """The question that is shown."""
        found = re.search(r'data-token="(\d+)"', self.page)
        assert found, self.page
        return found[1]

    @property
    def label(self) -> str:
        found = re.search(r'<h1 id="label">([^<]+)</h1>', self.page)
        assert found, self.page
        return found[1].lower().replace(" ", "_")
