"""Customers' corrections: all or none, with line numbers, and the same again is harmless."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recognizer.errors import InputError, UsageError
from serving.ledger import Ledger, open_ledger
from serving.truth.correct import Corrected, Row, correct
from serving.truth.csv_file import load_corrections
from serving.truth.moment import beginning, end, shown
from serving.truth.story import story_of
from tests.serving.truth import talk


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        talk.read_scans(opened)
        yield opened


def take_in(ledger: Ledger, folder: Path, *lines: str, any_value: bool = False) -> Corrected:
    path = folder / "acme.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    given = load_corrections(path)
    return correct(ledger, given.rows, by=given.name, any_value=any_value)


def believed(ledger: Ledger, field: str) -> str:
    said = story_of(ledger, field).belief()
    assert said is not None
    return said.text if said.outcome == "text" else said.outcome


def test_a_file_is_taken_in_once(ledger: Ledger, tmp_path: Path) -> None:
    lines = [
        "scan,page,field,value,reason",
        "s1.png,1,policy,E757558,misread",
        's1.png,1,surname,"Fisher, Jr.",',
        "s2.png,1,surname,MILLER,",
        "s3.png,1,surname,,",
    ]
    assert take_in(ledger, tmp_path, *lines) == Corrected(filed=4, known=0, otherwise=3, confirming=1, later=0)
    assert take_in(ledger, tmp_path, *lines) == Corrected(filed=0, known=4, otherwise=0, confirming=0, later=0)
    assert believed(ledger, "s1.png:1:surname") == "Fisher, Jr." and believed(ledger, "s3.png:1:surname") == "blank"
    longer = take_in(ledger, tmp_path, *lines, "s3.png,1,policy,C998877,")
    assert (longer.filed, longer.known) == (1, 4)
    assert len(story_of(ledger, "s1.png:1:policy").statements) == 2


def test_a_changed_mind_is_news_though_the_value_is_old(ledger: Ledger, tmp_path: Path) -> None:
    for reason, value in enumerate(["E757558", "E757559", "E757558"]):
        line = f"s1.png,1,policy,{value},{reason}"
        assert take_in(ledger, tmp_path, "scan,page,field,value,reason", line).filed == 1
        assert believed(ledger, "s1.png:1:policy") == value
    take_in(ledger, tmp_path, "scan,page,field,value,reason", "s1.png,1,policy,E757559,1")  # the second file again
    assert believed(ledger, "s1.png:1:policy") == "E757558"


def test_ids_may_name_a_field(ledger: Ledger, tmp_path: Path) -> None:
    use = story_of(ledger, "s1.png:1:policy").use
    with pytest.raises(InputError, match="is not in that batch"):
        correct(ledger, [Row(line=2, field=use.crop_id, value="E757558")], by="x", batch_id="other")
    take_in(ledger, tmp_path, "prediction_id,value", f"{use.prediction_id},E757558")
    take_in(ledger, tmp_path, "crop_id,outcome,value", f"{use.crop_id},withdrawn,")
    assert believed(ledger, use.address) == "F757558"


def test_whatever_is_wrong_is_listed_and_nothing_is_filed(ledger: Ledger, tmp_path: Path) -> None:
    lines = [
        "scan,page,field,value,outcome,valid_at",
        "s1.png,1,policy,E757558,,",
        "s9.png,1,policy,E1,,",
        "s1.png,x,policy,E1,,",
        "s1.png,1,nothing,E1,,",
        "s1.png,1,surname,Fish,gone,",
        "s1.png,1,surname,Fish,blank,",
        "s1.png,1,surname,Fish,,yesterday",
        "s1.png,1,ssn,12345,,",
        "s1.png,1,policy,E757559,,",
    ]
    with pytest.raises(InputError) as caught:
        take_in(ledger, tmp_path, *lines)
    told = str(caught.value)
    for line in range(3, 10):
        assert f"line {line}: " in told
    assert "lines 2, 10: one field several times" in told and "12345" not in told and "E757558" not in told
    with ledger.truth() as truth:
        assert truth.crops_judged() == []
    kept = [lines[0].removesuffix(",outcome,valid_at"), "s1.png,1,ssn,12345"]
    assert take_in(ledger, tmp_path, *kept, any_value=True).filed == 1


def test_an_apostrophe_that_guards_a_formula_is_none_of_the_value(ledger: Ledger, tmp_path: Path) -> None:
    take_in(ledger, tmp_path, "scan,page,field,value", "s1.png,1,surname,'-Fisher", "s2.png,1,surname,'t Hooft")
    assert believed(ledger, "s1.png:1:surname") == "-Fisher" and believed(ledger, "s2.png:1:surname") == "'t Hooft"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"scan,page,value\n", "begin with a line `scan,page,field,value`"),
        (b"", "columns are missing"),
        (b"scan,page,field,value,why\n", "no such column: why"),
        (b"scan,page,field,value\ns1.png,1,policy,E,1\n", "line 2: more cells than columns"),
        (b'scan,page,field,value\ns1.png,1,policy,"E\n', "line 2"),
        (b"scan,page,field,value\n\xff\n", "UTF-8"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(InputError, match=words):
        load_corrections(tmp_path / "bad.csv")
    with pytest.raises(InputError, match="nowhere"):
        load_corrections(tmp_path / "nowhere.csv")


def test_a_name_must_mean_one_field(ledger: Ledger) -> None:
    for name, words in (("policy", "no field"), ("s1.png:1:none", "no batch has"), ("ffffffff0", "no batch has")):
        with pytest.raises(UsageError, match=words):
            story_of(ledger, name)
    assert correct(ledger, [Row(line=1, field="s1.png:1:policy", value="E757558")], by="http:1").otherwise == 1


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2026-11-24", "2026-11-24 00:00:00", "2026-11-24 23:59:59"),
        ("2026-11-24T09:30", "2026-11-24 09:30:00", "2026-11-24 09:30:00"),
        ("2026-11-24T09:30:05+02:00", "2026-11-24 07:30:05", "2026-11-24 07:30:05"),
    ],
)
def test_times_are_utc_and_a_day_has_two_ends(given: str, first: str, last: str) -> None:
    assert (shown(beginning(given)), shown(end(given))) == (first, last)
    assert len(beginning(given)) == len(end(given)) == 32
    for wrong in ("", "24.11.2026", "2026-02-30", "0001-01-01T00:00+05:00"):
        with pytest.raises(UsageError, match="mend"):
            beginning(wrong)
