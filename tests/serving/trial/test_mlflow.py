"""What MLflow shows of trials: once, whatever is brought again."""

import json
from pathlib import Path

import mlflow

from serving.delivery import deliver
from serving.delivery.trials import bring_trial
from serving.ledger import open_ledger
from serving.ledger.activation import ModelParcel
from serving.tracking import Tracking
from tests.serving.trial.house import Trying


def test_a_trial_is_a_run_with_its_course_and_its_end(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        here = Trying(ledger, tmp_path)
        trial = here.start()
        here.day()
        here.look()
        here.look()
        assert not deliver(ledger, tmp_path / "store").reason
        tracking = Tracking(tmp_path / "store")
        client = mlflow.MlflowClient(tracking.store.uri)
        runs = {run.data.params["watches"]: run for run in client.search_runs([tracking.experiment("trials")])}
        run = runs["0"]
        assert (run.info.status, run.data.tags["penfield.outcome"]) == ("FINISHED", "promoted")
        assert run.data.params["challenger"] == here.ids["good"] and run.data.params["rate"] == "1.0"
        assert run.data.metrics["gained"] > 30 and run.data.metrics["evidence"] > 20
        path = client.download_artifacts(run.info.run_id, "end.json", str(tmp_path))
        end = json.loads(Path(path).read_text())
        assert end["finding"]["gained"] == run.data.metrics["gained"] and end["activation"] == 2
        course = client.get_metric_history(run.info.run_id, "answered")
        for kind, payload in (("trial", {"step": course[0].step, "metrics": {"answered": 1.0}}), ("trial_end", {})):
            again = ModelParcel(key="again", kind=kind, payload={"trial_id": trial.trial_id, **payload})
            bring_trial(ledger, tracking, again)  # as after a cut-off
        assert client.get_metric_history(run.info.run_id, "answered") == course
        assert client.get_run(run.info.run_id).info.status == "FINISHED"
