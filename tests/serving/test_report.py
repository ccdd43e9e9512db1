import re
from html.parser import HTMLParser

import pytest

from recognizer.form import Field
from serving.ledger import open_ledger
from serving.ledger.masking import SENSITIVE_KINDS
from serving.report import doubtful, report_html, stage_names, summarize
from tests.serving.sample_batch import file_page, fill, finish_batch, start_batch

VOID = {"meta", "br", "img", "link", "input", "hr", "path", "use", "rect", "stop", "circle", "line"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with open_ledger(f"sqlite:///{tmp_path_factory.mktemp('report')}/ledger.db") as ledger:
        fill(ledger, page_count=24)
        yield ledger


@pytest.fixture(scope="module")
def page(ledger):
    return render(ledger, "batch-1")


def render(ledger, batch_id):
    frames = ledger.predictions_frame(batch_id), ledger.pages_frame(batch_id)
    return report_html(ledger.batch(batch_id), *frames, ledger.crop_png)


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attrs = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def test_is_one_well_formed_page_that_fetches_and_runs_nothing(page):
    parsed = Balance()
    parsed.feed(page)
    assert parsed.open == []
    assert {"script", "link", "iframe", "object"}.isdisjoint(parsed.tags)
    sources = [value for _, name, value in parsed.attrs if name in ("src", "href", "xlink:href", "srcset")]
    assert sources
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not [name for _, name, _ in parsed.attrs if name.startswith("on")]


def test_says_the_numbers_of_the_ledger(ledger, page):
    batch = ledger.batch("batch-1")
    text = re.sub(r"<[^>]+>", " ", page)
    assert f"{batch.pages} pages" in " ".join(text.split())
    assert f"<b>{batch.accepted}</b><span>fields accepted" in page
    assert f"<b>{batch.review}</b><span>fields to review" in page
    assert "too_large 2" in page
    assert "too blurred to read" in page


def test_values_are_escaped(page):
    assert "&lt;b&gt;O&#39;Neil &amp; Sons&lt;/b&gt;" in page
    assert "<b>O'Neil" not in page


def test_nothing_of_a_sensitive_field_is_shown(ledger, page):
    frame = ledger.predictions_frame("batch-1")
    assert len(doubtful(frame).query("kind == 'ssn'"))
    assert "sensitive: kept in the ledger" in page
    assert "6789" not in page
    shown = page.count("data:image/png;base64,")
    assert shown == (doubtful(frame).head(60)["kind"] != "ssn").sum()


@pytest.mark.parametrize("kind", sorted(SENSITIVE_KINDS | {"name", "digits"}))
def test_sensitive_kinds_are_those_of_the_form(kind):
    assert Field(name="a", kind=kind, box=(0, 0, 9, 9)).is_sensitive == (kind in SENSITIVE_KINDS)


def test_worst_fields_come_first_and_with_their_alternatives(ledger, page):
    cards = [float(c) for c in re.findall(r'title="confidence">([\d.]+)<', page)]
    assert cards == sorted(cards)
    assert cards[0] == pytest.approx(doubtful(ledger.predictions_frame("batch-1"))["confidence"].min(), abs=0.006)
    assert "<code>F757557</code>" in page


def test_summary_adds_up(ledger):
    summary = summarize(ledger.batch("batch-1"), ledger.predictions_frame("batch-1"), ledger.pages_frame("batch-1"))
    assert summary.accepted + summary.review == summary.fields == sum(kind.fields for kind in summary.kinds)
    assert sum(summary.pages_by_status.values()) == summary.pages == 24
    assert [stage.stage for stage in summary.stages] == [
        "decode",
        "measure",
        "repair",
        "align",
        "cut",
        "read one field",
    ]
    assert summary.metrics()["accepted_rate"] == summary.accepted / summary.fields
    assert summary.metrics()["pages_per_second"] == pytest.approx(24 / 12.5)
    assert 250 < summary.metrics()["latency_ms_median/align"] < 370


@pytest.mark.parametrize("pages", [(), (11,), (3,), (0,)], ids=["none", "rejected", "blank", "one read"])
def test_odd_batches_have_reports(tmp_path, pages):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        start_batch(ledger, "odd", 12)
        for n in pages:
            file_page(ledger, "odd", n)
        assert "not finished" in render(ledger, "odd")
        finish_batch(ledger, "odd")
        assert "took 12.5 s" in render(ledger, "odd")
        assert stage_names(ledger.pages_frame("odd")) == (
            [] if pages in ((), (11,)) else ["decode", "measure", "repair", "align", "cut"]
        )
