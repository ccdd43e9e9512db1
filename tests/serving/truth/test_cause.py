"""Which accepted fields share the cause of a correction."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.ledger import Ledger, open_ledger
from serving.ledger.statement import Statement
from serving.truth.accuracy import judged
from serving.truth.alike import alike_html
from serving.truth.cause import Suspect, confusions, suspects
from serving.truth.correct import Row, correct
from serving.truth.story import story_of
from tests.serving.truth import talk

FIELD = "s1.png:1:policy"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        talk.read_scans(opened)
        yield opened


def text(value: str, outcome: str = "text") -> Statement:
    return Statement(
        statement_id="x", crop_id="c", source="model", outcome=outcome, text=value, confidence=None, valid_at="",
        known_at="", by="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "true", "kind", "found"),
    [
        ("F757558", "E757558", "code", [("F", "E", 0)]),
        ("397693", "391693", "digits", [("7", "1", 2)]),
        ("PORTELLERY", "PORT ELLERY", "text", [("", " ", 4)]),
        ("rn", "m", "text", [("rn", "m", 0)]),
        ("3907", "3961", "digits", [("0", "6", 2), ("7", "1", 3)]),
        ("yes", "no", "checkbox", [("yes", "no", None)]),
    ],
)
def test_confusions_are_what_differs(read: str, true: str, kind: str, found: list[tuple[str, str, int | None]]) -> None:
    said = confusions(text(read), text(true), kind)
    assert [(one.read, one.true, one.at) for one in said] == found


def test_an_outcome_is_confused_as_a_whole() -> None:
    (one,) = confusions(text("", "blank"), text("12"), "digits")
    assert (one.read, one.true, one.at) == ("blank", "12", None) and one.words == "blank read for 12"


def found_for(ledger: Ledger, value: str = "E757558", field: str = FIELD) -> list[Suspect]:
    correct(ledger, [Row(line=2, field=field, value=value)], by=f"{field}{value}")
    story = story_of(ledger, field)
    return suspects(ledger, story.use, story.use.reading, story.statements[-1])


def test_other_accepted_fs_are_shown_the_likeliest_first(ledger: Ledger) -> None:
    found = found_for(ledger)
    assert [suspect.use.address for suspect in found] == [
        "s2.png:1:policy",  # the model thought of E there too
        "s1.png:1:old_policy",  # the same hand, kind and place
        "s1.png:1:surname",  # the same hand and place
    ]
    assert found[0].reasons[0] == "the model thought of it" and "same field" in found[0].reasons
    assert "same page, so the same hand" in found[1].reasons and "same kind" not in found[2].reasons
    assert all(suspect.confusion.words == "F read for E" for suspect in found)


def test_what_was_checked_is_no_suspect_any_more(ledger: Ledger) -> None:
    correct(ledger, [Row(line=2, field="s2.png:1:policy", value="F757600")], by="other")
    assert "s2.png:1:policy" not in [suspect.use.address for suspect in found_for(ledger)]


def test_what_goes_to_review_is_none_either(ledger: Ledger) -> None:
    assert [item.use.address for item in judged(ledger) if not item.accepted] == ["s3.png:1:surname"]
    assert "s3.png:1:surname" not in [item.use.address for item in found_for(ledger, "E998877", "s3.png:1:policy")]


def test_the_page_shows_crops_and_hides_what_is_sensitive(ledger: Ledger) -> None:
    found = found_for(ledger, "G757558")
    page = alike_html(ledger, found[0].use, text("F757558"), replace(text("G757558"), source="customer"), found)
    assert page.count("data:image/png;base64,") == len(found) + 1 and "<mark>F</mark>" in page
    ssn = found_for(ledger, "123-45-6782", "s3.png:1:ssn")  # 1 read for 2
    numbers = [suspect for suspect in ssn if suspect.use.kind == "ssn"]
    assert len(numbers) == 2
    page = alike_html(ledger, numbers[0].use, text("123-45-6781"), text("123-45-6782"), numbers)
    assert "data:image" not in page and "123-45" not in page and page.count("not shown: sensitive") == 3
    assert "read for" not in page and "or 2?" not in page and "same place" not in page
