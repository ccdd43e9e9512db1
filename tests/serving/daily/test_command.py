"""`penfield report` as it is typed, and as a timer runs it."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import mlflow
import pytest
from typer.testing import CliRunner

from serving.daily import Reports, report_of
from tests.serving.daily.conftest import DAY, POLICY, Drawn
from tests.serving.daily.test_letter import SENDER, Desk, Office
from training.cli import app


def report(store: Path, *words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["report", *map(str, words), "--store", str(store)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def store(drawn: Drawn, tmp_path: Path) -> Path:
    """A copy of the store: as it is typed, everything is written down."""
    shutil.copytree(drawn.store, tmp_path / "store")
    return tmp_path / "store"


def test_kept_logged_and_sent(store: Path, tmp_path: Path) -> None:
    office = Office()
    with Desk(office, tmp_path) as desk:
        address = f"smtp://127.0.0.1:{desk.port}"
        code, printed, complaints = report(
            store, "--date", DAY, "--out", tmp_path / "day.html", "--to", "ann@example.com", "--from", SENDER,
            "--smtp", address, "--authority", desk.authority, "--no-handwriting",
        )  # fmt: skip
    assert code == 0 and "not told" not in complaints and "sent to 1 of 1" in printed and len(office.letters) == 1
    assert "cdata" not in (tmp_path / "day.html").read_text() and "Four weeks" in (tmp_path / "day.html").read_text()
    noted = json.loads((store / "reports" / f"{DAY}.sent.json").read_text())
    assert noted["to"] == ["ann@example.com"]
    client = mlflow.MlflowClient(f"sqlite:///{store}/mlflow.db")
    experiment = client.get_experiment_by_name("daily")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["day/fields"] > 5_000 and 0.5 < run.data.metrics["accuracy/audited"] < 1
    assert [item.path for item in client.list_artifacts(run.info.run_id)] == ["report.html"]


def test_what_is_kept_shows_nothing_that_was_written(drawn: Drawn, tmp_path: Path) -> None:
    made = report_of(drawn.ledger, drawn.store, DAY, POLICY, pictured=False)
    kept = Reports(tmp_path).keep(made).read_text()
    wrong = [row for row in drawn.day.rows("mistakes") if row["kind"] in ("code", "name", "date") and row["read"]]
    assert wrong and "Accepted, and found wrong" in kept
    assert not [row["read"] for row in wrong if "<code" in kept and f">{row['read']}<" in kept]
    assert [row["read"] for row in wrong if f">{row['read']}<" in made.page(kept=False)]


def test_a_timer_makes_up_for_days_that_were_missed(tmp_path: Path) -> None:
    reports, last = Reports(tmp_path), date(2026, 3, 10)
    assert reports.missing(last) == [last]  # the first time, nobody waits for old news
    reports.folder.mkdir()
    (reports.folder / "2026-03-07.sent.json").write_text("{}")
    assert reports.missing(last) == [date(2026, 3, 8), date(2026, 3, 9), last]
    (reports.folder / "2026-03-10.sent.json").write_text("{}")
    assert reports.missing(last) == []
    assert len(reports.missing(date(2026, 5, 1))) == 7


def test_the_questions_are_printed_as_they_can_be_asked(store: Path) -> None:
    code, printed, _ = report(store, "--date", DAY, "--questions")
    assert code == 0
    sql = printed.split("-- work\n")[1].split(";")[0]
    asked = CliRunner().invoke(app, ["query", "-", "--format", "json", "--store", str(store)], input=sql)
    rows = [json.loads(line) for line in asked.stdout.splitlines()]
    assert asked.exit_code == 0 and str(DAY) in {row["day"][:10] for row in rows}


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["--date", "yesterday"], "is no day"),
        (["--date", (datetime.now(UTC).date() + timedelta(days=2)).isoformat()], "not over"),
        (["--date", "2026-01-06", "--missing"], "leave out --date"),
        (["--to", "ann@example.com", "--from", "p@example.com"], "no mail server"),
        (["--to", "ann@example.com", "--smtp", "smtp://localhost"], "is no address"),
        (["--to", "ann", "--from", "p@example.com", "--smtp", "smtp://localhost"], "is no address"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, words: list[str], mend: str) -> None:
    code, _, complaints = report(tmp_path, *words)
    assert code == 2 and mend in complaints
