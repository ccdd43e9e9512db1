"""The demo with the model that ships: nothing of it is replaced."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from serving.commands.demo import DATA, Compared, DemoResult, compared, demo, page_right, paired, score
from serving.commands.demo_summary import demo_summary
from serving.commands.session import working
from serving.ledger import open_ledger
from serving.store import Places, places

KINDS = {("f", "name"): "name", ("f", "smoker"): "checkbox"}


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The demo, twice in the same store."""

    first: DemoResult
    second: DemoResult
    out: Path
    where: Places


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    folder = tmp_path_factory.mktemp("demo")
    with working(None, folder / "store", None, deliver_later=True) as work:
        first = demo(work, folder / "out")
        second = demo(work, folder / "out")
    yield Tried(first=first, second=second, out=folder / "out", where=places(folder / "store"))


def said(result: DemoResult, tried: Tried) -> str:
    console = Console(file=io.StringIO(), width=120, soft_wrap=True)
    demo_summary(console, result, tried.out, tried.where, "delivered", 12.3)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_page_is_taken_for_what_it_is(tried: Tried) -> None:
    assert (tried.first.pages_right, tried.first.pages) == (18, 18)
    assert dict(tried.first.batch.pages_by_status) == {
        "blank": 1,
        "read": 14,
        "rejected: truncated": 1,
        "rescan": 1,
        "unmatched": 1,
    }


def test_what_is_accepted_is_right(tried: Tried) -> None:
    whole = tried.first.whole
    assert whole.fields == tried.first.batch.fields == 280
    assert whole.accepted >= 0.3 * whole.fields
    assert whole.accepted_right >= 0.97 * whole.accepted
    assert whole.right >= 0.7 * whole.fields


def test_counts_agree_everywhere(tried: Tried) -> None:
    with open_ledger(tried.where.ledger_url) as ledger:
        in_ledger = len(ledger.predictions_frame(tried.first.batch.batch_id))
    records = [json.loads(line) for line in (tried.out / "records.jsonl").read_text().splitlines()]
    in_records = sum(len(record["fields"]) for record in records)
    in_parquet = len(pd.read_parquet(tried.out / "predictions.parquet"))
    assert tried.first.new_predictions == in_ledger == in_records == in_parquet == 280


def test_the_second_time_nothing_is_read_again(tried: Tried) -> None:
    assert tried.second.new_predictions == 0
    assert tried.second.fields == tried.first.fields
    assert "no new predictions" in said(tried.second, tried)


def test_the_summary_names_figures_and_places(tried: Tried) -> None:
    text = said(tried.first, tried)
    assert "13 files with 18 pages and 280 fields of handwriting in 12 seconds" in text
    assert "18 of 18" in text and "make ui" in text and "make recognize" in text
    for row in tried.first.by_kind:
        assert row in text
    for place in ("records.jsonl", "truth.json", "ledger.db"):
        assert place in text


def test_no_value_is_said(tried: Tried) -> None:
    text = said(tried.first, tried)
    pages = json.loads((DATA / "samples" / "truth.json").read_text())["pages"]
    values = {value for page in pages for value in page["fields"].values() if len(value) > 4}
    assert not [value for value in values - {"signed", "quarterly", "monthly", "yearly"} if value in text]


@pytest.mark.parametrize(
    ("field", "right", "accepted", "read"),
    [
        ({"value": "Ann", "outcome": "text", "decision": "accept"}, True, True, True),
        ({"value": "Anm", "outcome": "text", "decision": "accept"}, False, True, True),
        ({"value": "", "outcome": "illegible", "decision": "review"}, False, False, False),
        (None, False, False, False),
    ],
)
def test_a_field_beside_its_truth(field: dict[str, str] | None, right: bool, accepted: bool, read: bool) -> None:
    record = {"fields": {"name": field} if field else {}}
    found = compared({"form": "f", "fields": {"name": "Ann"}}, record, KINDS)
    assert found == [Compared(kind="name", right=right, accepted=accepted, read=read)]


def test_an_illegible_field_is_never_right_even_where_nothing_is_written() -> None:
    page = {"form": "f", "fields": {"name": ""}}
    illegible = {"fields": {"name": {"value": "", "outcome": "illegible", "decision": "review"}}}
    blank = {"fields": {"name": {"value": "", "outcome": "blank", "decision": "accept"}}}
    assert [field.right for field in compared(page, illegible, KINDS) + compared(page, blank, KINDS)] == [False, True]


def test_pages_find_their_records() -> None:
    truth = [
        {"scan": "a.pdf", "page": 1, "form": "f", "status": "read"},
        {"scan": "b.pdf", "page": 1, "form": "f", "status": "rejected"},
    ]
    records = [
        {"scan": "b.pdf", "page": None, "form": None, "status": "rejected: truncated"},
        {"scan": "a.pdf", "page": 1, "form": "g", "status": "read"},
    ]
    assert [page_right(*pair) for pair in paired(truth, records)] == [False, True]


def test_counting() -> None:
    fields = [
        Compared(kind="name", right=True, accepted=True, read=True),
        Compared(kind="name", right=False, accepted=True, read=True),
        Compared(kind="name", right=True, accepted=False, read=True),
        Compared(kind="name", right=False, accepted=False, read=False),
    ]
    whole = score(fields)
    assert (whole.fields, whole.right, whole.accepted, whole.accepted_right, whole.review, whole.not_read) == (
        4, 2, 2, 1, 2, 1,
    )  # fmt: skip
