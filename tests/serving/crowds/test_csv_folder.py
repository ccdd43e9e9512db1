"""A folder for a spreadsheet: what goes out is blind; what comes back is taken whole or not at all."""

import csv
import os
from pathlib import Path

import pytest

from recognizer.errors import InputError
from serving.consensus import Entry
from serving.crowds.csv_folder import load_answers, write_folder
from tests.serving.crowds.items import EVERY_WAY, PNG, item

HEAD = "task,worker,answer,outcome,seconds\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "answers.csv"
    path.write_bytes(text.encode())
    return path


def test_a_folder_has_all_that_people_need(tmp_path: Path) -> None:
    write_folder(EVERY_WAY, tmp_path)
    with (tmp_path / "tasks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["task"] for row in rows] == [each.task_id for each in EVERY_WAY]
    assert all((tmp_path / row["image"]).read_bytes() == PNG for row in rows)
    assert set(rows[0]) == {"task", "image", "question", "kind", "hint", "choices"}
    assert rows[4]["choices"] == "monthly|yearly" and rows[1]["hint"].startswith("a date (day, month, year)")
    assert load_answers(tmp_path / "answers.csv") == ()
    assert "illegible" in (tmp_path / "HOW.txt").read_text()


def test_answers_are_not_overwritten_and_labels_run_no_formula(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "t1,ann,a,,\n")
    odd = item("code")
    write_folder([odd, type(odd)(task_id="t9", definition=odd.definition, label="=1+1", png=PNG)], tmp_path)
    assert len(load_answers(path)) == 1
    assert ",'=1+1," in (tmp_path / "tasks.csv").read_text()


def test_answers_come_in(tmp_path: Path) -> None:
    rows = 't1,ann,"1,250.00",,3.5\nt2,ann,,Blank,\nt2,bob, 12/31/2019 ,,"4,5"\n\n'
    told = load_answers(written(tmp_path, HEAD + rows), known=("t1", "t2"))
    assert [(a.task_id, a.worker, a.entry, a.seconds, a.place) for a in told] == [
        ("t1", "ann", Entry(text="1,250.00"), 3.5, "line 2"),
        ("t2", "ann", Entry(outcome="blank"), 0.0, "line 3"),
        ("t2", "bob", Entry(text="12/31/2019"), 4.5, "line 4"),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_as_spreadsheets_save_it(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeff" + "task,worker,answer\r\nt1,ann,Müller\r\n".replace(",", delimiter)
    assert load_answers(written(tmp_path, text))[0].entry == Entry(text="Müller")


def test_every_wrong_line_is_named_and_nothing_is_taken(tmp_path: Path) -> None:
    rows = [
        "t1,ann,a,,", ",ann,a,,", "t1,,a,,", "t1,bob,,,", "t1,cem,a,blank,", "t1,dora,,bored,", "t1,eva,a,,soon",
        "t1,fay,a,,-1", "t9,ann,a,,", "t1,ann,b,,",
    ]  # fmt: skip
    with pytest.raises(InputError) as told:
        load_answers(written(tmp_path, HEAD + "\n".join(rows)), known=("t1",))
    lines = str(told.value).splitlines()
    numbers = [line.split("line ")[1].split(":")[0] for line in lines]
    assert numbers == ["3", "4", "5", "6", "7", "8", "9", "10", "11"]
    assert "otherwise in line 2" in lines[-1] and all("mend" in line for line in lines[:-1])


def test_of_very_many_some_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and 30 more"):
        load_answers(written(tmp_path, HEAD + "t1,,a,,\n" * 50))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column task"),
        ("task,answer\nt,a\n", "no column worker"),
        ("task,worker,answer,reading\n", "no such column: reading"),
        (HEAD + "t,a,b,,1,2\n", "line 2: more cells"),
        (HEAD + 't,a,"b,,\n', "after line 1"),
    ],
)
def test_other_files_get_a_clear_error(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        load_answers(written(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_answers(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(os.urandom(4) + b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        load_answers(tmp_path / "x.csv")
