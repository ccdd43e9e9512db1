"""Where a social security number must not be seen: MLflow's store, Parquet, reports, what commands print, webhooks and
logs. Searched for in all of them at once, after a life that brings it everywhere it could come."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from serving.delivery import deliver
from serving.export.export import Order, export
from serving.ledger import Ledger, open_ledger
from serving.ledger.masking import SENSITIVE_KINDS
from serving.report import report_html
from serving.truth.correct import Row, correct
from serving.webhook import post_waiting
from serving.webhook.hook import add_hook
from tests.serving.privacy.lived_in import crop_ids, files_in, live
from tests.serving.truth import talk
from tests.serving.webhook.receiver import Receiver, receiver
from training.cli import app

NUMBERS = ("123-45-678", "12345678", "45-678", "123-45")
"""As the model read them, as people keyed them, and more of them than the last four digits."""
SSN = "s1.png:1:ssn"


@pytest.fixture
def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Read accepted and doubtful, keyed by people, settled and corrected; told to MLflow and to a webhook."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with open_ledger(f"sqlite:///{tmp_path}/store/ledger.db") as ledger:
        live(ledger, tmp_path / "out")
        talk.read_scans(ledger, tmp_path / "doubtful", batch_id="doubtful", doubtful=("ssn",), salt=1)
        yield ledger


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def pictures(ledger: Ledger) -> list[bytes]:
    """The compressed pixels of the pictures of SSNs, as they would stand in any file that holds one."""
    with ledger.truth() as truth:
        uses = [use for name in ("batch", "doubtful") for use in truth.uses_in(name) if use.kind in SENSITIVE_KINDS]
    assert len(uses) == 6
    return [ledger.crop_png(use.crop_id)[60:100] for use in uses]


def seen(data: bytes, ledger: Ledger) -> list[bytes]:
    """What of the numbers and their pictures stands there, as it is or in base64."""
    import base64

    whole = [ledger.crop_png(crop_id) for crop_id in [crop_ids(scan)[2] for scan in talk.PAGES]]
    needles = [number.encode() for number in NUMBERS] + pictures(ledger)
    needles += [base64.b64encode(png)[80:120] for png in whole]
    return [needle for needle in needles if needle in data]


def text_of(path: Path) -> bytes:
    """A file's bytes; of a compressed table its cells."""
    return pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else path.read_bytes()


def test_mlflow_and_analysis_never_hold_one(
    lived: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture, server: Receiver
) -> None:
    with caplog.at_level(logging.DEBUG):
        add_hook(lived, server.url, with_values=True)
        correct(lived, [Row(line=2, field="s2.png:1:surname", value="Muller")], by="more.csv:abc", batch_id="batch")
        export(lived, Order(batches=("batch",), out=tmp_path / "handed out"))
        assert deliver(lived, tmp_path / "store").reason == "" and lived.pending(10) == []
        assert post_waiting(lived).delivered
    assert seen(text_of(tmp_path / "out" / "records.jsonl"), lived)  # the records hold it: the search below can fail
    store = [path for path in files_in(tmp_path / "store") if not path.name.startswith("ledger.db")]
    assert {".parquet", ".json", ".html", ".db"} <= {path.suffix for path in store}
    masked = [*store, *(tmp_path / name / "predictions.parquet" for name in ("out", "doubtful"))]
    assert {path.name: found for path in masked if (found := seen(text_of(path), lived))} == {}
    assert any(b"***-**-6789" in text_of(path) for path in masked)
    assert not [record for record in caplog.records if seen(record.getMessage().encode(), lived)]
    assert any("values" in said["data"] for _, said in server.got)
    assert not [body for body in server.bodies if seen(body, lived)]


@pytest.mark.parametrize("batch_id", ["batch", "doubtful"])
def test_the_report_never_shows_one(lived: Ledger, batch_id: str) -> None:
    frames = lived.predictions_frame(batch_id), lived.pages_frame(batch_id)
    page = report_html(lived.batch(batch_id), *frames, lived.crop_png)
    assert "ssn" in page or batch_id == "batch"
    assert not seen(page.encode(), lived) and "6789" not in page


def test_no_command_prints_one(lived: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "fixes.csv"
    file.write_text("scan,page,field,value\ns1.png,1,ssn,123-45-67\n")
    crop_id = crop_ids("s1")[2]
    words = [
        ["truth", crop_id, "--alike", str(tmp_path / "alike.html")],
        ["truth", SSN, "--batch", "doubtful"],
        ["correct", str(file), "--batch", "batch"],
        ["corrections", "--all"],
        ["checked", "--since", "2000-01-01"],
        ["numbers"],
        ["export", "--out", str(tmp_path / "masked"), "--mask"],
        ["erase", "s1.png:1", "--dry-run"],
    ]
    said = ""
    for some in words:
        done = CliRunner().invoke(app, [*some, "--store", str(tmp_path / "store")], env={"PENFIELD_LEDGER": ""})
        assert done.exit_code == (4 if some[0] == "correct" else 0), done.output
        assert not seen(done.output.encode(), lived), some
        said += done.output
    assert "***-**-678" in said and "not nine digits" in said
    written = [tmp_path / "alike.html", *files_in(tmp_path / "masked")]
    assert len(written) > 4 and not [path for path in written if seen(text_of(path), lived)]
