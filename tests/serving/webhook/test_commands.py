"""`penfield webhook` and what `penfield deliver` says of it, as they are typed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.export.export import Order, export
from serving.ledger import open_ledger
from tests.serving.truth import talk
from tests.serving.webhook.receiver import Receiver, is_signed, receiver
from training.cli import app


@pytest.fixture
def store(tmp_path: Path) -> Path:
    open_ledger(f"sqlite:///{tmp_path}/ledger.db").close()
    return tmp_path


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def said(store: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*words, "--store", str(store)], env={"PENFIELD_LEDGER": ""})
    assert done.exit_code == code, done.output
    return done.output


def test_a_webhook_from_its_beginning_to_its_end(store: Path, server: Receiver) -> None:
    assert "no webhooks" in said(store, "webhook", "list")
    added = said(store, "webhook", "add", server.url, "--events", "completed, reopened")
    hook_id, secret = re.findall(r"webhook (\w+):", added)[0], re.findall(r"whsec_\S+", added)[0]
    assert "not encrypted" in added
    assert "arrived: 204" in said(store, "webhook", "test", hook_id[:6])
    assert server.got[0][1]["type"] == "ping" and is_signed(server.headers[0], server.bodies[0], secret)
    listed = said(store, "webhook", "list")
    assert "/hook?..." in listed and "token" not in listed and secret not in listed and "completed, reopened" in listed
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        talk.read_scans(ledger)
        export(ledger, Order(batches=("batch",), out=store / "out", formats=("jsonl",)))
    server.answer = lambda _: (500, {})
    assert "2 will be tried again: 500" in said(store, "deliver", code=1)
    assert "0 delivered, 2 waiting, 0 given up; last: 500" in said(store, "webhook", "list")
    assert "2 messages" in said(store, "webhook", "retry", hook_id)
    server.answer = lambda _: (200, {})
    assert "2 messages posted to webhooks" in said(store, "deliver")
    server.answer = lambda _: (404, {})
    assert "not arrived: 404" in said(store, "webhook", "test", server.url, code=1)
    assert "nothing any more" in said(store, "webhook", "remove", hook_id)
    assert "no webhooks are named" in said(store, "webhook", "remove", hook_id, code=2)
