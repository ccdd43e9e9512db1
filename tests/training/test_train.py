"""`penfield train`, whole: from data to a registered bundle that reads, with everything in MLflow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from recognizer.bundle import load_bundle
from recognizer.cut import cut_image
from recognizer.engine import Engine
from recognizer.form import Field
from serving.tracking import Tracking
from training.cli import app
from training.runlog import RunLog

ROOT = Path(__file__).parents[2]


def penfield(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from training.cli import main; main()", "train", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def own_crops(folder: Path, count: int = 60) -> Path:
    rows = ["image,text,writer"]
    for i in range(count):
        image = np.full((50, 130), 250, np.uint8)
        cv2.putText(image, str(1000 + i), (20, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 20, 2)
        cv2.imwrite(str(folder / f"{i}.png"), image)
        rows.append(f"{i}.png,{1000 + i},w{i}")
    (folder / "My crops (1).csv").write_text("\n".join(rows))
    return folder / "My crops (1).csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("smoke")
    own = own_crops(folder)
    done = penfield(folder, "--smoke", "--minutes", "0.15", "--own", str(own), "--folder", "run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert "could not be reached" not in done.stdout
    return folder


@pytest.fixture(scope="module")
def run(trained: Path):
    import mlflow

    tracking = Tracking(trained / "store")
    client = mlflow.MlflowClient(tracking.store.uri)
    (run,) = client.search_runs([tracking.experiment("training")])
    return client, run


@pytest.mark.slow
def test_the_run_has_params_and_the_datas_digests(run) -> None:
    _, run = run
    assert run.info.status == "FINISHED"
    assert {"seed", "learning_rate", "code_version", "torch"} <= set(run.data.params)
    for name in ("fonts", "blank", "own_My_crops_1_"):
        assert len(run.data.params[f"data.{name}.digest"]) == 16
        assert int(run.data.params[f"data.{name}.samples"]) > 0


@pytest.mark.slow
def test_the_run_has_curves_and_accuracy_per_source(trained: Path, run) -> None:
    client, run = run
    curve = client.get_metric_history(run.info.run_id, "loss")
    logged = [json.loads(line) for line in (trained / "run/log.jsonl").read_text().splitlines()]
    assert [(m.step, m.value) for m in curve] == [
        (row["step"], pytest.approx(row["loss"], abs=1e-4)) for row in logged if "loss" in row
    ]
    assert {"exact.fonts", "cer.fonts", "test.exact.fonts", "marks.loss"} <= set(run.data.metrics)


@pytest.mark.slow
def test_the_run_has_pictures_and_the_worst_errors_with_images(trained: Path, run) -> None:
    client, run = run
    folder = Path(client.download_artifacts(run.info.run_id, "", str(trained)))
    with Image.open(folder / "augmented_batch.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape[1] == 900 and 0.02 < (pixels < 100).mean() < 0.5
    assert (folder / "curves.png").stat().st_size > 5000
    table = json.loads((folder / "worst_errors.json").read_text())
    assert {"line", "truth", "read"} <= set(table["columns"]) and table["data"]
    image = table["data"][0][table["columns"].index("line")]
    assert (folder / image["filepath"]).exists()


@pytest.mark.slow
def test_the_bundle_is_registered_under_its_alias_and_reads(trained: Path, run) -> None:
    client, run = run
    version = client.get_model_version_by_alias("penfield", "candidate")
    bundle = load_bundle(trained / "run/bundle")
    assert version.tags["penfield.bundle_id"] == bundle.bundle_id and version.run_id == run.info.run_id
    model = Path(client.download_artifacts(run.info.run_id, "model", str(trained)))
    assert {path.suffix for path in (model / "data/bundle").iterdir()} <= {".json", ".onnx", ".xz"}
    masters = {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "masters")}
    assert masters == {"marks.safetensors", "numbers.safetensors", "text.safetensors"}
    assert load_bundle(model / "data/bundle").bundle_id == bundle.bundle_id
    manifest = bundle.manifest
    assert [reader.name for reader in bundle.readers] == ["numbers", "text"]
    assert all(facts["steps"] > 0 for facts in manifest["readers"].values())
    assert set(manifest["data"]) == {"fonts", "blank", "own_My_crops_1_"}
    field = Field(name="f", kind="digits", box=(0, 0, 100, 20))
    crop = cut_image(cv2.imread(str(trained / "7.png"), 0), field, lines=False)
    assert Engine(bundle).read(crop) == Engine(bundle).read(crop)


@pytest.mark.slow
def test_a_finished_training_is_not_trained_further(trained: Path, run) -> None:
    client, first = run
    weights = (trained / "run/bundle-masters/text.safetensors").read_bytes()
    before = load_bundle(trained / "run/bundle").manifest["readers"]
    own = str(trained / "My crops (1).csv")
    done = penfield(trained, "--smoke", "--minutes", "0.15", "--own", own, "--folder", "run", "--threads", "1")
    assert done.returncode == 0 and "goes on" in done.stdout
    after = load_bundle(trained / "run/bundle").manifest["readers"]
    assert {name: facts["steps"] for name, facts in after.items()} == {n: facts["steps"] for n, facts in before.items()}
    assert (trained / "run/bundle-masters/text.safetensors").read_bytes() == weights
    runs = client.search_runs([first.info.experiment_id])
    assert [run.info.run_id for run in runs] == [first.info.run_id]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--data", "nowhere"), "is not a folder with training data"),
        (("--own", "nowhere"), "neither a folder nor a CSV"),
        (("--minutes", "0"), "0.05"),
    ],
)
def test_data_that_is_not_there_is_said(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, ["train", *words, "--folder", str(tmp_path / "run")])
    assert done.exit_code == (2 if "--minutes" in words else 4)
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("run/*/checkpoint.pt"))


def test_a_store_that_fails_does_not_end_training(tmp_path: Path) -> None:
    said: list[str] = []
    log = RunLog(tmp_path / "store", tmp_path, "key", {"a": 1}, said.append)
    log.send(lambda tracking, run: tracking.log_metrics(run, {"a name that MLflow refuses: \n%": 1.0}, at_ms=1))
    assert not log.is_complete and "which is kept" in said[-1]
    log.observe(1, {"loss": 2.0})
    assert log.points == {"loss": [(1, 2.0)]}
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/store/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("training").experiment_id])
    assert run.data.metrics == {"loss": 2.0}  # what stands behind the refused entry arrives


def test_metrics_reach_the_store_when_it_can_be_reached_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    said: list[str] = []
    log = RunLog(tmp_path / "store", tmp_path, "key", {}, said.append)
    log.observe(1, {"loss": 3.0})
    log.observe(2, {"loss": 2.0})
    assert not log.is_complete and any("2 entries are kept" in line for line in said)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    log.observe(3, {"loss": 1.0})
    assert log.is_complete
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/store/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("training").experiment_id])
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 3.0), (2, 2.0), (3, 1.0)]


def test_an_interrupted_training_gets_its_curves_back(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": 3.0}\n{"step": 2, "loss": 2.5}\n{"step": 2, "lo')
    log = RunLog(tmp_path / "store", tmp_path, "key", {}, lambda line: None)
    assert log.points == {"loss": [(1, 3.0), (2, 2.5)]}
