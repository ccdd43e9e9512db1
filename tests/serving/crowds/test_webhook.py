"""Label Studio's webhook over a real socket: who knows the secret casts votes, everybody else learns nothing."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from recognizer.errors import InputError
from serving.crowds.hand_out import HandedOut, Wanted, hand_out
from serving.crowds.label_studio.router import HEADER, LARGEST, PATH, label_studio_router, label_studio_secret
from serving.crowds.label_studio.webhook import posted
from serving.ledger import Ledger
from serving.office import Office
from tests.serving.crowds.items import annotated
from tests.serving.office.house import opened, read_batch


def request(task_id: str, text: str | None, action: str = "ANNOTATION_CREATED", **settings: Any) -> dict[str, Any]:
    """A request as Label Studio 1.13 posts it."""
    whole = annotated(task_id, text, **settings)
    annotation = whole.pop("annotations")[0] | {"task": whole["id"], "project": 1}
    return {"action": action, "project": {"id": 1, "title": "code"}, "task": whole, "annotation": annotation}


@pytest.fixture
def office(ledger: Ledger) -> Office:
    read_batch(ledger, doubtful=("policy",))
    office = opened(ledger)
    assert office.tick().filed >= 3
    return office


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    app = FastAPI()
    app.include_router(label_studio_router(office))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}{PATH}"
    server.should_exit = True
    thread.join()


def out(office: Office) -> HandedOut:
    handed = hand_out(office.ledger, "label-studio", Wanted(kinds=("code",), gold=0.0), office.rules)
    assert handed is not None
    return handed


def post(address: str, body: bytes, secret: str | None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({} if secret is None else {HEADER: secret})
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_annotations_become_votes_once(office: Office, address: str) -> None:
    first, second = (lease.task_id for lease in out(office).leases[:2])
    secret = label_studio_secret(office.ledger)
    body = json.dumps(request(first, "F757558", id=1)).encode()
    assert post(address, body, secret) == (200, {"taken": 1, "known": 0, "skipped": 0, "refused": []})
    assert post(address, body, secret)[1]["known"] == 1
    skipped = request(second, None, id=2, was_cancelled=True)
    assert post(address, json.dumps(skipped).encode(), secret)[1]["skipped"] == 1
    changed = request(first, "E757558", "ANNOTATION_UPDATED", id=1, updated_at="2026-11-25T10:00:00.000000Z")
    assert post(address, json.dumps(changed).encode(), secret)[1]["taken"] == 1
    votes = office.queue.votes(first)
    assert [(vote.text, vote.voided is None) for vote in votes] == [("F757558", False), ("E757558", True)]
    deleted = {"action": "ANNOTATIONS_DELETED", "annotations": [{"id": 1}]}
    assert post(address, json.dumps(deleted).encode(), secret) == (
        200, {"taken": 0, "known": 0, "skipped": 0, "refused": []},
    )  # fmt: skip
    foreign = json.dumps(request("another project's", "x", id=3)).encode()
    (refused,) = post(address, foreign, secret)[1]["refused"]
    assert refused["what"] == "annotation 3" and "no such task was handed" in refused["why"]


def test_who_does_not_know_the_secret_is_turned_away(office: Office, address: str) -> None:
    task_id = out(office).leases[0].task_id
    body = json.dumps(request(task_id, "F757558")).encode()
    for secret in (None, "", "0" * 32, label_studio_secret(office.ledger)[:-1], "ä"):
        assert post(address, body, secret)[0] == 401
    assert office.queue.votes(task_id) == ()


def test_requests_that_make_no_sense_are_told_so(office: Office, address: str) -> None:
    secret = label_studio_secret(office.ledger)
    assert post(address, b"{", secret) == (422, {"detail": "not JSON"})
    assert post(address, b"[" * 100_000, secret)[0] == 422
    assert post(address, b"[]", secret)[0] == 422
    bare = json.dumps({"action": "ANNOTATION_CREATED"}).encode()
    assert "send its payload" in post(address, bare, secret)[1]["detail"]
    assert post(address, b" " * (LARGEST + 1), secret)[0] == 413


def test_several_annotations_at_once_find_their_tasks() -> None:
    one, other = request("t1", "a", id=1), request("t2", "b", id=2)
    one["task"]["id"], other["task"]["id"] = 11, 12
    one["annotation"]["task"], other["annotation"]["task"] = 11, 12
    several = {
        "action": "ANNOTATIONS_CREATED",
        "annotation": [other["annotation"], one["annotation"]],
        "task": [one["task"], other["task"]],
    }
    found = posted(several)
    assert [(answer.task_id, answer.entry.text) for answer in found.answers] == [("t2", "b"), ("t1", "a")]
    several["task"].pop()
    found = posted(several)
    assert [(answer.task_id, answer.entry.text) for answer in found.answers] == [("t1", "a")]
    assert "no penfield_task" in found.complaints[0].why
    with pytest.raises(InputError, match="payload"):
        posted({"action": "ANNOTATION_CREATED", "annotation": {"id": 1}})
