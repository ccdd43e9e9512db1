"""Reviewers for benchmarks: a real server on a ledger with doubtful fields, and people who key over HTTP."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from serving.ledger import open_ledger
from serving.office import Office
from tests.serving.review.desk import PASSWORD, WRITTEN, read_batch

READY_S = 60.0


def prepare(folder: Path, pages: int, people: int) -> str:
    """A ledger with a batch of doubtful fields and so many reviewers; gives its address."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("ledger.db*"):
        old.unlink()
    url = f"sqlite:///{folder.resolve()}/ledger.db"
    with open_ledger(url) as ledger:
        read_batch(ledger, pages)
        office = Office(ledger)
        for number in range(people):
            office.people.add(f"reviewer {number}", PASSWORD)
        print(office.tick().line, file=sys.stderr)
    return url


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def server(url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`penfield review` as a process of its own, once it answers."""
    code = "from training.cli import app; app()"
    command = [sys.executable, "-c", code, "review", "--ledger", url, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        await_answer(port, process)
        yield process
    finally:
        process.kill()
        process.wait()


def await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers. Raises SystemExit where it ended instead."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/sign-in", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.02)
    raise SystemExit("the review server did not come up")


class Reviewer:
    """One person's browser, without its script."""

    def __init__(self, port: int, name: str) -> None:
        self.base, self.http, self.page = f"http://127.0.0.1:{port}", requests.Session(), ""
        self.name = name

    def sign_in(self) -> None:
        """Sign in; the first field is on the desk."""
        self._got(self.http.get(f"{self.base}/sign-in", timeout=30))
        fields = {"csrf": self._found('name="csrf" value="([^"]+)"'), "name": self.name, "password": PASSWORD}
        self._got(self.http.post(f"{self.base}/sign-in", data=fields, timeout=30))

    @property
    def token(self) -> int | None:
        """The field on the desk; None where nothing is open."""
        found = re.search(r'data-token="(\d+)"', self.page)
        return int(found[1]) if found else None

    def look(self) -> None:
        """Load the desk again."""
        self._got(self.http.get(f"{self.base}/desk", timeout=30))

    def picture(self) -> None:
        """Load the picture of the field."""
        self.http.get(f"{self.base}/desk/{self.token}/picture", timeout=30).raise_for_status()

    def key(self) -> int:
        """Key the field as the page's script does, and get the next one; gives HTTP's status."""
        label = self._found('<h1 id="label">([^<]+)</h1>').lower().replace(" ", "_")
        fields = {
            "csrf": self.csrf,
            "text": WRITTEN[label],
            "confirm": WRITTEN[label],
            "seconds": "3",
            "keystrokes": "9",
        }
        answer = self.http.post(
            f"{self.base}/desk/{self.token}", data=fields, headers={"X-Penfield-Part": "question"}, timeout=30
        )
        self._got(answer)
        return answer.status_code

    @property
    def csrf(self) -> str:
        """The session's token for forms; where a part of the page holds none, the page is loaded again."""
        if 'name="csrf"' not in self.page:
            self.look()
        return self._found('name="csrf" value="([^"]+)"')

    def _got(self, answer: requests.Response) -> None:
        if "html" in answer.headers.get("Content-Type", ""):
            self.page = answer.text

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.page)
        if found is None:
            raise SystemExit(f"the page holds no {pattern}: {self.page[:300]}")
        return found[1]
