"""`penfield numbers` says what the numbers are."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.drawn_ledger import draw
from serving.ledger import open_ledger
from serving.metrics import production_metrics
from training.cli import app


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        draw(ledger, 40, pages_per_batch=20, audit=0.15)
    return folder


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["numbers", *words], env={"PENFIELD_LEDGER": "", "PENFIELD_STORE": ""})
    assert result.exit_code == code, result.output
    return result.output


def test_the_tables_say_what_the_numbers_are(store: Path) -> None:
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        found = production_metrics(ledger)
    told = said("--store", str(store))
    assert f"{found.pages:,} pages, {found.fields:,} fields" in told
    assert f"{found.automation_rate:.1%}" in told and f"{found.accuracy.value:.2%}" in told
    assert f"{found.accuracy.low:.2%} to {found.accuracy.high:.2%}" in told
    assert f"cost {found.work.cost:,.2f}" in told and found.accuracy.reason in told
    tables = told.partition("Accuracy:")[0].splitlines()
    assert len(tables) > 20 and all(len(line.rstrip()) <= 80 for line in tables)


def test_json_holds_the_same_of_a_batch(store: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("wage_per_hour: 36\npiece_rate: 0.5\n")
    told = json.loads(
        said("--store", str(store), "--json", "--batch", "batch-1", "--policy", f"{tmp_path}/policy.yaml")
    )
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        found = production_metrics(ledger, batch_id="batch-1")
    assert told["all"]["fields"] == found.fields and told["all"]["accuracy"]["audits"] == found.accuracy.audits
    work = told["work"]["production"]
    assert work["cost"] == pytest.approx(work["seconds"] / 100 + work["votes"] / 2)


def test_what_makes_no_sense_is_told(store: Path, tmp_path: Path) -> None:
    assert "knows no batch" in said("--store", str(store), "--batch", "nothing", code=6)
    assert "not a time" in said("--store", str(store), "--since", "yesterday", code=2)
    (tmp_path / "policy.yaml").write_text("wage_per_hour: -1\n")
    assert "an amount of money" in said("--store", str(store), "--policy", f"{tmp_path}/policy.yaml", code=2)
    assert "0 pages, 0 fields" in said("--store", str(tmp_path))
