"""MLflow shows nothing of what was erased: searched for in the raw files of its store, and the courier may be late."""

from pathlib import Path

import pytest

from serving.delivery import deliver
from serving.ledger import open_ledger
from serving.privacy.erase import erase, page_named
from tests.serving import sample_batch
from tests.serving.privacy.lived_in import files_in, found


def shown(needle: bytes, store: Path) -> bool:
    return any(True for _ in found([needle], files_in(store)))


def test_artifacts_are_made_again_and_traces_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = tmp_path / "store"
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        sample_batch.fill(ledger)
        assert deliver(ledger, store).reason == ""
        frame = ledger.predictions_frame("batch-1")
        doubtful = frame[(frame["decision"] == "review") & (frame["kind"] != "ssn")]
        page_id = str(doubtful["page_id"].iloc[0])
        rows = frame[frame["page_id"] == page_id]
        mine = {ledger.crop_png(one)[60:100] for one in rows["crop_id"]}
        others = {ledger.crop_png(one)[60:100] for one in doubtful["crop_id"]} - mine
        assert any(shown(one, store) for one in mine) and all(shown(one, store) for one in others)
        prediction_ids = [one.encode() for one in rows["prediction_id"]]

        erase(ledger, page_named(ledger, page_id), reason="request", by="ada")
        assert [parcel.kind for parcel in ledger.pending(10)] == ["erasure"]
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # MLflow is away: the parcel waits
        assert deliver(ledger, store).pending == 1
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        assert any(shown(one, store) for one in mine)
        assert deliver(ledger, store).reason == "" and ledger.pending(10) == []

        assert not [one for one in mine if shown(one, store)] and all(shown(one, store) for one in others)
        left = {name for _, name in found([page_id.encode()], files_in(store))}
        assert left <= {"part-00000.parquet"}, left  # that there was such a page, without its values
        assert len(_texts(store)) == len(frame)
        assert {text for one, text in _texts(store).items() if one.encode() in prediction_ids and text} == {
            f"{ledger.tombstone_of('crops', rows['crop_id'].iloc[0]).words} #1"  # type: ignore[union-attr]
        }
        assert len(_trace_ids(store)) == frame[frame["decision"] == "review"]["page_id"].nunique() - 1 + 4


def _texts(store: Path) -> dict[str, str]:
    import pandas as pd

    (shard,) = (path for path in files_in(store) if path.name == "part-00000.parquet")
    frame = pd.read_parquet(shard)
    return dict(zip(frame["prediction_id"], frame["text"], strict=True))


def _trace_ids(store: Path) -> set[str]:
    import sqlite3

    with sqlite3.connect(store / "mlflow.db") as database:
        return {row[0] for row in database.execute("SELECT request_id FROM trace_info")}
