"""Models in a real MLflow store: versions, aliases that follow the ledger, and predictions outside of Penfield."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from recognizer.errors import UsageError
from serving.delivery import deliver
from serving.delivery import models as shown
from serving.ledger import Ledger, open_ledger
from serving.models import Models, Shelf
from serving.tracking import Tracking
from tests.serving.models.bundles import SHIPPED, variant

ROOT = Path(__file__).parents[3]
DATA = SHIPPED.parent


class House:
    def __init__(self, store: Path, ledger: Ledger) -> None:
        self.store, self.ledger, self.models = store, ledger, Models(ledger, Shelf(store))

    def aliases(self) -> dict[str, str]:
        """Alias to bundle, as MLflow has it."""
        client = Tracking(self.store)._client
        versions = {str(v.version): v for v in client.search_model_versions("name = 'penfield'")}
        found = client.get_registered_model("penfield").aliases
        return {alias: versions[str(version)].tags["penfield.bundle_id"] for alias, version in found.items()}

    def waiting(self) -> int:
        with self.ledger.succession_to_read() as rows:
            return len(rows.pending())


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variant(tmp_path_factory.mktemp("made"), "second")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield House(tmp_path, ledger)


def change(house: House, bundle_id: str, kind: str = "") -> None:
    house.models.activate(bundle_id, kind=kind, by="ada", reason="better", evidence={"n": 400})


def test_aliases_follow_activations_exactly_once_and_in_order(
    house: House, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = house.models.begin(SHIPPED).bundle_id
    made = house.models.publish(second, by="ada")
    change(house, made)
    change(house, first, "ssn")
    bring, died = shown._Show.bring, []

    def dies(show: shown._Show, parcel: object) -> None:
        bring(show, parcel)  # type: ignore[arg-type]
        if getattr(parcel, "key", "") == "activation:2" and not died:
            died.append(parcel)
            raise ConnectionError("the line is cut after all of it has arrived")

    monkeypatch.setattr(shown._Show, "bring", dies)
    report = deliver(house.ledger, house.store)
    assert died and report.reason == "the line is cut after all of it has arrived"
    assert report.pending == house.waiting() == 2
    assert house.aliases() == {"champion": made}
    assert deliver(house.ledger, house.store).pending == 0
    assert house.aliases() == {"champion": made, "champion-ssn": first}
    house.models.rollback("ssn", by="ada", reason="worse")
    house.models.rollback(by="ada", reason="worse")
    assert deliver(house.ledger, house.store).delivered == 2
    assert house.aliases() == {"champion": first}
    for key, bundle_id in (("trial:1", made), ("trial:1:end", "")):
        with house.ledger.succession() as rows:
            rows.challenger(key, bundle_id, scope="date")
        assert deliver(house.ledger, house.store).pending == 0
        assert house.aliases().get("challenger-date", "") == bundle_id
    client = Tracking(house.store)._client
    assert len(client.search_model_versions("name = 'penfield'")) == 2
    (run,) = client.search_runs(
        [client.get_experiment_by_name("models").experiment_id], "tags.`penfield.key` = 'succession'"
    )
    assert {"succession.png", "succession.html", "succession.json"} <= {
        artifact.path for artifact in client.list_artifacts(run.info.run_id)
    }
    files = [str(path) for path in (house.store / "artifacts").rglob("*") if path.is_file()]
    assert any(name.endswith("text.onnx") for name in files)
    assert not [name for name in files if name.endswith((".pkl", ".pickle"))]


def test_a_store_that_is_away_stops_no_activation(house: House, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.models.begin(SHIPPED)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # nobody listens there
    made = house.models.publish(second, by="ada")
    change(house, made)
    report = deliver(house.ledger, house.store)
    assert report.delivered == 0 and report.pending == 4 and "cannot be used" in report.reason
    assert house.models.champion().bundle_id == made  # type: ignore[union-attr]
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert deliver(house.ledger, house.store).pending == 0 and house.aliases() == {"champion": made}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose first champion MLflow has."""
    store = tmp_path_factory.mktemp("delivered")
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        house = House(store, ledger)
        house.models.begin(SHIPPED)
        assert deliver(ledger, store).pending == 0
        yield house


@pytest.fixture
def elsewhere(delivered: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose processes know the house's MLflow, and have a ledger of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{delivered.store}/mlflow.db")
    monkeypatch.setenv("PENFIELD_STORE", str(tmp_path / "store"))
    return tmp_path


def recorded(elsewhere: Path, ids: Iterable[str]) -> set[str]:
    """The models by which the ledger there knows these predictions, all of them."""
    listed = list(ids)
    with open_ledger(f"sqlite:///{elsewhere}/store/ledger.db") as ledger:
        found = ledger.predictions(listed)
    assert set(found) == set(listed)
    return {each.bundle_id for each in found.values()}


SCANS = [str(DATA / "samples/scans" / name) for name in ("desk_0114.png", "letter.jpg", "broken_upload.pdf")]


def test_the_champion_reads_crops_outside_of_penfield(delivered: House, elsewhere: Path) -> None:
    import mlflow

    model = mlflow.pyfunc.load_model("models:/penfield@champion")
    crops = model.predict(pd.DataFrame([{"image": SCANS[0], "kind": "signature"}]))
    assert list(crops["outcome"]) == ["text"]
    assert recorded(elsewhere, crops["prediction_id"]) == set(delivered.aliases().values())
    with pytest.raises(UsageError, match="give image and kind for fields, or page and form for pages"):
        model.predict(pd.DataFrame([{"path": SCANS[0]}]))


@pytest.mark.slow
def test_mlflow_models_predict_reads_pages(delivered: House, elsewhere: Path) -> None:
    pages = [{"page": scan, "form": str(DATA / "forms/insurance_application.yaml")} for scan in SCANS]
    (elsewhere / "in.json").write_text(json.dumps({"dataframe_records": pages}))
    command = ["models", "predict", "-m", "models:/penfield@champion", "-i", "in.json", "-t", "json"]
    told = subprocess.run(
        [sys.executable, "-m", "mlflow", *command, "--env-manager", "local", "-o", "out.json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    answer = json.loads((elsewhere / "out.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} in it"))
    rows = {(row["page"], row["field"]): row for row in answer["predictions"]}
    assert rows[SCANS[1], None]["status"] == "unmatched" and rows[SCANS[2], None]["status"] == "rejected: truncated"
    written = json.loads((DATA / "samples/truth.json").read_text())["pages"]
    truth = next(page["fields"] for page in written if page["scan"] == "desk_0114.png")
    assert len(rows) == len(truth) + 2
    right = [name for name, text in truth.items() if rows[SCANS[0], name]["text"] == text]
    assert len(right) >= 12
    ids = [rows[SCANS[0], name]["prediction_id"] for name in truth]
    assert recorded(elsewhere, ids) == set(delivered.aliases().values())
