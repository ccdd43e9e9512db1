"""Webhooks, posted to a real server on loopback: signed, in order, retried, given up, and never twice without need."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recognizer.errors import UsageError
from serving.export.export import Order, export
from serving.ledger import Ledger, open_ledger
from serving.ledger.clock import utc_now
from serving.ledger.outside import Hook, Standing
from serving.ledger.statement import WITHDRAWN, Verdict
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from serving.webhook import Patience, Posting, post_waiting
from serving.webhook.backoff import LONGEST_S, MOST_TRIES, later, pause_s
from serving.webhook.hook import add_hook, hook_named, hooks, remove_hook, retry
from tests.serving.truth import talk
from tests.serving.webhook.receiver import Receiver, is_signed, receiver


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        talk.read_scans(opened)
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in SQLite, for what hangs on no database."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        talk.read_scans(opened)
        yield opened


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def hand_out(ledger: Ledger, out: Path) -> None:
    export(ledger, Order(batches=("batch",), out=out, formats=("jsonl",)))


def customer(ledger: Ledger, value: str = "E757558") -> None:
    correct(ledger, [Row(line=2, field="s1.png:1:policy", value=value)], by=f"acme.csv:{value}")


def standing(ledger: Ledger, hook: Hook) -> Standing:
    with ledger.outside_to_read() as outside:
        return outside.hooks.standing(hook)


def test_a_record_that_is_completed_reopened_and_corrected_is_told_so_once_and_signed(
    ledger: Ledger, server: Receiver, tmp_path: Path
) -> None:
    hook = add_hook(ledger, server.url)
    assert post_waiting(ledger).line == ""
    hand_out(ledger, tmp_path)
    assert post_waiting(ledger).delivered == 2 and server.told() == [
        ("record.completed", "s1.png"),
        ("record.completed", "s2.png"),
    ]
    customer(ledger)
    hand_out(ledger, tmp_path)
    assert post_waiting(ledger).delivered == 2 and post_waiting(ledger).delivered == 0
    assert server.told()[2:] == [("record.reopened", "s1.png"), ("record.corrected", "s1.png")]
    data = server.got[2][1]["data"]
    assert data == {
        "batch_id": "batch", "page_id": "s1-1", "scan": "s1.png", "page": 1, "form": "claim", "status": "read",
        "complete": True, "fields": ["policy"],
    }  # fmt: skip
    assert len({message_id for message_id, _ in server.got}) == 4
    assert all(is_signed(*both, hook.secret) for both in zip(server.headers, server.bodies, strict=True))
    assert not is_signed(server.headers[0], server.bodies[0] + b" ", hook.secret)
    assert server.headers[0]["content-type"] == "application/json"
    assert standing(ledger, hook) == Standing(delivered=4, waiting=0, dead=0, last="204 No Content")


def test_values_are_sent_on_request_masked_and_only_of_complete_records(ledger: Ledger, server: Receiver) -> None:
    add_hook(ledger, server.url, ["completed", "reopened"], with_values=True)
    crop_id = talk.crop_of("s3", 3).crop_id
    with ledger.writing() as writing:
        settle(
            writing, [Verdict(crop_id=crop_id, source="crowd", outcome="text", text="Weber", by="two", confidence=0.9)]
        )
    post_waiting(ledger)
    values = server.got[0][1]["data"]["values"]
    assert values["surname"] == {"value": "Weber", "outcome": "text", "source": "crowd", "confidence": 0.9}
    assert values["ssn"]["value"] == "***-**-6781"
    with ledger.truth() as truth:  # values that left are a delivery: a later correction is told
        assert [event.event for event in truth.events(records=[("batch", 3, 1)])] == ["completed", "delivered"]
    with ledger.writing() as writing:
        settle(writing, [Verdict(crop_id=crop_id, source="crowd", outcome=WITHDRAWN, text="", by="two")])
    post_waiting(ledger)
    kind, data = server.got[1][1]["type"], server.got[1][1]["data"]
    assert kind == "record.reopened" and data["complete"] is False and "values" not in data


def test_a_receiver_is_told_only_what_it_asked_for_and_what_came_after(
    store: Ledger, server: Receiver, tmp_path: Path
) -> None:
    add_hook(store, server.url + "&who=first", ["reopened"])
    hand_out(store, tmp_path)
    add_hook(store, server.url + "&who=late")
    customer(store)
    post_waiting(store)
    assert server.told() == [("record.reopened", "s1.png")] * 2
    remove_hook(store, hook_named(store, server.url + "&who=late"))
    hand_out(store, tmp_path)
    assert post_waiting(store).delivered == 0 and len(hooks(store)) == 1


def test_what_fails_is_tried_again_later_and_in_order_until_it_is_given_up(
    ledger: Ledger, server: Receiver, tmp_path: Path
) -> None:
    hook = add_hook(ledger, server.url)
    hand_out(ledger, tmp_path)
    customer(ledger)
    server.answer = lambda said: (500 if said["data"]["scan"] == "s1.png" else 204, {})
    now = utc_now()
    assert post_waiting(ledger, clock=lambda: now).failed == 1
    assert [scan for _, scan in server.told()] == ["s1.png", "s2.png"]  # not reopened before it was completed
    assert post_waiting(ledger, clock=lambda: later(now, 20)).line == ""
    for _ in range(MOST_TRIES - 2):
        now = later(now, LONGEST_S * 1.3)
        assert post_waiting(ledger, clock=lambda: now).failed == 1  # noqa: B023  # called at once
    assert {kind for kind, _ in server.told()} == {"record.completed"}
    assert len({message_id for message_id, said in server.got if said["data"]["scan"] == "s1.png"}) == 1
    now = later(now, LONGEST_S * 1.3)
    posted = post_waiting(ledger, clock=lambda: now)
    assert posted.dead == 1 and "1 given up" in posted.line and "500 Internal Server Error" in posted.line
    assert standing(ledger, hook).dead == 1 and server.told()[-1] == ("record.reopened", "s1.png")
    server.answer = lambda _: (200, {})
    assert retry(ledger, hook) == 2 and post_waiting(ledger, clock=lambda: now).delivered == 2
    assert [kind for kind, _ in server.told()[-2:]] == ["record.completed", "record.reopened"]
    assert standing(ledger, hook) == Standing(delivered=3, waiting=0, dead=0, last="200 OK")


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 503])
def test_whatever_is_no_yes_is_a_no_and_nobody_is_sent_elsewhere(
    store: Ledger, server: Receiver, tmp_path: Path, status: int
) -> None:
    hook = add_hook(store, server.url)
    hand_out(store, tmp_path)
    server.answer = lambda _: (status, {"Location": server.url, "Retry-After": "7200"})
    now = utc_now()
    assert post_waiting(store, clock=lambda: now).failed == 2 and len(server.got) == 2
    server.answer = lambda _: (200, {})
    assert post_waiting(store, clock=lambda: later(now, 7100)).delivered == 0  # it asked for two hours
    assert post_waiting(store, clock=lambda: later(now, 7201)).delivered == 2
    assert standing(store, hook).last == "200 OK"


def test_a_receiver_that_is_gone_is_told_nothing_any_more(store: Ledger, server: Receiver, tmp_path: Path) -> None:
    add_hook(store, server.url)
    hand_out(store, tmp_path)
    server.answer = lambda _: (410, {})
    assert post_waiting(store).dead == 1 and hooks(store) == [] and post_waiting(store).line == ""


def test_a_receiver_that_is_slow_dripping_or_away_holds_up_nobody(store: Ledger, tmp_path: Path) -> None:
    quick = Patience(silence_s=0.3, whole_s=0.5)
    with receiver() as fine, receiver() as drips, socket.create_server(("127.0.0.1", 0)) as silent:
        drips.drips = True
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        away = socket.create_server(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{away.getsockname()[1]}/"
        away.close()
        by_url = {url: add_hook(store, url) for url in (address, drips.url, gone, fine.url)}
        hand_out(store, tmp_path)
        posted = post_waiting(store, quick)
        assert (posted.delivered, posted.failed) == (2, 3)  # who does not answer is asked once in a pass
        assert len(fine.got) == 2
        assert {url: standing(store, hook).last for url, hook in by_url.items()} == {
            address: "no answer in time", drips.url: "no answer in time", gone: "Connection refused",
            fine.url: "204 No Content",
        }  # fmt: skip


CHILD = """
import sys
from serving.ledger import open_ledger
from serving.webhook import post_waiting
with open_ledger(sys.argv[1]) as ledger:
    post_waiting(ledger)
"""


def test_a_process_that_is_killed_between_post_and_note_posts_again_under_the_same_id(
    ledger: Ledger, empty_database: str, server: Receiver, tmp_path: Path
) -> None:
    hook = add_hook(ledger, server.url)
    hand_out(ledger, tmp_path)
    arrived, go_on = threading.Event(), threading.Event()

    def wait(_: object) -> tuple[int, dict[str, str]]:
        arrived.set()
        go_on.wait(20)
        return 204, {}

    server.answer = wait
    child = subprocess.Popen([sys.executable, "-c", CHILD, empty_database], cwd=Path(__file__).parents[3])
    assert arrived.wait(20)
    assert post_waiting(ledger).elsewhere  # one process posts at a time
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    go_on.set()
    assert standing(ledger, hook).waiting == 2
    for _ in range(100):  # PostgreSQL notices that its client is dead a little later
        if not (posted := post_waiting(ledger)).elsewhere:
            break
        threading.Event().wait(0.05)
    assert posted.delivered == 2
    ids = [message_id for message_id, _ in server.got]
    assert len(ids) == 3 and ids[0] == ids[1] != ids[2] and server.bodies[0] == server.bodies[1]


def test_a_thread_posts_beside_a_server(store: Ledger, server: Receiver, tmp_path: Path) -> None:
    add_hook(store, server.url)
    told = threading.Event()

    def answer(_: object) -> tuple[int, dict[str, str]]:
        told.set()
        return 200, {}

    server.answer = answer
    with Posting(store, rest_s=0.05):
        hand_out(store, tmp_path)
        assert told.wait(20)


def test_pauses_grow_and_vary_and_last_for_days() -> None:
    assert [pause_s(n, 0.5) for n in range(1, 9)] == [30, 120, 480, 1920, 7680, 30720, 43200, 43200]
    assert pause_s(1, 0) == 24 and pause_s(1, 1) == 36 and len({pause_s(3) for _ in range(20)}) > 10
    assert 2 < sum(pause_s(n, 0.5) for n in range(1, MOST_TRIES)) / 86_400 < 4


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x", "file:///etc/passwd", "https://", "host/x", "http://a:b@host/", "http://host:99999/",
        "http://host/a b", "http://höst/", "http://host/\r\nX: y", "https://host/" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused(store: Ledger, url: str) -> None:
    with pytest.raises(UsageError, match="mend"):
        add_hook(store, url)
    with pytest.raises(UsageError, match="nothing is told of gone"):
        add_hook(store, "https://host/", ["gone"])
