import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pandas as pd
import pytest

from serving.commands.ui import running_ui
from serving.delivery import Courier, deliver
from serving.ledger import open_ledger
from serving.report import doubtful
from serving.tracking import Tracking, open_store
from tests.serving.sample_batch import file_page, fill, finish_batch, start_batch

HOUSE = Path(__file__).parents[2]
PAGES = 24


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """MLflow takes seconds to create its tables; each test gets a copy of this file."""
    folder = tmp_path_factory.mktemp("empty")
    Tracking(folder)
    return folder / "mlflow.db"


@pytest.fixture
def ledger(tmp_path, monkeypatch, empty_store):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_store, tmp_path)
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield ledger


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A batch that was delivered: the ledger, the folder and what MLflow shows of it."""
    folder = tmp_path_factory.mktemp("delivered")
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        fill(ledger, page_count=PAGES)
        report = deliver(ledger, folder)
        assert (report.delivered, report.pending, report.reason) == (PAGES + 2, 0, "")
        yield ledger, Shown(open_store(folder).uri), folder


class Shown:
    """What the store holds, counted through MLflow's own client."""

    def __init__(self, uri):
        import mlflow

        self.client = mlflow.MlflowClient(uri)
        self.experiment = self.client.get_experiment_by_name("recognition").experiment_id

    def runs(self):
        return self.client.search_runs([self.experiment])

    def run(self, batch_id="batch-1"):
        (run,) = self.client.search_runs([self.experiment], f"tags.`penfield.key` = '{batch_id}'")
        return run

    def traces(self, run):
        return self.client.search_traces(locations=[self.experiment], run_id=run.info.run_id, max_results=500)

    def download(self, run, path, folder):
        return Path(self.client.download_artifacts(run.info.run_id, path, str(folder)))

    def predictions(self, run, folder):
        shards = sorted(self.download(run, "predictions", folder).glob("*.parquet"))
        return pd.concat([pd.read_parquet(shard) for shard in shards])


def assert_complete(ledger, shown, folder, batch_id="batch-1"):
    """Everything once: rows, metrics, traces, table."""
    run = shown.run(batch_id)
    written = ledger.predictions_frame(batch_id)
    arrived = shown.predictions(run, folder)
    assert sorted(arrived["prediction_id"]) == sorted(written["prediction_id"])
    assert run.info.status == "FINISHED"
    assert run.data.metrics["fields"] == len(written)
    for name in run.data.metrics:
        assert len(shown.client.get_metric_history(run.info.run_id, name)) == 1
    traced = [trace.info.tags["penfield.page_id"] for trace in shown.traces(run)]
    pages = ledger.pages_frame(batch_id)
    failed = set(pages.loc[pages["status"].isin(["rescan", "unmatched"]), "page_id"])
    assert sorted(traced) == sorted(set(doubtful(written)["page_id"]) | failed)
    table = json.loads(shown.download(run, "review.json", folder).read_text())
    assert len(table["data"]) == len(doubtful(written).query("kind != 'ssn'"))
    assert ledger.pending(10) == []


def test_what_mlflow_shows_is_what_the_ledger_holds(shown, tmp_path):
    ledger, mlflow, _ = shown
    assert_complete(ledger, mlflow, tmp_path)
    run = mlflow.run()
    facts = ledger.batch("batch-1")
    assert run.data.params["bundle_id"] == facts.bundle_id
    assert run.data.params["limits.pages"] == "500"
    assert run.data.params["form.insurance_application"] == "f" * 32
    assert run.data.metrics["review"] == facts.review
    assert run.data.metrics["pages/rescan"] == 2
    assert run.data.metrics["rejected/too_large"] == 2
    assert run.data.metrics["seconds"] == 12.5


def test_the_frames_survive_parquet(shown, tmp_path):
    ledger, mlflow, _ = shown
    pd.testing.assert_frame_equal(mlflow.predictions(mlflow.run(), tmp_path), ledger.predictions_frame("batch-1"))


def test_a_trace_tells_stages_measures_and_decisions_but_no_values(shown):
    _, mlflow, _ = shown
    trace = next(t for t in mlflow.traces(mlflow.run()) if t.info.tags["penfield.status"] == "read")
    trace = mlflow.client.get_trace(trace.info.trace_id)
    root, *stages = trace.data.spans
    assert [span.name for span in stages] == ["decode", "measure", "repair", "align", "cut", "read", "decide"]
    assert stages[1].attributes["sharpness"] > 0
    assert stages[2].attributes["steps"][0]["name"] == "deskew"
    assert stages[3].attributes["inliers"] >= 80
    assert set(stages[5].attributes["ssn"]) == {"kind", "outcome", "confidence", "latency_ms", "prediction_id"}
    assert stages[6].attributes["amount"]["threshold"] == 0.95
    assert all(root.start_time_ns <= s.start_time_ns <= s.end_time_ns <= root.end_time_ns + 10 for s in stages)
    for value in ("Margarethe", "6789", "F757558", "02/30"):
        assert value not in trace.to_json()


def test_no_social_security_number_reaches_mlflow(shown):
    *_, folder = shown
    ssn_pictures = [
        shown[0].crop_png(crop_id)
        for crop_id in shown[0].predictions_frame("batch-1").query("kind == 'ssn'")["crop_id"]
    ]
    files = [path for path in (folder / "artifacts").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        data = path.read_bytes()
        assert b"123-45-6789" not in data
        assert data not in ssn_pictures


def test_delivered_again_after_a_death_before_the_receipt_changes_nothing(ledger, tmp_path, monkeypatch):
    fill(ledger, page_count=PAGES)

    def die(keys):
        raise KeyError("died")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "mark_delivered", die)
        report = deliver(ledger, tmp_path)
    assert (report.delivered, report.pending, report.reason) == (0, PAGES + 2, "KeyError")
    assert deliver(ledger, tmp_path).delivered == PAGES + 2
    assert_complete(ledger, Shown(open_store(tmp_path).uri), tmp_path / "check")


def test_a_batch_is_delivered_as_it_grows(ledger, tmp_path):
    start_batch(ledger, "batch-1", PAGES)
    for n in range(PAGES):
        file_page(ledger, "batch-1", n)
        if n in (0, 9, 17):
            assert deliver(ledger, tmp_path).reason == ""
            shown = Shown(open_store(tmp_path).uri)
            arrived = shown.predictions(shown.run(), tmp_path / f"check-{n}")
            assert len(arrived) == len(ledger.predictions_frame("batch-1"))
            assert shown.run().info.status == "RUNNING"
    finish_batch(ledger, "batch-1")
    deliver(ledger, tmp_path)
    assert_complete(ledger, Shown(open_store(tmp_path).uri), tmp_path / "check")


def test_one_bad_batch_does_not_hold_up_the_others(ledger, tmp_path, monkeypatch):
    for batch_id in ("bad", "good"):
        fill(ledger, batch_id, page_count=2)
    whole = ledger.predictions_frame

    def frame(batch_id, page_keys=None):
        if batch_id == "bad":
            raise ValueError("Margarethe cannot be converted")
        return whole(batch_id, page_keys)

    monkeypatch.setattr(ledger, "predictions_frame", frame)
    report = deliver(ledger, tmp_path)
    assert (report.delivered, report.pending) == (4, 4)
    assert report.reason == "ValueError"  # the message may quote a value


@pytest.mark.parametrize("kind", ["refused", "silent", "read only"])
def test_an_unreachable_store_is_told_and_never_raised(ledger, tmp_path, monkeypatch, kind):
    fill(ledger, page_count=3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uris = {
            "refused": "http://127.0.0.1:9",
            "silent": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "read only": f"sqlite:///file:{tmp_path}/ledger.db?mode=ro&uri=true",
        }
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uris[kind])
        began = time.monotonic()
        report = deliver(ledger, tmp_path)
    assert time.monotonic() - began < 4
    assert (report.delivered, report.pending) == (0, 5)
    assert "the MLflow store" in report.line
    assert "\n" not in report.line
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert deliver(ledger, tmp_path).pending == 0


def test_only_one_delivers_at_a_time(ledger, tmp_path):
    fill(ledger, page_count=1)
    with open_store(tmp_path).locked("delivery") as alone:
        assert alone
        assert deliver(ledger, tmp_path).reason == "another process is delivering"
    assert deliver(ledger, tmp_path).pending == 0


def test_the_courier_brings_everything_before_it_ends(ledger, tmp_path):
    with Courier(tmp_path, ledger.url) as courier:
        fill(ledger, page_count=PAGES)
    assert (courier.report.delivered, courier.report.pending) == (PAGES + 2, 0)
    assert_complete(ledger, Shown(open_store(tmp_path).uri), tmp_path / "check")


def test_the_courier_does_not_hold_up_a_batch_whose_store_is_silent(ledger, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        fill(ledger, page_count=2)
        with Courier(tmp_path, ledger.url) as courier:
            time.sleep(7)
            fill(ledger, "batch-2", page_count=3)
            began = time.monotonic()
    assert time.monotonic() - began < 1
    assert courier.report.pending == 4 + 5
    assert "no answer within 2 s" in courier.report.line


def run_python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(HOUSE), "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_killed_at_every_step_of_a_delivery_nothing_is_lost_or_doubled(ledger, tmp_path):
    """The process kills itself (SIGKILL) when the n-th part has arrived; the next one begins where that left off."""
    fill(ledger, page_count=PAGES)
    code = """
        import os, signal, sys
        from pathlib import Path
        from serving.delivery import deliver
        from serving.ledger import open_ledger
        left = int(sys.argv[3])
        def arrived():
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        deliver(open_ledger(sys.argv[1]), Path(sys.argv[2]), progress=arrived)
    """
    for n in (1, 2, 4, 6, 7, 8):
        killed = run_python(code, ledger.url, tmp_path, n)
        assert killed.wait(90) == -signal.SIGKILL
        assert len(ledger.pending(100)) == PAGES + 2
    assert deliver(ledger, tmp_path).pending == 0
    assert_complete(ledger, Shown(open_store(tmp_path).uri), tmp_path / "check")


@pytest.mark.slow
def test_the_courier_outlives_a_killed_batch_and_brings_what_there_is(ledger, tmp_path):
    code = """
        import os, signal, sys
        from pathlib import Path
        from serving.delivery import Courier
        from serving.ledger import open_ledger
        from tests.serving.sample_batch import file_page, start_batch
        ledger = open_ledger(sys.argv[1])
        with Courier(Path(sys.argv[2]), ledger.url):
            start_batch(ledger, "batch-1", 24)
            for n in range(12):
                file_page(ledger, "batch-1", n)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_python(code, ledger.url, tmp_path).wait(60) == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while ledger.pending(100) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ledger.pending(100) == []
    for n in range(12, PAGES):
        file_page(ledger, "batch-1", n)
    finish_batch(ledger, "batch-1")
    while deliver(ledger, tmp_path).pending and time.monotonic() < deadline + 60:
        time.sleep(0.2)  # the orphaned courier is not gone before its last round is over
    assert ledger.pending(100) == []
    assert_complete(ledger, Shown(open_store(tmp_path).uri), tmp_path / "check")


@pytest.mark.slow
def test_delivery_to_a_server_counts_the_same(ledger, tmp_path, monkeypatch):
    fill(ledger, page_count=PAGES)
    server = open_store(tmp_path / "server")
    Tracking(server.folder)
    with running_ui(server) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with Courier(tmp_path / "client", ledger.url, silence_s=60) as courier:
            pass
        assert (courier.report.reason, courier.report.pending) == ("", 0)
        assert_complete(ledger, Shown(address), tmp_path / "check")
