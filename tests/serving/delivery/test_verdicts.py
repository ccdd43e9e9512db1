"""What people say reaches the run and the traces of what they judge: once, whole, and never in the way of settling."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from serving.commands.ui import running_ui
from serving.delivery import deliver
from serving.ledger import Decision, FreshReading, Ledger, open_ledger
from serving.ledger.statement import Verdict
from serving.queue import Queue, Rules, Task
from serving.report import doubtful
from serving.tracking import Tracking, open_store
from serving.truth.settle import settle
from tests.serving import sample_batch
from tests.serving.queue.desk import Said

PAGES = 7
BATCH = "batch-1"


def sure(item: FreshReading) -> Decision:
    return Decision(
        prediction_id=item.prediction_id, policy_digest="p" * 32, decision="accept", code="sure", reason="sure",
        threshold=0.5,
    )  # fmt: skip


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one batch that was delivered; MLflow takes seconds for that, and each test gets a copy."""
    folder = tmp_path_factory.mktemp("delivered")
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger, pytest.MonkeyPatch.context() as patch:
        sample_batch.start_batch(ledger, BATCH, PAGES)
        for number in range(PAGES - 1):
            sample_batch.file_page(ledger, BATCH, number)
        patch.setattr(sample_batch, "_decide", sure)
        sample_batch.file_page(ledger, BATCH, PAGES - 1)
        sample_batch.finish_batch(ledger, BATCH)
        assert deliver(ledger, folder).reason == ""
    return folder


@pytest.fixture
def store(delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, whose artifacts lie where the original's do."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("ledger.db", "mlflow.db"):
        shutil.copy(delivered / name, tmp_path)
    return tmp_path


@pytest.fixture
def ledger(store: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{store}/ledger.db") as opened:
        yield opened


def crop(ledger: Ledger, field: str, number: int = 0) -> Any:
    frame = ledger.predictions_frame(BATCH)
    return frame[frame["field"] == field].iloc[number]


def say(ledger: Ledger, field: str, text: str, source: str = "crowd", number: int = 0, **more: Any) -> Any:
    row = crop(ledger, field, number)
    outcome = more.pop("outcome", "text")
    verdict = Verdict(
        crop_id=row["crop_id"], source=source, outcome=outcome, text=text, by=more.pop("by", "policy"), **more
    )  # type: ignore[arg-type]
    with ledger.writing() as writing:
        settle(writing, [verdict])
    return row


class Shown:
    """What the store holds, as MLflow's own client sees it."""

    def __init__(self, store: Path, uri: str | None = None) -> None:
        import mlflow

        self.client = mlflow.MlflowClient(uri or open_store(store).uri)
        self.experiment = self.client.get_experiment_by_name("recognition").experiment_id
        (self.run,) = self.client.search_runs([self.experiment])

    def expectations(self) -> list[tuple[str, str, Any]]:
        found = self.client.search_traces(locations=[self.experiment], run_id=self.run.info.run_id, max_results=500)
        return [(t.info.tags["penfield.page_id"], t.info.trace_id, said) for t in found for said in t.info.assessments]

    def traced(self) -> set[str]:
        found = self.client.search_traces(locations=[self.experiment], run_id=self.run.info.run_id, max_results=500)
        return {trace.info.tags["penfield.page_id"] for trace in found}

    def file(self, path: str, folder: Path) -> Path:
        return Path(self.client.download_artifacts(self.run.info.run_id, path, str(folder)))

    def table(self, folder: Path) -> list[dict[str, Any]]:
        plain = json.loads(self.file("verdicts.json", folder).read_text())
        return [dict(zip(plain["columns"], row, strict=True)) for row in plain["data"]]

    def history(self, metric: str) -> list[tuple[int, float]]:
        return [(p.step, p.value) for p in self.client.get_metric_history(self.run.info.run_id, metric)]


def test_a_verdict_and_its_parcel_are_durable_together_or_not_at_all(ledger: Ledger) -> None:
    say(ledger, "policy_number", "E757558")
    say(ledger, "policy_number", "E757558")  # known already
    assert [(p.key, p.kind, dict(p.payload)) for p in ledger.pending()] == [
        (f"verdict:{BATCH}:1", "verdict", {"verdict": 1})
    ]
    row = crop(ledger, "amount")
    with pytest.raises(KeyError), ledger.writing() as writing:
        verdict = Verdict(crop_id=row["crop_id"], source="crowd", outcome="text", text="1.00", by="policy")
        settle(writing, [verdict])
        raise KeyError("died")
    assert len(ledger.pending()) == 1


def test_a_verdict_becomes_an_expectation_on_the_span_that_read_the_field(ledger: Ledger, store: Path) -> None:
    row = say(ledger, "policy_number", "E757558")
    say(ledger, "policy_number", "F757558", "customer", by="acme.csv:1234")
    say(ledger, "ssn", "123-45-6780", "expert", by="person-77")
    assert deliver(ledger, store).delivered == 3
    shown = Shown(store)
    found = [
        (said.name, said.value, said.source.source_type, said.source.source_id, said.metadata["reading"])
        for _, _, said in sorted(shown.expectations(), key=lambda item: item[2].metadata["penfield.key"])
    ]
    assert found == [
        ("policy_number", "E757558", "HUMAN", "crowd", "wrong"),
        ("policy_number", "F757558", "HUMAN", "customer", "right"),
        ("ssn", "***-**-6780", "HUMAN", "expert", "wrong"),
    ]
    page, trace_id, said = shown.expectations()[0]
    spans = {span.span_id: span for span in shown.client.get_trace(trace_id).data.spans}
    assert page == row["page_id"] and spans[said.span_id].name == "read"
    assert said.name in spans[said.span_id].attributes
    assert "person-77" not in str(shown.expectations()) and "123-45" not in str(shown.expectations())


def test_a_page_without_doubtful_fields_gets_its_trace_when_somebody_judges_it(ledger: Ledger, store: Path) -> None:
    frame = ledger.predictions_frame(BATCH)
    (untraced,) = set(frame["page_id"]) - set(doubtful(frame)["page_id"])
    before = Shown(store).traced()
    assert before and untraced not in before
    page = frame[frame["page_id"] == untraced].iloc[0]
    with ledger.writing() as writing:
        settle(writing, [Verdict(crop_id=page["crop_id"], source="crowd", outcome="blank", text="", by="policy")])
    deliver(ledger, store)
    shown = Shown(store)
    assert shown.traced() == before | {untraced}
    ((judged, _, said),) = shown.expectations()
    assert (judged, said.name, said.value) == (untraced, page["field"], "– blank –")


def test_the_table_shows_picture_reading_votes_and_verdict_but_nothing_sensitive(
    ledger: Ledger, store: Path, tmp_path: Path
) -> None:
    row = crop(ledger, "policy_number")
    for person in ("ada", "bob"):
        with ledger.desk() as desk:
            desk.people.add(person, person, desk.now())
    queue = Queue(ledger, Rules(undo_s=0))
    queue.add([Task(task_id="t", crop_id=row["crop_id"], field="policy_number", kind="code", consensus="x", votes=2)])
    for person, text in (("ada", "E757558"), ("bob", "e757558")):
        (lease,) = queue.lease(person, "morning")
        queue.submit(lease.token, person, Said(text), seconds=4.0, keystrokes=8)
    say(ledger, "policy_number", "E757558")
    ssn = say(ledger, "ssn", "123-45-6780", "expert")
    deliver(ledger, store)
    shown = Shown(store)
    first, second = shown.table(tmp_path)
    assert (second["field"], second["reading"], second["verdict"]) == ("policy_number", row["text"], "E757558")
    assert (second["votes"], second["source"], second["says"]) == ("E757558 | e757558", "crowd", "wrong")
    picture = shown.file(second["crop"]["filepath"], tmp_path).read_bytes()
    assert picture == ledger.crop_png(row["crop_id"])
    assert (first["field"], first["verdict"]) == ("ssn", "***-**-6780")
    hidden = shown.file(first["crop"]["filepath"], tmp_path).read_bytes()
    assert hidden != ledger.crop_png(ssn["crop_id"]) and hidden.startswith(b"\x89PNG")
    whole = pd.read_parquet(shown.file("verdicts/verdicts.parquet", tmp_path))
    assert list(whole["verdict"]) == ["E757558", "***-**-6780"] and list(whole["number"]) == [1, 2]
    assert "ada" not in shown.file("verdicts.json", tmp_path).read_text()


def test_delivered_again_after_a_death_before_the_receipt_nothing_is_doubled(
    ledger: Ledger, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ledger, "policy_number", "E757558")
    say(ledger, "amount", "1,250.00")

    def die(keys: object) -> None:
        raise KeyError("died")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "mark_delivered", die)
        assert deliver(ledger, store).reason == "KeyError"
    assert deliver(ledger, store).delivered == 2
    say(ledger, "amount", "1,260.00", "expert")
    assert deliver(ledger, store).delivered == 1
    shown = Shown(store)
    assert len(shown.expectations()) == 3 and len(shown.table(tmp_path)) == 3
    assert shown.history("production/verdicts") == [(2, 2.0), (3, 3.0)]
    tables = json.loads(shown.run.data.tags["mlflow.loggedArtifacts"])
    assert sorted(entry["path"] for entry in tables) == ["review.json", "verdicts.json"]


def test_metrics_of_production_are_a_curve_over_verdicts(ledger: Ledger, store: Path) -> None:
    for number in range(3):
        say(ledger, "amount", f"{number}.00", number=number)
        deliver(ledger, store)
    shown = Shown(store)
    for metric in ("production/automation_rate", "people/cost_per_page", "queue/waiting", "production/verdicts"):
        assert [step for step, _ in shown.history(metric)] == [1, 2, 3], metric
    frame = ledger.predictions_frame(BATCH)
    rate = float((frame["decision"] == "accept").mean())
    assert shown.history("production/automation_rate")[0][1] == pytest.approx(rate)


def test_mlflow_away_stops_no_verdict_and_what_waits_is_brought_later(
    ledger: Ledger, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    began = time.monotonic()
    say(ledger, "policy_number", "E757558")
    assert time.monotonic() - began < 5  # nothing was asked of a server that is away
    assert deliver(ledger, store).pending == 1
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert deliver(ledger, store).pending == 0
    assert len(Shown(store).expectations()) == 1


@pytest.mark.slow
def test_verdicts_reach_a_server_alike(
    ledger: Ledger, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ledger, "policy_number", "E757558")
    say(ledger, "ssn", "123-45-6780", "expert")
    server = open_store(tmp_path / "server")
    Tracking(server.folder)
    with running_ui(server) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        assert deliver(ledger, tmp_path / "client").reason == ""
        shown = Shown(tmp_path, address)
        assert len(shown.expectations()) == 2
        assert [row["field"] for row in shown.table(tmp_path / "check")] == ["ssn", "policy_number"]
        assert shown.history("production/verdicts") == [(2, 2.0)]
