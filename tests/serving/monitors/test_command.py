"""`penfield monitor`, as it is called."""

import re
from pathlib import Path

import pytest

from benchmarks.drawn_ledger import FORM
from serving.ledger import open_ledger
from tests.serving.diagnose.scripted import penfield
from tests.serving.monitors.drawn import pages
from tests.serving.monitors.test_look import SCANNERS, constant, darker, dusty


def file(store: Path, count: int, first: int = 0, **fault: object) -> None:
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        pages(ledger, count, first=first, **fault)  # type: ignore[arg-type]


def test_one_look(tmp_path: Path) -> None:
    file(tmp_path, 300)
    code, printed, _ = penfield(tmp_path, "monitor")
    assert code == 0 and "300 pages, 0 answers came in: no alarm sounded" in printed
    assert "the machine expects" in printed and "audits say" in printed and "oldest question waits, hours" in printed
    file(tmp_path, 60, 300, fault=constant)
    code, printed, _ = penfield(tmp_path, "monitor", "--html", tmp_path / "m.html")
    assert code == 9 and "constant_output: all" in printed and "why: penfield diagnose 1" in printed
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "Constant output: all" in page and page.count("data:image/png") >= 2
    assert "4711" not in re.sub('base64,[^"]*', "", page)
    assert "told after" in page and "the machine expects 9" in page
    code, printed, _ = penfield(tmp_path, "monitor", "--all")
    assert code == 0 and "no alarm sounded" in printed and "alarm 1" in printed and "kind ssn" in printed
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: reading" in printed


def test_what_a_file_calls_its_scanner_is_no_markup(tmp_path: Path) -> None:
    """One of two scanners ages, and has a name of the kind that files should not hold."""
    file(tmp_path, 400, scanners=SCANNERS)
    penfield(tmp_path, "monitor")
    file(tmp_path, 80, 400, fault=dusty, scanners=SCANNERS)
    code, printed, _ = penfield(tmp_path, "monitor", "--html", tmp_path / "m.html")
    assert code == 9 and f"scan_drift: scanner {SCANNERS[1]}" in printed
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "O&#39;Hara &lt;b&gt;" in page and "Hara <b>" not in page
    code, printed, _ = penfield(tmp_path, "diagnose", 1, "--ids")
    assert code == 0 and len(printed.split()) == 40 * len(FORM.fields)


def test_nothing_was_ever_read(tmp_path: Path) -> None:
    code, printed, _ = penfield(tmp_path, "monitor", "--html", tmp_path / "m.html")
    assert code == 0 and "nothing was looked at yet" in printed and "0 pages" in printed
    assert "Nothing was looked at yet" in (tmp_path / "m.html").read_text()


def test_it_goes_on_until_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its looks pages come in, and the ledger is away once."""
    from recognizer.errors import LedgerError
    from serving.commands import monitor_told

    file(tmp_path, 300)
    steps = iter(("pages", "away", "end"))
    real = monitor_told.look

    def rest(seconds: float) -> None:
        assert seconds == 600
        step = next(steps)
        monkeypatch.setattr(monitor_told, "look", away if step == "away" else real)
        if step == "pages":
            file(tmp_path, 60, 300, fault=darker)
        if step == "end":
            raise KeyboardInterrupt

    def away(*_: object) -> None:
        raise LedgerError("the ledger is away")

    monkeypatch.setattr(monitor_told, "sleep", rest)
    code, printed, complaints = penfield(tmp_path, "monitor", "--every", "10m")
    assert code == 130 and "scan_drift: source b" in printed and "penfield: the ledger is away" in complaints


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--every", "soon"), "--every soon - mend: a time from 1s on"),
        (("--html", "."), ".: a folder - mend: name a file"),
        (("--monitors", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_what_makes_no_sense(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    code, _, complaints = penfield(tmp_path, "monitor", *words)
    assert code in (2, 4) and complaint in complaints


def test_settings_are_read_and_mistakes_named(tmp_path: Path) -> None:
    from recognizer.errors import UsageError
    from serving.monitors import Settings, load_settings

    file = tmp_path / "monitors.yaml"
    file.write_text("chance: 0.01\nreference_pages: 255\nqueue_hours: none\nbegin: 2026-11-01\n")
    found = load_settings(file)
    assert (found.chance, found.reference_pages, found.queue_hours, found.outbox_hours) == (0.01, 255, None, 24)
    assert str(found.begin) == "2026-11-01" and load_settings_of(tmp_path, "{}") == Settings()
    file.write_text("chance: 2\nreference_pages: 3\nfrequency: 1\n")
    with pytest.raises(UsageError) as told:
        load_settings(file)
    lines = str(told.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3"] and all(" - mend: " in line for line in lines)
    with pytest.raises(UsageError, match="no settings - mend"):
        load_settings_of(tmp_path, "[1]")


def load_settings_of(folder: Path, text: str) -> object:
    from serving.monitors import load_settings

    file = folder / "other.yaml"
    file.write_text(text)
    return load_settings(file)
