"""`penfield truth`, `correct`, `corrections` and `checked`, as they are typed."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from serving.commands.cli import app
from serving.commands.truth import truth_app
from serving.ledger import open_ledger
from serving.ledger.clock import utc_now
from tests.serving.truth import talk


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        talk.read_scans(ledger, tmp_path / "out")
    (tmp_path / "acme.csv").write_text(
        "scan,page,field,value,reason\ns1.png,1,policy,E757558,it says E\ns2.png,1,ssn,123-45-9999,\n"
    )
    return tmp_path


def said(store: Path, *words: str, code: int = 0) -> str:
    whole = typer.Typer()
    whole.add_typer(app)
    whole.add_typer(truth_app)
    done = CliRunner().invoke(whole, [*words, "--store", str(store)], env={"COLUMNS": "220", "PENFIELD_LEDGER": ""})
    assert done.exit_code == code, done.output
    return done.output


def test_from_a_customers_file_to_the_records_delivered_again(store: Path) -> None:
    assert "nothing waits" in said(store, "corrections")
    before = utc_now()
    text = said(store, "correct", str(store / "acme.csv"))
    assert "verdicts filed: 2" in text and "2 contradict" in text
    assert "nothing new: all 2 rows" in said(store, "correct", str(store / "acme.csv"))
    text = said(store, "corrections")
    assert "F757558" in text and "E757558" in text and "2 records wait" in text
    assert "***-**-9999" in text and "123-45" not in text
    assert "2 records delivered" in said(store, "corrections", "--out", str(store / "again"))
    lines = [json.loads(line) for line in (store / "again" / "records.jsonl").read_text().splitlines()]
    assert [line["scan"] for line in lines] == ["s1.png", "s2.png"]
    assert lines[0]["fields"]["policy"]["value"] == "E757558" and lines[1]["fields"]["ssn"]["value"] == "123-45-9999"
    assert len((store / "again" / "corrections.jsonl").read_text().splitlines()) == 2
    assert "nothing waits" in said(store, "corrections", "--out", str(store / "again"))
    assert said(store, "corrections", "--all").count("waits") == 0
    assert "delivered again" in said(store, "corrections", "--all")
    code = [line.split() for line in said(store, "checked").splitlines() if line.startswith("code")]
    assert code == [["code", "6", "0", "1", "5"]]
    code = [line.split() for line in said(store, "checked", "--known", before).splitlines() if "code" in line]
    assert code == [["code", "6", "0", "0", "6"]]
    assert "s1.png:1:policy: unknown → wrong" in said(store, "checked", "--since", before)


def test_a_story_in_plain_words(store: Path) -> None:
    assert "Believed: F757558" in said(store, "truth", "s1.png:1:policy")
    before = utc_now()
    said(store, "correct", str(store / "acme.csv"))
    text = said(store, "truth", "s1.png:1:policy", "--alike", str(store / "alike.html"))
    rows = [line for line in text.splitlines() if line.startswith("20")]
    assert "model aaaaaaaaaaaa" in rows[0] and "98.0% sure; accepted" in rows[0] and "F757558" in rows[0]
    assert "customer acme.csv:" in rows[1] and "it says E" in rows[1] and rows[1].rstrip().endswith("E757558")
    assert "complete" in rows[2] and "delivered" in rows[3] and "re-opened" in rows[4]
    assert "Believed: E757558" in text and "F read for E): 3 accepted" in text
    assert (store / "alike.html").read_text().count("data:image/png") == 4
    assert "Believed (as known " in (old := said(store, "truth", "s1.png:1:policy", "--known", before))
    assert "F757558" in old.split("Believed")[1].splitlines()[0]
    hidden = said(store, "truth", "s2.png:1:ssn")
    assert "***-**-6780" in hidden and "***-**-9999" in hidden and "123" not in hidden and "read for" not in hidden


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("truth", "s1.png:1:none"), 2, "no batch has the field"),
        (("truth", "s1.png:1:policy", "--known", "soon"), 2, "not a time"),
        (("correct", "nowhere.csv"), 4, "nowhere.csv"),
        (("checked", "--by", "hand"), 2, "cannot count by hand"),
    ],
)
def test_what_cannot_be_is_said(store: Path, words: tuple[str, ...], code: int, told: str) -> None:
    assert told in said(store, *words, code=code)


def test_corrections_are_not_written_over_those_of_before(store: Path) -> None:
    said(store, "correct", str(store / "acme.csv"))
    (store / "again").mkdir()
    (store / "again" / "corrections.jsonl").write_text("{}\n")
    assert "name another folder" in said(store, "corrections", "--out", str(store / "again"), code=4)
    assert "2 records wait" in said(store, "corrections")
