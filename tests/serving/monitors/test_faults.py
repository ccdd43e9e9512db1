"""The catalogue of faults: each changes what it claims to change, as measured on pages and answers."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fault_delays import Told, reordered
from benchmarks.fault_models import LAZY, Stale, Stuck, agrees_at_once, diligent, judged, keyed, says_blank
from benchmarks.fault_pages import FAULTS, FRENCH, LEFT_OUT, MOVED_MM, draw_page, save_page
from benchmarks.fault_report import right_stages, write_table
from benchmarks.fault_runs import read_pages, url_of
from recognizer.clean.measure import measure
from recognizer.form import Field
from recognizer.page import Quality
from recognizer.reading import Crop, Reading
from serving.columns import Asking, columns_of, sync
from serving.ledger import open_ledger

SEED, PAGES = 11, range(4)
QUALITY = Quality(
    resolution_dpi=150, sharpness=0.6, contrast=0.8, noise=0, skew_deg=0, illumination=0, clipping=0, compression=0,
    ink_coverage=0.1, bleed_through=0,
)  # fmt: skip
AMOUNT, LETTERHEAD = (slice(740, 900), slice(60, 500)), (slice(50, 200), slice(60, 700))
"""Rows and columns, at 150 dpi."""


def quiet(number: int) -> np.ndarray:
    return draw_page(SEED, number)[0]


def faulty(name: str, number: int) -> np.ndarray:
    return draw_page(SEED, number, FAULTS[name])[0]


@pytest.mark.parametrize("number", PAGES)
def test_the_feeder_turns_by_three_degrees(number: int) -> None:
    before, since = (measure(page, 150).skew_deg for page in (quiet(number), faulty("skewed feeder", number)))
    assert abs(since - before) == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("number", PAGES)
def test_scans(number: int) -> None:
    before = quiet(number)
    assert faulty("lower resolution", number).shape == (1100, 850) and before.shape == (1650, 1275)
    darker = faulty("darker copies", number)
    assert np.median(before) > 240 and abs(np.median(darker) - np.median(before) * 165 / 255) < 2
    again = faulty("JPEG again", number)
    assert 1 < np.abs(again.astype(float) - before).mean() < 10 and blockiness(again) > 1.2 > 1.1 > blockiness(before)


def blockiness(page: np.ndarray) -> float:
    """How much larger steps are between blocks of eight pixels than within them."""
    steps = np.abs(np.diff(page.astype(float), axis=1)).mean(axis=0)
    edge = np.arange(len(steps)) % 8 == 7
    return float(steps[edge].mean() / steps[~edge].mean())


@pytest.mark.parametrize("number", PAGES)
def test_boxes_stand_three_millimetres_lower_and_the_letterhead_stays(number: int) -> None:
    pages = quiet(number), faulty("boxes moved", number)
    amount, head = ([255.0 - page[rows, columns] for page in pages] for rows, columns in (AMOUNT, LETTERHEAD))
    assert best_shift(*amount) == round(MOVED_MM / 25.4 * 150) and best_shift(*head) == 0


def best_shift(before: np.ndarray, since: np.ndarray) -> int:
    """By how many rows the ink moved down."""
    one, other = (page.sum(axis=1) for page in (before, since))
    return max(range(-30, 31), key=lambda by: float(np.corrcoef(np.roll(one, by)[30:-30], other[30:-30])[0, 1]))


def test_what_is_written(tmp_path: Path) -> None:
    written = {
        name: [save_page(tmp_path / "page.jpg", SEED, n, fault) for n in PAGES] for name, fault in FAULTS.items()
    }
    plain = [draw_page(SEED, number)[1] for number in PAGES]
    for n in PAGES:
        month, day, year = plain[n]["date_of_birth"].split("/")
        assert written["new date style"][n]["date_of_birth"] == f"{day}.{month}.{year}"
        assert written["swapped kinds"][n]["ssn"] == plain[n]["phone"]
        assert written["swapped names"][n]["first_name"] == plain[n]["last_name"]
        assert written["another language"][n]["city"].lower() in [city.lower() for city in FRENCH["city"]]
        assert all(written[name][n] == plain[n] for name in ("lower resolution", "darker copies", "boxes moved"))
    left_out = [not value for page in written["flood of blanks"] for name, value in page.items() if "/" not in name]
    assert LEFT_OUT - 0.2 < np.mean(left_out) < LEFT_OUT + 0.2


class Sound:
    bundle_id, version, settings = "sound", "1", {}

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        return Reading(text=f"Webb {crop.crop_id}", outcome="text", confidence=0.9)


def crop(number: int, kind: str = "name") -> Crop:
    field = Field(name="last_name", kind=kind, box=(0, 0, 300, 40))
    return Crop(crop_id=str(number), image=np.zeros((4, 4), np.uint8), dpi=150, field=field, quality=QUALITY)


def test_models() -> None:
    stuck, stale = Stuck(Sound()), Stale(Sound())
    assert {stuck.read(crop(n)).text for n in range(20)} == {"Webb 0"}
    read = [stale.read(crop(n)) for n in range(400)]
    wrong = np.mean([each.text != f"Webb {n}" for n, each in enumerate(read)])
    assert 0.42 < wrong < 0.58 and {each.confidence for each in read} == {0.9}
    assert stale.read(crop(7, "signature")).text == "Webb 7" and stale.bundle_id == "sound"


def test_people_on_pages_that_were_read(tmp_path: Path) -> None:
    """One says blank, one confirms what was read; the others key what stands there, mostly."""
    read_pages(tmp_path, SEED, PAGES)
    keyed(tmp_path, range(2), SEED, says_blank)
    keyed(tmp_path, range(2, 3), SEED, agrees_at_once)
    keyed(tmp_path, range(3, 4), SEED, diligent)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as rows:
        votes = rows.execute(
            "SELECT v.person_id, v.outcome, v.text, v.seconds, p.text, v.task_id FROM votes v "
            "JOIN tasks t USING (task_id) JOIN predictions p USING (prediction_id)"
        ).fetchall()
    assert len(votes) == 2 * len({each[-1] for each in votes}) and {each[0] for each in votes} == {"ann", "ben", "cyd"}
    lazy = [each for each in votes if each[0] == LAZY]
    assert any(outcome == "blank" for _, outcome, *_ in lazy) and all(
        each[1] == "text" for each in votes if each[0] != LAZY
    )
    assert any(text == read and seconds < 1 for _, _, text, seconds, read, _ in lazy)
    names = {value for page in json.loads((tmp_path / "truths.json").read_text()).values() for value in page.values()}
    assert np.mean([text in names for person, _, text, *_ in votes if person != LAZY]) > 0.7
    judged(tmp_path, PAGES, SEED)
    with open_ledger(url_of(tmp_path)) as ledger:
        sync(ledger, columns_of(tmp_path))
        with Asking(columns_of(tmp_path)) as desk:
            settled = desk.ask("SELECT correct FROM judged").to_pylist()
    assert len(settled) == len(PAGES)  # one field of each page, and it counts
    reordered(tmp_path, tmp_path / "again", 1)
    with (
        closing(sqlite3.connect(tmp_path / "again" / "ledger.db")) as rows,
        closing(sqlite3.connect(tmp_path / "ledger.db")) as own,
    ):
        order = [[at for (at,) in each.execute("SELECT at FROM scan_ends ORDER BY scan_no")] for each in (own, rows)]
    assert order[0] != order[1] and sorted(order[0]) == sorted(order[1])


def test_the_table_says_what_was_not_told(tmp_path: Path) -> None:
    told = Told(monitor="scan_drift", slice={}, units=6, unit="pages", fields=96, measure="skew_deg", was=0.4, now=3.0,
                stage="scan")  # fmt: skip
    table = write_table(
        tmp_path / "t.md", {"a": "what", "b": "else"}, {1: {"a": [told], "b": []}, 2: {"a": [], "b": []}}
    )
    assert "| a | what | `scan_drift` / - | 96 (6); not told | all: skew_deg 0.4 → 3 | scan |  |" in table
    assert "| b | else | - | not told; not told |  |  |  |" in table
    assert right_stages({"a": "scan", "b": "scan"}, {"a": [told], "b": []}) == (1, 1)
    assert right_stages({"a": "reading"}, {"a": [told]}) == (0, 1)
