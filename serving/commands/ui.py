"""MLflow's own user interface over the store, opened at the right view."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import InputError, PenfieldError
from serving.tracking import Store, open_store

HOST = "127.0.0.1"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself, whatever proxy the environment names."""
START_S = 90.0
STOP_S = 5.0
CLASSIC = "workflowType=machine_learning"
"""Without it the UI opens in its view for language models, where runs cannot be seen."""


class UiFailed(PenfieldError):
    """The MLflow UI did not come up. The message ends with what it said last."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where to look: all runs of the experiment, and the newest run's files ("" while there is none)."""

    runs: str
    report: str = ""


def show(store: Path, *, port: int | None = None, say: Callable[[str], None] = print) -> None:
    """Serve the store's MLflow UI on this machine alone until Ctrl-C; `say` is given the links."""
    opened = open_store(store)
    if opened.uri.startswith("http"):
        say_links(find_links(opened.uri, opened.uri), say)
        return
    say("starting the MLflow UI (about ten seconds) ...")
    with running_ui(opened, port=port) as base:
        say_links(find_links(base, base), say)
        try:
            say("Ctrl-C stops it")
            signal.pause()
        except KeyboardInterrupt:
            say("\nstopped")


def say_links(links: Links, say: Callable[[str], None]) -> None:
    """Tell the links, the most interesting first."""
    if links.report:
        say(f"newest batch:  {links.report}")
    say(f"all batches:   {links.runs}")


@contextmanager
def running_ui(store: Store, *, port: int | None = None) -> Iterator[str]:
    """The UI as a process of its own; yields its address once it answers, and ends all of it afterwards."""
    if store.is_embedded and not (store.folder / "mlflow.db").exists():
        raise InputError(f"{store.folder} holds no MLflow store yet: recognize something first, or name another store")
    store.prepare_environment()
    port = port or free_port()
    log = store.folder / "ui.log"
    command = [
        *(sys.executable, "-m", "mlflow", "ui", "--workers", "1", "--host", HOST, "--port", str(port)),
        *("--backend-store-uri", store.uri),
    ]
    if store.artifacts:
        command += ["--default-artifact-root", store.artifacts.as_uri()]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _await_answer(process, f"http://{HOST}:{port}", log)
        yield f"http://{HOST}:{port}"
    finally:
        _stop(process)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def find_links(api: str, shown: str) -> Links:
    """The links for the server at `api`, with `shown` as the address that people use."""
    name = urllib.parse.quote("recognition")
    try:
        found = _ask(f"{api}/api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")
    except urllib.error.HTTPError:  # 404: nothing was delivered yet
        return Links(runs=f"{shown}/#/experiments?{CLASSIC}")
    experiment = found["experiment"]["experiment_id"]
    search = {"experiment_ids": [experiment], "max_results": 1, "order_by": ["attributes.start_time DESC"]}
    runs = _ask(f"{api}/api/2.0/mlflow/runs/search", search).get("runs", [])
    base = f"{shown}/#/experiments/{experiment}/runs"
    report = f"{base}/{runs[0]['info']['run_id']}/artifacts/report.html?{CLASSIC}" if runs else ""
    return Links(runs=f"{base}?{CLASSIC}", report=report)


def _ask(url: str, body: dict[str, object] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    reach = DIRECT.open if url.startswith(f"http://{HOST}") else urllib.request.urlopen
    with reach(request, timeout=30) as answer:
        return json.load(answer)


def _await_answer(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with DIRECT.open(f"{base}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    last = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise UiFailed("the MLflow UI did not start: " + (" / ".join(last) or f"no answer within {START_S:.0f} s"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers: they are one process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(STOP_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
