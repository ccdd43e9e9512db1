import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from recognizer.errors import InputError
from serving.commands.ui import find_links, free_port, running_ui, show
from serving.tracking import Tracking, open_store

HOUSE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    tracking = Tracking(tmp_path_factory.mktemp("ui"))
    for n in (1, 2):
        run_id = tracking.open_run("recognition", f"batch-{n}", started_at_ms=1_700_000_000_000 + n)
        tracking.log_text(run_id, "report.html", "<p>seen</p>")
    return tracking.store, run_id


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def test_without_a_store_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InputError, match="recognize something first"):
        show(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_links_lead_to_the_newest_report_and_nothing_is_left_running(store):
    opened, run_id = store
    with running_ui(opened) as address:
        links = find_links(address, address)
        assert links.report.endswith(f"/runs/{run_id}/artifacts/report.html?workflowType=machine_learning")
        assert links.runs.endswith("/runs?workflowType=machine_learning")
        assert b"<p>seen</p>" in get(f"{address}/get-artifact?run_id={run_id}&path=report.html")
        listening = [p for p in psutil.Process().children(recursive=True) if "mlflow" in " ".join(p.cmdline())]
        assert listening
    gone, alive = psutil.wait_procs(listening, timeout=5)
    assert alive == []
    assert len(gone) == len(listening)


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly(store):
    port = free_port()
    shown = f"show(Path({str(store[0].folder)!r}), port={port})"
    code = f"from pathlib import Path; from serving.commands.ui import show; {shown}"
    ui = subprocess.Popen(
        [sys.executable, "-uc", code],
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = [ui.stdout.readline() for _ in range(4)]
    assert f"http://127.0.0.1:{port}/#/experiments/" in said[1]
    ui.send_signal(signal.SIGINT)
    out, errors = ui.communicate(timeout=20)
    assert (ui.returncode, errors) == (0, "")
    assert "stopped" in out
    time.sleep(0.2)
    with pytest.raises(OSError, match="refused"):
        get(f"http://127.0.0.1:{port}/health")


def test_the_environment_names_the_store(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://example.org")
    assert not open_store(store[0].folder).is_embedded
    assert json.dumps(open_store(store[0].folder).shown_uri) == '"http://example.org"'
