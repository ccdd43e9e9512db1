"""Alarms as rows: one holds at a time of each monitor and slice, until somebody ends it for a reason."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from recognizer.errors import UsageError
from serving.ledger import open_ledger
from training.cli import app

SLICE = {"model": "m1", "component": "ash"}


def test_an_alarm_holds_once_until_it_is_ended_and_may_sound_again(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        with ledger.alarms() as alarms:
            assert alarms.turn() == (0, 0)
            assert alarms.sound("silent", SLICE, evidence={"met": 12}, prediction_id="p1", first_seen="2026-11-01")
            assert not alarms.sound("silent", dict(reversed(SLICE.items())), evidence={"met": 13})
            assert alarms.sound("silent", {**SLICE, "component": "birch"}, evidence={})
            assert alarms.sound("drift", {}, evidence={"psi": 0.4})
        with ledger.alarms_to_read() as alarms:
            first, *others = alarms.holding()
            assert len(others) == 2 and len(alarms.all({"model": "m1"})) == 2
            assert alarms.all({"model": "m2"}) == () and alarms.turn() == (3, 0)
        assert (first.monitor, first.slice, first.evidence) == ("silent", SLICE, {"met": 12})
        assert (first.first_seen, first.prediction_id, first.is_holding) == ("2026-11-01", "p1", True)
        with ledger.alarms() as alarms:
            ended = alarms.end(first.seq, by="ada", reason="the runtime was updated")
            assert (ended.ended_by, ended.end_reason, ended.is_holding) == ("ada", "the runtime was updated", False)
            assert first.seq not in [each.seq for each in alarms.holding()]
            assert alarms.sound("silent", SLICE, evidence={"met": 5}), "it is sounded anew"
            assert len(alarms.holding({"component": "ash"})) == 1 and len(alarms.all({"component": "ash"})) == 2
            assert alarms.turn() == (4, 1)


def test_what_cannot_be_ended_is_told(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger, ledger.alarms() as alarms:
        with pytest.raises(UsageError, match="there is none"):
            alarms.end(1, by="ada", reason="x")
        alarms.sound("drift", {}, evidence={})
        alarms.end(1, by="ada", reason="x")
        with pytest.raises(UsageError, match="ada ended it on"):
            alarms.end(1, by="bob", reason="y")


def test_of_many_that_sound_the_same_at_once_one_is_filed(empty_database: str) -> None:
    def sound(_: int) -> bool:
        with open_ledger(empty_database) as ledger, ledger.alarms() as alarms:
            return alarms.sound("silent", SLICE, evidence={})

    with open_ledger(empty_database), ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(sound, range(8))) == 1


def test_alarms_are_never_changed(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger, ledger.alarms() as alarms:
        alarms.sound("drift", {}, evidence={})
        alarms.end(1, by="ada", reason="x")
    engine = create_engine(empty_database)
    for statement in ("UPDATE alarms SET monitor = 'x'", "DELETE FROM alarms", "DELETE FROM alarm_ends"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_the_command_lists_alarms_and_ends_them(tmp_path: Path) -> None:
    def penfield(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["alarms", *words, "--store", str(tmp_path)], env={"COLUMNS": "200"})
        assert result.exit_code == code, result.output
        return result.output

    assert penfield() == "no alarm holds\n" and penfield("--all") == "there was no alarm\n"
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger, ledger.alarms() as alarms:
        alarms.sound("silent_component", SLICE, evidence={"met": 12, "share": 0.123456}, prediction_id="p1")
    told = penfield()
    assert "1  silent_component: component ash, model m1" in told
    assert "prediction p1" in told and "met 12, share 0.1235" in told
    assert "add --reason" in penfield("--end", "1", code=2)
    assert penfield("--end", "1", "--by", "ada", "--reason", "the runtime was updated") == "no alarm holds\n"
    assert "by ada: the runtime was updated" in penfield("--all")
    assert "ada ended it" in penfield("--end", "1", "--reason", "again", code=2)
