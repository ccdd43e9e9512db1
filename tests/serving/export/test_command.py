"""`penfield export`, as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.ledger import open_ledger
from tests.serving.truth import talk
from training.cli import app


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for number, batch_id in enumerate(("first", "second")):
            talk.read_scans(ledger, batch_id=batch_id, salt=number)
    return tmp_path


def said(store: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["export", "--store", str(store), *words], env={"PENFIELD_LEDGER": ""})
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize(
    ("words", "batches"),
    [
        ((), ["first", "second"]),
        (("--latest",), ["second"]),
        (("--batch", "fir"), ["first"]),
        (("--since", "2020-01-01"), ["first", "second"]),
    ],
)
def test_batches_are_chosen(store: Path, words: tuple[str, ...], batches: list[str]) -> None:
    out = store / "out"
    text = said(store, "--out", str(out), "--format", "jsonl", *words)
    assert f"{2 * len(batches)} records" in text and f"left out: {len(batches)}" in text
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys(line["batch_id"] for line in lines)) == batches


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--batch", "third"), "0 batches begin with 'third'"),
        (("--latest", "--since", "2020-01-01"), "exclude each other"),
        (("--since", "2999-01-01"), "no batch to export"),
        (("--format", "pdf"), "no format pdf"),
    ],
)
def test_what_cannot_be_exported_is_said(store: Path, words: tuple[str, ...], told: str) -> None:
    assert told in said(store, "--out", str(store / "out"), *words, code=2)
    assert not (store / "out" / "manifest.json").exists()
