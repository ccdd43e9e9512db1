"""Models in a real MLflow store: versions, aliases that follow the ledger, and predictions outside of Penfield."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

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


def test_the_challenger_has_an_alias_while_it_is_one(house: House, second: Path) -> None:
    house.models.begin(SHIPPED)
    made = house.models.publish(second, by="ada")
    for key, bundle_id in (("trial:1", made), ("trial:1:end", "")):
        with house.ledger.succession() as rows:
            rows.challenger(key, bundle_id, scope="date")
        assert deliver(house.ledger, house.store).pending == 0
        assert house.aliases().get("challenger-date", "") == bundle_id


OUTSIDE = """
import json, sys
import mlflow.pyfunc, pandas as pd
model = mlflow.pyfunc.load_model("models:/penfield@champion")
crops, pages = (model.predict(pd.DataFrame(rows)) for rows in json.loads(sys.argv[1]))
assert not [name for name in sys.modules if name.startswith("training")]
print(json.dumps([crops.to_dict("records"), json.loads(pages.to_json(orient="records"))]))
"""


@pytest.mark.slow
def test_the_champion_reads_crops_and_pages_outside_of_penfield(
    house: House, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle_id = house.models.begin(SHIPPED).bundle_id
    assert deliver(house.ledger, house.store).pending == 0
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    scans = [str(DATA / "samples/scans" / name) for name in ("desk_0114.png", "letter.jpg", "broken_upload.pdf")]
    pages = [{"page": scan, "form": str(DATA / "forms/insurance_application.yaml")} for scan in scans]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{house.store}/mlflow.db",
        "PENFIELD_STORE": str(elsewhere / "store"), "MLFLOW_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    asked = json.dumps([[{"image": scans[0], "kind": "signature"}], pages])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OUTSIDE, asked], cwd=elsewhere, env=environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    crops, rows = json.loads(done.stdout.splitlines()[-1])
    frame = pd.DataFrame(rows)
    assert len(crops) == 1 and crops[0]["outcome"] in ("text", "blank")
    assert (frame["page"] == scans[0]).sum() == 16
    assert set(frame["status"]) == {"read", "unmatched", "rejected: truncated"}
    written = json.loads((DATA / "samples/truth.json").read_text())["pages"]
    truth = next(page for page in written if page["scan"] == "desk_0114.png")
    read = frame[frame["page"] == scans[0]].set_index("field")
    right = [name for name, text in truth["fields"].items() if read.loc[name, "text"] == text]
    assert len(right) >= 12
    with open_ledger(f"sqlite:///{elsewhere}/store/ledger.db") as ledger:
        recorded = ledger.predictions(list(read["prediction_id"]))
    assert len(recorded) == 16 and {each.bundle_id for each in recorded.values()} == {bundle_id}
    (elsewhere / "in.json").write_text(json.dumps({"dataframe_records": pages}))
    command = ["-m", "mlflow", "models", "predict", "-m", "models:/penfield@champion", "-i", "in.json", "-t", "json"]
    told = subprocess.run(
        [sys.executable, *command, "--env-manager", "local", "-o", "out.json"], cwd=elsewhere, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    answer = (elsewhere / "out.json").read_text()
    again = json.loads(answer, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [row["prediction_id"] for row in again["predictions"]] == [row["prediction_id"] for row in rows]
