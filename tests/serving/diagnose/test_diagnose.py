"""From alarm to cause: faults are planted, and the stage and the slice are named."""

import base64
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks import drawn_ledger
from benchmarks.fault_pages import MOVED_MM, darker, printed_lower
from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.door import open_door
from serving.intake.scans import find_scans
from serving.ledger import open_ledger
from serving.models import Shelf
from serving.promise import Policy
from tests.serving.diagnose.scripted import penfield
from tests.serving.test_batch import Quiet
from training.samples import save, scan
from training.samples.fill import Habits
from training.samples.fonts import HANDS
from training.samples.sheet import DPI, Desk

ROOT = Path(__file__).parents[3]
FORMS, BUNDLE = ROOT / "data" / "forms", ROOT / "data" / "bundle"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DARK = "annex"
Pages = Mapping[str, Mapping[str, int]]
"""So many pages before the alarm and since, by source."""


def photographed(sheet: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return scan.noise(scan.warp(sheet, rng, scale=0.5, turn_deg=float(rng.normal(0, 0.5)), shift=0.004), rng, 1.5)


def filled_in(desk: Desk, rng: np.random.Generator) -> np.ndarray:
    return desk.application(rng, "", font=str(rng.choice(list(HANDS))), habits=Habits()).image


def dark(desk: Desk, rng: np.random.Generator, source: str) -> np.ndarray:
    page = photographed(filled_in(desk, rng), rng)
    return darker(page) if source == DARK else page


def moved(desk: Desk, rng: np.random.Generator, source: str) -> np.ndarray:
    desk.insurance = printed_lower(desk.insurance, MOVED_MM)
    return photographed(filled_in(desk, rng), rng)


def read_with(folder: Path, pages: Pages, fault: Callable[[Desk, np.random.Generator, str], np.ndarray]) -> Path:
    """A ledger with real pages, drawn and read, and since the alarm with a fault; and that alarm."""
    number = 0
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        first_seen = ""
        for when, sources in pages.items():
            scans = folder / when
            for source, count in sources.items():
                (scans / source).mkdir(parents=True)
                for _ in range(count):
                    number += 1
                    rng, desk = np.random.default_rng([7, number]), Desk(FORMS)
                    is_new = when == "since"
                    page = fault(desk, rng, source) if is_new else photographed(filled_in(desk, rng), rng)
                    save.save_jpeg(scans / source / f"{number:03d}.jpg", page, round(DPI * 0.5), quality=75)
            if when == "since":
                first_seen = datetime.now(UTC).isoformat(timespec="microseconds")
            order = Order(
                forms=(load_form(FORMS / "insurance_application.yaml"),), scans=tuple(find_scans([scans])),
                out=folder / "out" / when,
            )  # fmt: skip
            recognize(order, open_door(BUNDLE, ledger, policy=Policy()), ledger, Quiet())
        with ledger.alarms() as alarms:
            alarms.sound("contrast", {"form": "insurance_application"}, evidence={"ks": 0.8}, first_seen=first_seen)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of two sources; from one of them they are darker copies since the alarm."""
    pages = {"before": {"lobby": 7, "annex": 7}, "since": {"lobby": 2, "annex": 12}}
    return read_with(tmp_path_factory.mktemp("dark"), pages, dark)


def test_darker_copies_of_one_source(store: Path) -> None:
    code, printed, _ = penfield(store, "diagnose", 1)
    lines = [line.strip() for line in printed.splitlines()]
    fields = 192  # of the twelve pages, with sixteen fields each
    assert code == 0 and any(line.startswith("suspected stage: scan") for line in lines)
    where = lines[next(n for n, line in enumerate(lines) if line.startswith("where it gathers")) + 1]
    assert where.startswith(f"source {DARK}: {fields} fields")
    assert f"first page: {DARK}/017.jpg, page 1" in lines  # after fourteen before, and two of the lobby
    code, ids, _ = penfield(store, "diagnose", 1, "--ids")
    assert code == 0 and len(set(ids.split())) == fields


def test_the_command_that_it_names_replays_them(store: Path) -> None:
    Shelf(store).put(BUNDLE)
    code, printed, _ = penfield(store, "replay", "--alarm", 1, "--scans", store / "since")
    assert code == 0 and "192 identical, 0 not" in " ".join(printed.split())


def test_as_a_page_that_stands_on_its_own(store: Path, tmp_path: Path) -> None:
    """Stages, what moved, slices, crops of before and since, predictions; nothing of a sensitive field."""
    path = tmp_path / "new" / "alarm.html"
    code, printed, _ = penfield(store, "diagnose", 1, "--html", path)
    page = path.read_text(encoding="utf-8")
    assert code == 0 and f"page: {path}" in printed
    assert "http" not in page and "<script" not in page and 'class="suspected"><strong>scan' in page
    assert "penfield alarms --end 1" in page and "penfield diagnose 1 --review" in page
    assert "Contrast" in page and f"source {DARK}" in page and f"first page: {DARK}/017.jpg, page 1" in page
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger, ledger.truth() as truth:
        uses = truth.uses_since("")
        pictures = {base64.b64encode(ledger.crop_png(use.crop_id)).decode(): use for use in uses}
    shown = [use for picture, use in pictures.items() if f"base64,{picture}" in page]
    assert len(shown) == 12 and {use.scan.partition("/")[0] for use in shown} == {DARK}
    assert sum(int(use.scan[-7:-4]) > 14 for use in shown) == 6 and len({use.field for use in shown}) == 6
    numbers = {use.reading.text for use in uses if use.kind == "ssn" and use.reading.outcome == "text"}
    assert len(numbers) > 9 and not [number for number in numbers if number in page] and "***-**-" in page


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_the_page_fits_any_screen(store: Path, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    penfield(store, "diagnose", 1, "--html", tmp_path / "alarm.html")
    colours = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for scheme, width in ((scheme, width) for scheme in ("light", "dark") for width in (1280, 360)):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.goto((tmp_path / "alarm.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
            colours.add((scheme, page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")))
        browser.close()
    assert len(colours) == 2 and len({colour for _, colour in colours}) == 2


def test_its_fields_go_to_people_once(store: Path, tmp_path: Path) -> None:
    shutil.copy(store / "ledger.db", tmp_path)
    ids = set(penfield(tmp_path, "diagnose", 1, "--ids")[1].split())
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.truth() as truth:
        decided = [use.reading.decision for use in truth.uses_since("") if use.prediction_id in ids]
    accepted = decided.count("accept")
    code, printed, _ = penfield(tmp_path, "diagnose", 1, "--review")
    assert code == 0 and accepted and f"--review ({accepted:,} were accepted unseen)" in printed
    assert f"put to people: {accepted:,} fields" in printed and "records keep what they say" in printed
    waiting = penfield(tmp_path, "queue")[1]
    assert "reviewers" in waiting
    code, printed, _ = penfield(tmp_path, "diagnose", 1, "--review")
    others = len(decided) - accepted - decided.count("rescan")
    assert code == 0 and f"put to people: 0 fields; {accepted + others:,} are with people already" in printed
    assert penfield(tmp_path, "queue")[1] == waiting


def test_boxes_that_were_moved(tmp_path: Path) -> None:
    """The form is found and fits as a whole as before; its crops hold what stands 3 mm elsewhere."""
    folder = read_with(tmp_path, {"before": {"lobby": 9}, "since": {"lobby": 9}}, moved)
    code, printed, _ = penfield(folder, "diagnose", 1)
    assert code == 0 and "suspected stage: alignment" in printed, printed
    moved_to = re.search(r"alignment: off_place: 0 was usual, now ([0-9.]+)", printed)
    assert moved_to and float(moved_to[1]) > 0.5 and "alignment: residual_px" not in printed


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("diagnose", 7), "there is none"),
        (("replay", "--alarm", 1, "--random", 3), "--alarm says which"),
        (("diagnose", 1, "--ids", "--review"), "--ids prints ids alone"),
    ],
)
def test_what_cannot_be_is_told(store: Path, words: tuple[object, ...], complaint: str) -> None:
    code, _, complaints = penfield(store, *words)
    assert code == 2 and complaint in " ".join(complaints.split())


def test_an_alarm_of_an_empty_ledger_says_what_is_not_known(tmp_path: Path) -> None:
    """Also one of a component, and one about no part of the work that the columns know."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.alarms() as alarms:
        alarms.sound("silent_component", {"model": "m", "component": "it's one"}, evidence={})
        alarms.sound("seconds", {"person": "o'hara"}, evidence={})
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: reading" in printed and "no field was read since" in printed
    code, printed, _ = penfield(tmp_path, "diagnose", 1, "--html", tmp_path / "page.html", "--review")
    assert code == 0 and "put to people: 0 fields" in printed
    assert "No field was read since" in (tmp_path / "page.html").read_text()
    code, _, complaints = penfield(tmp_path, "diagnose", 1, "--html", tmp_path)
    assert code == 2 and "mend: name a file" in " ".join(complaints.split())
    code, printed, _ = penfield(tmp_path, "diagnose", 2)
    assert code == 0 and "suspected stage: not known" in printed and "where it gathers: not known" in printed
    code, _, complaints = penfield(tmp_path, "replay", "--alarm", 2)
    assert code == 2 and "no field was read since" in " ".join(complaints.split())
    assert "penfield diagnose 2" in penfield(tmp_path, "alarms")[1]


def test_a_drawn_ledger_with_votes_and_judgements(tmp_path: Path) -> None:
    """Years of production in which nothing changed: nothing is suspected, and slices are those of what is wrong."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        drawn_ledger.draw(ledger, 240, pages_per_batch=15, audit=0.15)
        with ledger.alarms() as alarms:
            alarms.sound("accuracy", {"form": "claim"}, evidence={}, first_seen=drawn_ledger.at(120 * 60.0))
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: not known" in printed
    assert "wrong" in printed and "fields, score" in printed and "first page: " in printed
    assert "123-45-6789" not in printed
    penfield(tmp_path, "diagnose", 1, "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Found wrong by people, times fields" in page
    assert "is not known, and all count the same" not in page and "123-45-6789" not in page
