import io
import json
import socket
import sqlite3
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from serving.tracking import StoreUnreachable, TraceRecord, TraceStage, Tracking, open_store

AT_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    return Tracking(tmp_path_factory.mktemp("store"))


@pytest.fixture
def run_id(tracking, request):
    return tracking.open_run("checks", request.node.name, name="a run", started_at_ms=AT_MS)


def png(shade):
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 90), shade, np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def client(tracking):
    import mlflow

    return mlflow.MlflowClient(tracking.store.uri)


def artifacts(tracking, run_id):
    folder = tracking.store.artifacts / "checks" / run_id / "artifacts"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_is_found_again_by_its_key(tracking):
    first = tracking.open_run("checks", "it's one", params={"a": 1})
    again = tracking.open_run("checks", "it's one", params={"a": 2, "b": "x" * 9000})
    other = tracking.open_run("checks", "another")
    assert first == again != other
    params = client(tracking).get_run(first).data.params
    assert params["a"] == "1"
    assert len(params["b"]) == 6000


def test_a_second_run_made_by_a_call_that_timed_out_is_removed(tracking):
    first = tracking.open_run("checks", "twice")
    experiment = tracking.experiment("checks")
    client(tracking).create_run(experiment, tags={"penfield.key": "twice"})
    assert tracking.open_run("checks", "twice") == first
    assert len(client(tracking).search_runs([experiment], "tags.`penfield.key` = 'twice'")) == 1


def test_metrics_said_twice_count_once(tracking, run_id):
    curve = [("loss", 1 / (step + 1), step) for step in range(2500)]
    for _ in range(2):
        tracking.log_curves(run_id, curve, at_ms=AT_MS)
        tracking.log_metrics(run_id, {"rate": 0.5, "broken": float("nan")}, at_ms=AT_MS)
    assert len(client(tracking).get_metric_history(run_id, "loss")) == 2500
    assert len(client(tracking).get_metric_history(run_id, "rate")) == 1
    assert "broken" not in client(tracking).get_run(run_id).data.metrics


def test_a_table_said_twice_stands_once_with_its_images(tracking, run_id):
    frame = pd.DataFrame({"text": ["a", "b"], "confidence": [0.25, 0.5]})
    for _ in range(2):
        tracking.log_table(run_id, "review.json", frame, {"crop": [png(10), png(200)]})
    folder = tracking.store.artifacts / "checks" / run_id / "artifacts"
    table = json.loads((folder / "review.json").read_text())
    assert table["columns"] == ["crop", "text", "confidence"]
    assert [row[1:] for row in table["data"]] == [["a", 0.25], ["b", 0.5]]
    assert all((folder / row[0]["compressed_filepath"]).exists() for row in table["data"])
    assert (folder / table["data"][0][0]["filepath"]).read_bytes() == png(10)
    assert len(artifacts(tracking, run_id)) == 5
    assert json.loads(tracking.tags(run_id)["mlflow.loggedArtifacts"]) == [{"path": "review.json", "type": "table"}]


def test_parquet_rows_are_counted_back(tracking, run_id):
    for part in range(3):
        tracking.log_parquet(run_id, f"rows/part-{part}.parquet", pd.DataFrame({"n": range(100 + part)}))
    assert tracking.parquet_rows(run_id, "rows") == 303


def test_figures_and_files_arrive(tracking, run_id, tmp_path):
    from matplotlib.figure import Figure

    (tmp_path / "note.txt").write_text("kept")
    tracking.log_figure(run_id, "plots/loss.png", Figure(figsize=(1, 1)))
    tracking.log_file(run_id, tmp_path / "note.txt", "notes")
    tracking.log_text(run_id, "top.html", "<p>")
    assert artifacts(tracking, run_id) == ["notes/note.txt", "plots/loss.png", "top.html"]


def trace(n, failed=""):
    stages = [
        TraceStage(name="align", start_ms=0, duration_ms=30.5, attributes={"inliers": 120}),
        TraceStage(name="read", start_ms=30.5, duration_ms=9.5),
    ]
    return TraceRecord(
        key=f"page/{n}",
        name="page",
        started_at_ms=AT_MS + n,
        duration_ms=40,
        stages=stages,
        outputs={"n": n},
        failed=failed,
    )


def test_traces_said_twice_stand_once_and_belong_to_the_run(tracking, run_id):
    traces = [trace(n) for n in range(60)]
    assert tracking.log_traces("checks", run_id, traces[:35]) == 35
    assert tracking.log_traces("checks", run_id, traces) == 60
    assert tracking.log_traces("checks", run_id, traces) == 60
    found = client(tracking).search_traces(locations=[tracking.experiment("checks")], run_id=run_id, max_results=500)
    assert len(found) == 60
    spans = client(tracking).get_trace(traces[7].trace_id).data.spans
    assert [span.name for span in spans] == ["page", "align", "read"]
    assert spans[1].attributes["inliers"] == 120
    assert spans[1].parent_id == spans[0].span_id
    assert spans[2].end_time_ns - spans[2].start_time_ns == 9_500_000
    assert spans[2].end_time_ns == spans[0].end_time_ns


def test_a_failed_page_is_a_failed_trace(tracking, run_id):
    tracking.log_traces("checks", run_id, [trace(999, failed="too blurred")])
    found = client(tracking).get_trace(trace(999).trace_id)
    assert str(found.info.state.value) == "ERROR"


def test_a_bundle_is_registered_once_and_never_pickled(tracking, run_id, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"w" * 100)
    (tmp_path / "bundle.json").write_text("{}")
    settings = {"name": "penfield-text", "tags": {"penfield.bundle_id": "digest-1"}}
    version = tracking.register_bundle(run_id, tmp_path, alias="candidate", **settings)
    again = tracking.register_bundle(run_id, tmp_path, alias="champion", **settings)
    assert version == again == "1"
    registered = client(tracking).get_model_version_by_alias("penfield-text", "champion")
    assert registered.tags["penfield.bundle_id"] == "digest-1"
    files = artifacts(tracking, run_id)
    assert any(file.endswith("weights.safetensors") for file in files)
    assert not [file for file in files if file.endswith((".pkl", ".pickle"))]


def test_a_run_ends_when_the_batch_ended(tracking, run_id):
    tracking.finish(run_id, at_ms=AT_MS + 5000)
    tracking.finish(run_id, at_ms=AT_MS + 5000)
    info = client(tracking).get_run(run_id).info
    assert (info.status, info.start_time, info.end_time) == ("FINISHED", AT_MS, AT_MS + 5000)


@pytest.mark.slow
def test_a_registered_bundle_reads_through_the_door(tracking, run_id, tmp_path, monkeypatch):
    import mlflow

    from serving.ledger import open_ledger
    from tests.recognizer.small_model import save_small

    save_small(tmp_path / "bundle")
    (tmp_path / "field.png").write_bytes(png(200))
    tracking.register_bundle(run_id, tmp_path / "bundle", name="penfield-door", alias="champion")
    monkeypatch.setenv("PENFIELD_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking.store.uri)
    model = mlflow.pyfunc.load_model("models:/penfield-door@champion")
    said = model.predict(pd.DataFrame({"image": ["field.png"], "kind": ["digits"]}))
    with open_ledger(f"sqlite:///{tmp_path}/store/ledger.db") as ledger:
        written = ledger.predictions_frame(ledger.latest_batch())
    assert list(said["prediction_id"]) == list(written["prediction_id"])
    assert len(written) == 1


def test_a_store_that_fails_later_is_told_too(tracking):
    with pytest.raises(StoreUnreachable, match="the MLflow store failed"):
        tracking.log_metrics("no such run", {"a": 1.0}, at_ms=AT_MS)


def seconds_to_refuse(folder):
    began = time.monotonic()
    with pytest.raises(StoreUnreachable) as refusal:
        Tracking(folder)
    assert "\n" not in str(refusal.value)
    return time.monotonic() - began, str(refusal.value)


def test_a_refused_connection_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    took_s, text = seconds_to_refuse(tmp_path)
    assert took_s < 1
    assert "connection refused" in text
    assert "secret" not in text


def test_a_server_that_never_answers_is_told_in_two_seconds(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        took_s, text = seconds_to_refuse(tmp_path)
    assert took_s < 3
    assert "no answer within 2 s" in text


def test_a_store_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    sqlite3.connect(tmp_path / "read_only.db").executescript("CREATE TABLE a (b)")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///file:{tmp_path}/read_only.db?mode=ro&uri=true")
    assert "readonly" in seconds_to_refuse(tmp_path)[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}")
    assert "unable to open" in seconds_to_refuse(tmp_path)[1]


def test_the_store_of_a_folder_is_its_own_sqlite_file(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = open_store(tmp_path)
    assert store.is_embedded
    assert store.uri == f"sqlite:///{tmp_path}/mlflow.db"
