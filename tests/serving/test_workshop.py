import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from recognizer.errors import FormError, PenfieldError, ScanRejected
from recognizer.scan import Limits, PageRejected
from serving.intake.workshop import MAX_DEATHS, PageDone, Workshop, digest_file
from tests.serving.bench_workers import make_eater, make_mean, make_nothing, make_odd

ROOT = Path(__file__).parents[2]
ODD_SCANS = ROOT.parent / "shared" / "data" / "odd_scans"


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """Four pages, each darker than the one before."""
    first, *rest = (Image.new("L", (200, 260), 240 - 10 * n) for n in range(4))
    path = tmp_path / "four.tif"
    first.save(path, save_all=True, append_images=rest)
    return path


def odd(kind: str, page_no: int | None = None, **limits: float) -> Workshop:
    return Workshop(partial(make_odd, kind, page_no), Limits(**limits))


def brief(events) -> list[tuple[int | None, str]]:
    return [(e.page_no, e.code if isinstance(e, PageRejected) else "done") for e in events]


def test_results_come_in_order_and_the_child_is_reused(scan):
    with Workshop(make_mean) as workshop:
        first = list(workshop.pages(scan))
        pid = workshop._bench._process.pid
        started = time.monotonic()
        second = list(workshop.pages(scan, skip=frozenset({1, 3})))
        assert time.monotonic() - started < 0.5  # no new start
        assert workshop._bench._process.pid == pid
    assert [(e.page_no, e.result, e.page_count) for e in first] == [(n + 1, 240 - 10 * n, 4) for n in range(4)]
    assert [(e.page_no, e.result) for e in second] == [(2, 230), (4, 210)]
    assert all(e.decode_s > 0 and e.work_s > 0 for e in first)


def test_pages_carry_the_digest_of_the_bytes_that_were_read(scan):
    with odd("return_image") as workshop:
        events = list(workshop.pages(scan))
    assert {e.result.scan_digest for e in events} == {hashlib.sha256(scan.read_bytes()).hexdigest()}
    assert digest_file(scan, 10**6) == events[0].result.scan_digest
    assert all((e.result.image == 240 - 10 * (e.page_no - 1)).all() for e in events)


@pytest.mark.parametrize(
    ("kind", "limits", "code"),
    [
        ("crash", {}, "crashed"),
        ("hang", {"seconds_per_page": 1.5}, "timeout"),
        ("eat", {"memory_bytes": 300 * 2**20}, "out_of_memory"),
        ("bite", {"memory_bytes": 300 * 2**20}, "out_of_memory"),
        ("be_killed", {}, "out_of_memory"),
        ("stumble", {}, "failed"),
        ("refuse", {}, "too_small"),
    ],
)
def test_one_bad_page_costs_that_page_only(scan, kind, limits, code):
    with odd(kind, page_no=2, **limits) as workshop:
        assert brief(workshop.pages(scan)) == [(1, "done"), (2, code), (3, "done"), (4, "done")]
        assert brief(workshop.pages(scan, skip=frozenset({2}))) == [(1, "done"), (3, "done"), (4, "done")]


def test_reasons_name_the_signal_and_the_place(scan):
    with odd("crash", page_no=1) as workshop:
        assert "SIGSEGV" in next(e.reason for e in workshop.pages(scan) if isinstance(e, PageRejected))
    with odd("stumble", page_no=1) as workshop:
        reason = next(e.reason for e in workshop.pages(scan) if isinstance(e, PageRejected))
    assert "KeyError at bench_workers.py:" in reason


def test_memory_stays_within_the_limit(scan, tmp_path):
    """The page asks for 3.2 GiB in small pieces; the watch looks every 20 ms."""
    with Workshop(partial(make_eater, str(tmp_path / "diary")), Limits(memory_bytes=300 * 2**20)) as workshop:
        list(workshop.pages(scan, skip=frozenset({2, 3, 4})))
    *whole, _ = (tmp_path / "diary").read_text().split("\n")
    assert 200 * 2**20 < int(whole[-1]) < 600 * 2**20


def test_a_file_that_kills_every_child_is_given_up_page_by_page(tmp_path):
    first, *rest = [Image.new("1", (80, 80), 1)] * (MAX_DEATHS + 3)
    first.save(tmp_path / "many.tif", save_all=True, append_images=rest)
    with odd("crash") as workshop:
        events = list(workshop.pages(tmp_path / "many.tif"))
    assert brief(events) == [(n, "crashed") for n in range(1, MAX_DEATHS + 4)]
    assert ["Not tried" in e.reason for e in events] == [False] * MAX_DEATHS + [True] * 3


def test_whole_files_are_rejected_and_the_batch_goes_on(tmp_path, scan):
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "words.pdf").write_text("only words")
    os.mkfifo(tmp_path / "pipe.png")
    names = ["empty.pdf", "words.pdf", "pipe.png", "missing.png", "."]
    with Workshop(make_mean, Limits(max_bytes=10**6)) as workshop:
        events = [e for name in names for e in workshop.pages(tmp_path / name)]
        assert brief(workshop.pages(scan))[-1] == (4, "done")
    codes = ["empty", "unsupported", "unreadable", "unreadable", "unreadable"]
    assert brief(events) == [(None, code) for code in codes]


def test_the_child_works_ahead_by_one_page_and_no_more(scan):
    """While the caller holds page 1 the child finishes page 2, and leaves page 3 alone."""
    with odd("report") as workshop:
        events = workshop.pages(scan)
        next(events)
        time.sleep(0.5)
        asked = time.monotonic()
        second, third = next(events), next(events)
    assert second.result["at"] < asked < third.result["at"]


def test_a_slow_caller_is_not_the_page_s_fault(scan):
    with odd("return_image", seconds_per_page=0.5) as workshop:
        events = []
        for event in workshop.pages(scan):
            events.append(event)
            time.sleep(0.8 if event.page_no < 3 else 0)
    assert brief(events) == [(n, "done") for n in (1, 2, 3, 4)]


def test_a_caller_who_stops_early_can_go_on_with_another_file(scan):
    with Workshop(make_mean) as workshop:
        for _ in workshop.pages(scan):
            break
        assert len(list(workshop.pages(scan))) == 4


def test_the_child_imports_no_torch_and_keeps_to_one_thread(scan):
    with odd("report") as workshop:
        report = next(workshop.pages(scan)).result
    assert not report["modules"] & {"torch", "mlflow", "pandas", "sqlalchemy", "matplotlib", "typer"}
    assert report["threads"] == 1


def test_the_child_starts_fast(scan):
    started = time.monotonic()
    with Workshop(make_mean) as workshop:
        next(workshop.pages(scan))
    assert time.monotonic() - started < 3  # 0.2 s on an idle machine


def test_what_make_worker_raises_reaches_the_caller(scan):
    with Workshop(make_nothing) as workshop, pytest.raises(FormError, match="did you mean 'box'"):
        list(workshop.pages(scan))


def test_a_worker_that_cannot_be_imported_is_named(scan, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site-packages" in p or "lib" in p])
    with Workshop(make_mean) as workshop, pytest.raises(PenfieldError, match="does not start: ModuleNotFoundError"):
        list(workshop.pages(scan))


def test_close_ends_the_child(scan):
    with Workshop(make_mean) as workshop:
        list(workshop.pages(scan))
        pid = workshop._bench._process.pid
    assert not psutil.pid_exists(pid)


HOLD = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from serving.intake.workshop import Workshop
from tests.serving.bench_workers import make_odd
with Workshop(partial(make_odd, "hang", 2)) as workshop:
    for event in workshop.pages(Path(sys.argv[1])):
        print(workshop._bench._process.pid, flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_orphan_is_left_however_the_parent_ends(scan, end):
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(scan)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    child = psutil.Process(int(parent.stdout.readline()))  # it hangs in page 2 by now
    parent.send_signal(end)
    assert parent.wait(5) != 0
    parent.stdout.close()
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone


def test_ctrl_c_of_the_terminal_does_not_break_the_child(scan):
    with Workshop(make_mean) as workshop:
        list(workshop.pages(scan))
        os.kill(workshop._bench._process.pid, signal.SIGINT)
        assert len(list(workshop.pages(scan))) == 4


def test_digest_file_keeps_to_its_limit(tmp_path):
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(3 * 2**20))
    assert digest_file(path, 3 * 2**20) == hashlib.sha256(bytes(3 * 2**20)).hexdigest()
    with pytest.raises(ScanRejected, match="limit") as caught:
        digest_file(path, 3 * 2**20 - 1)
    assert caught.value.code == "too_large"
    with pytest.raises(ScanRejected, match="no such file"):
        digest_file(tmp_path / "nothing", 10)


def test_a_result_of_megabytes_passes(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (3300, 2550), np.uint8)).save(tmp_path / "noise.png")
    with odd("return_image") as workshop:
        (event,) = workshop.pages(tmp_path / "noise.png")
    assert isinstance(event, PageDone) and event.result.image.shape == (3300, 2550)


@pytest.mark.skipif(not ODD_SCANS.is_dir(), reason="needs odd_scans of the optional shared data folder")
@pytest.mark.parametrize("limits", [Limits(), Limits(min_edge_px=1)], ids=["as shipped", "tiny pages too"])
def test_odd_scans_end_as_pages_or_rejections_in_2_s_and_1_gb(limits):
    """400 odd, broken or hostile files in one batch: nothing crashes, hangs, or fails on our side."""
    seconds: dict[str, float] = {}
    codes: dict[str, list[str]] = {}
    with Workshop(make_mean, limits) as workshop:
        for path in sorted(p for p in ODD_SCANS.glob("*/*") if p.is_file()):
            started = time.monotonic()
            events = brief(workshop.pages(path))
            seconds[path.name] = time.monotonic() - started
            codes[path.name] = [code for _, code in events]
        status = Path(f"/proc/{workshop._bench._process.pid}/status").read_text()
    peak_mb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    worst = max(seconds, key=seconds.get)
    print(
        f"{len(seconds)} files in {sum(seconds.values()):.1f} s, worst {seconds[worst]:.2f} s {worst}; {peak_mb:.0f} MB"
    )
    assert len(seconds) >= 400 and all(codes.values())
    assert not {"crashed", "timeout", "out_of_memory", "failed"} & {code for found in codes.values() for code in found}
    assert seconds[worst] < 2 and peak_mb < 1024
    assert codes["form_half.jpg"] == ["truncated"] and codes["encrypted_user_pw.pdf"] == ["encrypted"]
    assert codes["bomb_60000x60000_1bit.png"] == ["too_large"] and codes["pages_2000.pdf"] == ["too_many_pages"]
    assert codes["form_trailing_html.jpg"] == ["done"] and codes["junk_prefix.pdf"] == ["done"]


def test_each_thread_has_a_child_of_its_own_and_one_that_crashes_costs_its_page_alone(scan):
    with odd("crash", page_no=2) as workshop, ThreadPoolExecutor(3) as threads:
        meeting = threading.Barrier(3, timeout=30)

        def work(_: int) -> tuple[list[tuple[int | None, str]], int]:
            meeting.wait()
            events = brief(workshop.pages(scan))
            pid = workshop._bench._process.pid
            meeting.wait()
            return events, pid

        found = list(threads.map(work, range(3)))
        assert all(events == [(1, "done"), (2, "crashed"), (3, "done"), (4, "done")] for events, _ in found)
        assert len({pid for _, pid in found}) == 3
        assert workshop._bench is None  # this thread never asked
    assert not any(psutil.pid_exists(pid) for _, pid in found)
