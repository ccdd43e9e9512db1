"""The HTTP API on a real server on loopback: corrections in, records and truth out, and what is refused how."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.api.corrections import LARGEST, MOST_ROWS
from serving.api.keys import add_key, keys, revoke
from serving.export.export import Order, export
from serving.ledger import Ledger, open_ledger
from serving.ledger.statement import Verdict
from serving.privacy.erase import erase, page_named
from serving.truth.settle import settle
from serving.truth.story import story_of
from tests.serving.api.server import Client, serving_api
from tests.serving.truth import talk

MENDED = {"scan": "s1.png", "page": 1, "field": "policy", "value": "E757558", "reason": "misread"}


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


def caller(ledger: Ledger, base: str, *scopes: str, name: str = "acme") -> Client:
    key = add_key(ledger, name, scopes or ("read", "correct"))
    return Client(base, key)


@pytest.fixture
def acme(ledger: Ledger) -> Iterator[Client]:
    with serving_api(ledger) as base:
        yield caller(ledger, base)


@pytest.fixture
def quick(store: Ledger) -> Iterator[Client]:
    """As `acme`, on the ledger `store`."""
    with serving_api(store) as base:
        yield caller(store, base)


def post(client: Client, *rows: dict[str, Any], name: str = "", **further: Any) -> requests.Response:
    return client.post(json.dumps({"corrections": rows} | further).encode(), name=name)


def believed(ledger: Ledger, field: str) -> str:
    said = story_of(ledger, field).belief()
    assert said is not None
    return said.text


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status and said["title"] and said["detail"]
    return said


def test_the_story_of_the_talk_over_http(ledger: Ledger, acme: Client, tmp_path: Path) -> None:
    """A record leaves, the customer corrects it, it is re-opened, and leaves again as it is known now."""
    page_id = "s1-1"
    before = acme.get(f"/records/{page_id}").json()
    assert before["complete"] and before["fields"]["policy"]["value"] == "F757558"
    assert before["fields"]["ssn"]["value"] == "***-**-6789" and before["scan"] == "s1.png"
    said = post(acme, MENDED, name="one").json()
    assert said == {"filed": 1, "known": 0, "otherwise": 1, "confirming": 0, "later": 0}
    told = acme.get("/records", events="reopened").json()
    assert [(one["type"], one["page_id"], one["fields"]) for one in told["events"]] == [
        ("record.reopened", page_id, ["policy"])
    ]  # reading it over HTTP was a delivery: it is known who has the wrong value
    after = acme.get(f"/records/{page_id}", batch_id="batch").json()
    assert after["fields"]["policy"]["value"] == "E757558" and after["fields"]["policy"]["source"] == "customer"
    happened = acme.get("/records", events="completed,reopened,corrected").json()
    assert [one["type"] for one in happened["events"] if one["page_id"] == page_id] == [
        "record.completed", "record.reopened", "record.corrected",
    ]  # fmt: skip
    story = acme.get("/truth", field="s1.png:1:policy").json()
    assert [(one["source"], one["value"]) for one in story["story"]] == [
        (f"model:{talk.BUNDLE[:12]}", "F757558"), ("customer", "E757558"),
    ]  # fmt: skip
    first = story["story"][0]["known_at"]
    assert story["now"]["value"] == "E757558"
    then = acme.get("/truth", field="s1.png:1:policy", known_at=first).json()
    assert then["now"]["value"] == "F757558"


def test_a_request_is_taken_in_once_and_answered_the_same_again(ledger: Ledger, acme: Client) -> None:
    first = post(acme, MENDED, name="4711")
    again = post(acme, MENDED, name="4711")
    assert again.content == first.content and first.json()["filed"] == 1
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    other = post(acme, MENDED | {"value": "E757559"}, name="4711")
    assert "Idempotency-Key" in problem(other, 422)["detail"]
    assert believed(ledger, "s1.png:1:policy") == "E757558"


def test_many_at_once_with_one_name_file_one_verdict_and_hear_the_same(ledger: Ledger, acme: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(acme, MENDED, name="at once"), range(8)))
    assert {answer.status_code for answer in answers} == {200} and len({answer.content for answer in answers}) == 1
    assert len(story_of(ledger, "s1.png:1:policy").statements) == 2


def test_without_a_name_a_changed_mind_is_news_and_the_same_again_is_not(store: Ledger, quick: Client) -> None:
    for value in ("E757558", "E757559", "E757558"):
        assert post(quick, MENDED | {"value": value}).json()["filed"] == 1
        assert post(quick, MENDED | {"value": value}).json() == {
            "filed": 0, "known": 1, "otherwise": 0, "confirming": 0, "later": 0,
        }  # fmt: skip
        assert believed(store, "s1.png:1:policy") == value


def test_all_or_nothing_with_a_pointer_to_each_that_makes_no_sense(store: Ledger, quick: Client) -> None:
    rows = [
        MENDED,
        MENDED | {"field": "ssn", "value": "12"},
        MENDED | {"scan": "nowhere.png"},
        MENDED | {"outcome": "blank"},
        {"crop_id": "zz", "value": "x"},
        MENDED | {"field": "old_policy", "valid_at": "yesterday"},
    ]
    said = problem(post(quick, *rows), 422)
    assert [one["pointer"] for one in said["errors"]] == [f"/corrections/{number}" for number in (1, 2, 3, 4, 5)]
    twice = problem(post(quick, MENDED, MENDED | {"value": "E757559"}), 422)
    assert [one["pointer"] for one in twice["errors"]] == ["/corrections/0", "/corrections/1"]
    assert believed(store, "s1.png:1:policy") == "F757558"
    ssn = MENDED | {"field": "ssn", "value": "12"}
    assert post(quick, ssn, any_value=True).json()["filed"] == 1  # it stands there


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, ""),
        (b"\xff\xfe", 400, ""),
        (b'{"corrections": [{"crop_id": "aaaaaaaa", "value": "\\ud800"}]}', 400, ""),
        (b"[" * 100_000, 400, ""),
        (b"[]", 422, ""),
        (b"{}", 422, "/corrections"),
        (b'{"corrections": []}', 422, "/corrections"),
        (b'{"corrections": [{"crop_id": "aaaaaaaa"}]}', 422, "/corrections/0/value"),
        (b'{"corrections": [{"crop_id": "aaaaaaaa", "value": 7}]}', 422, "/corrections/0/value"),
        (b'{"corrections": [{"crop_id": "aaaaaaaa", "value": "a\\u0000b"}]}', 422, "/corrections/0/value"),
        (b'{"corrections": [{"crop_id": "aaaaaaaa", "scan": "s1.png", "value": "x"}]}', 422, "/corrections/0"),
        (b'{"corrections": [{"scan": "s1.png", "value": "x"}]}', 422, "/corrections/0"),
        (b'{"corrections": [{"crop_id": "aaaaaaaa", "value": "x", "valeu": "y"}]}', 422, "/corrections/0/valeu"),
        (json.dumps({"corrections": [{"crop_id": "a" * 8, "value": "x"}] * (MOST_ROWS + 1)}).encode(), 422,
         "/corrections"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_corrections_is_refused(quick: Client, body: bytes, status: int, pointer: str) -> None:
    answer = quick.post(body)
    errors = problem(answer, status)["errors"]
    assert not pointer or pointer in [one["pointer"] for one in errors]


def test_limits_and_kinds(quick: Client) -> None:
    assert "Content-Type" in problem(quick.post(b"scan,page", "text/csv"), 415)["detail"]
    large = quick.post(b" " * (LARGEST + 1))
    assert f"{LARGEST:,}" in problem(large, 413)["detail"]
    problem(post(quick, MENDED, name="x" * 256), 400)
    problem(quick.get("/records", limit=0), 422)
    problem(quick.get("/records", events="delivered"), 422)
    problem(quick.get("/records/nothing-1"), 404)
    problem(quick.get("/records/s1-1", batch_id="another"), 404)
    problem(quick.get("/truth", field="s1.png:1:nothing"), 404)
    problem(quick.get("/truth", field="s1.png:1:policy", known_at="soon"), 422)
    problem(quick.get("/truth"), 422)
    problem(quick.get("/elsewhere"), 404)
    problem(quick.delete("/corrections"), 404)


def test_keys_open_what_they_are_for_until_they_are_revoked(store: Ledger, tmp_path: Path) -> None:
    with serving_api(store) as base:
        reader = caller(store, base, "read", name="reader")
        assert reader.get("/records").status_code == 200
        assert "not for correct" in problem(post(reader, MENDED), 403)["detail"]
        whole = caller(store, base, "read", "sensitive", name="whole")
        assert whole.get("/records/s1-1").json()["fields"]["ssn"]["value"] == "123-45-6789"
        story = whole.get("/truth", field="s1.png:1:ssn").json()
        assert story["now"]["value"] == "123-45-6789"
        masked = reader.get("/truth", field="s1.png:1:ssn").json()
        assert "123" not in json.dumps([masked["now"], masked["story"]]) and masked["now"]["value"] == "***-**-6789"
        secret = reader.key
        revoke(store, "reader")
        refused = reader.get("/records")
        assert problem(refused, 401) and refused.headers["www-authenticate"].startswith("Bearer")
        for text in ("", "Bearer", f"Basic {secret}", f"Bearer {secret[:-1]}", "Bearer penfield_x_y", "Bearer a_b"):
            problem(requests.get(f"{base}/api/v1/records", headers={"Authorization": text}, timeout=30), 401)
        problem(requests.post(f"{base}/api/v1/corrections", data=b"x" * 100, timeout=30), 401)
    assert secret not in repr(keys(store)) and secret.rpartition("_")[2].encode() not in files(tmp_path)


def files(folder: Path) -> bytes:
    """Everything that lies in the files of a database."""
    return b"".join(path.read_bytes() for path in folder.glob("ledger.db*"))


def test_records_that_were_completed_since_come_page_by_page_and_once(
    ledger: Ledger, acme: Client, tmp_path: Path
) -> None:
    export(ledger, Order(batches=("batch",), out=tmp_path / "out", formats=("jsonl",)))
    first = acme.get("/records", limit=1).json()
    second = acme.get("/records", limit=1, after=first["next"]).json()
    assert [first["events"][0]["scan"], second["events"][0]["scan"]] == ["s1.png", "s2.png"]
    assert acme.get("/records", after=second["next"]).json() == {"events": [], "next": second["next"]}
    crop_id = talk.crop_of("s3", 3).crop_id
    open_one = acme.get("/records/s3-1").json()
    assert open_one["open_fields"] == ["surname"] and not open_one["complete"] and "fields" not in open_one
    assert acme.get("/records/s3-1", incomplete=True).json()["fields"]["surname"]["decision"] == "review"
    with ledger.writing() as writing:
        said = Verdict(crop_id=crop_id, source="crowd", outcome="text", text="Weber", by="two", confidence=0.9)
        settle(writing, [said])
    third = acme.get("/records", after=second["next"]).json()
    assert [one["scan"] for one in third["events"]] == ["s3.png"]


def test_what_happened_just_now_is_told_a_moment_later(store: Ledger, tmp_path: Path) -> None:
    export(store, Order(batches=("batch",), out=tmp_path / "out", formats=("jsonl",)))
    with serving_api(store, held_back_s=60) as base:
        assert caller(store, base).get("/records").json() == {"events": [], "next": 0}


def test_an_erased_record_says_so_and_takes_no_corrections(store: Ledger, quick: Client, tmp_path: Path) -> None:
    """Receipts need no erasure: they hold nothing of what was posted, and no digest that can be tried."""
    post(quick, MENDED, name="Fisher E757558")
    erase(store, page_named(store, "s1.png:1"), reason="request", by="anna")
    said = quick.get("/records/s1-1").json()
    assert said["status"] == "erased" and {one["value"] for one in said["fields"].values()} == {""}
    refused = problem(post(quick, MENDED | {"value": "E757559"}), 422)
    assert "erased on" in refused["errors"][0]["detail"]
    assert post(quick, MENDED, name="Fisher E757558").headers["idempotency-replayed"] == "true"
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        receipts = repr(database.execute("select * from api_receipts").fetchall())
    assert "filed" in receipts and "E757558" not in receipts and "Fisher" not in receipts


def test_values_reach_no_log(
    store: Ledger, quick: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssn = MENDED | {"field": "ssn"}
    with caplog.at_level(logging.DEBUG):
        post(quick, ssn | {"value": "987-65-4321"})
        post(quick, ssn | {"value": "987-65-43"})
        quick.post(b'{"a": "987-65-4321')
        quick.get("/records/s1-1")
        monkeypatch.setattr(store, "_engine", None)  # from here on the server fails unexpectedly
        problem(post(quick, ssn | {"value": "987-65-4321"}), 500)
        monkeypatch.undo()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert any("failed" in line for line in ours)
    assert not [line for line in ours if "987-65" in line or "E757558" in line or "123-45" in line]
