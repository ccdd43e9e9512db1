"""`penfield query` as it is typed."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from serving.ledger import open_ledger
from tests.serving.office import house
from training.cli import app


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        house.read_batch(ledger, doubtful=("policy",))
    return tmp_path


def query(store: Path, *words: object, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["query", *map(str, words), "--store", str(store)], input=given)
    return result.exit_code, result.stdout, result.stderr


def test_a_table_on_the_screen(store: Path) -> None:
    code, printed, _ = query(store, "SELECT decision, count(*) AS n FROM decisions GROUP BY decision ORDER BY decision")
    assert code == 0 and "review" in printed and "2 rows" in printed


def test_from_standard_input_to_json_csv_and_parquet(store: Path) -> None:
    sql = "SELECT field, text, confidence FROM predictions ORDER BY field, text"
    code, printed, _ = query(store, "-", "--format", "json", given=sql)
    rows = [json.loads(line) for line in printed.splitlines()]
    assert code == 0 and rows and rows[0].keys() == {"field", "text", "confidence"}
    assert query(store, sql, "--format", "csv", "--out", store / "a.csv")[0] == 0
    assert len((store / "a.csv").read_text().splitlines()) == len(rows) + 1
    assert query(store, sql, "--format", "parquet", "--out", store / "a.parquet")[0] == 0
    assert pq.read_table(store / "a.parquet").num_rows == len(rows)


def test_the_views_with_their_columns(store: Path) -> None:
    code, printed, _ = query(store, "--views")
    assert code == 0 and "predictions" in printed and "log_mass" in printed


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "no question"),
        (("SELECT 1", "--format", "xml"), "xml"),
        (("SELECT 1", "--format", "parquet"), "--out"),
        (("SELECT 1", "--parquet", "nonsense"), "NAME=FILE"),
        (("DROP TABLE votes",), "no question"),
    ],
)
def test_what_is_no_question_is_told(store: Path, words: tuple[str, ...], complaint: str) -> None:
    code, _, complaints = query(store, *words)
    assert code == 2 and complaint in complaints
