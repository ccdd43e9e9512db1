"""The sample scans are drawn reproducibly, cover what a company receives, and their truth covers every page."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageOps

from recognizer.form import load_form
from training.samples import scan
from training.samples.batch import FILES, SEED
from training.samples.fonts import HANDS
from training.samples.insurance import print_blank
from training.samples.marks import STYLES, mark, sign
from training.samples.pen import random_hand, write
from training.samples.people import random_person
from training.samples.sheet import Desk

DATA = Path(__file__).parents[2] / "data"
SCANS = DATA / "samples/scans"
PAGES = json.loads((DATA / "samples/truth.json").read_text(encoding="utf-8"))["pages"]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(DATA / "forms")


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def page_count(path: Path) -> int:
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            return len(pdf)
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


def test_the_blank_page_is_the_printed_one() -> None:
    form = load_form(DATA / "forms/insurance_application.yaml")
    with Image.open(DATA / "forms/insurance_application/blank.png") as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), print_blank(form))


def test_every_printed_box_of_the_blank_page_has_its_lines() -> None:
    form = load_form(DATA / "forms/insurance_application.yaml")
    page = print_blank(form)
    boxes = [field.box for field in form.fields if field.printed_box]
    boxes += [option.box for field in form.fields for option in field.options if option.box]
    for x, y, width, height in boxes:
        edges = (page[y, x : x + width], page[y + height, x : x + width], page[y : y + height, x])
        assert all(edge.max() < 60 for edge in (*edges, page[y : y + height, x + width]))
        assert page[y + 3 : y + height - 3, x + 3 : x + width - 3].min() == 255


@pytest.mark.parametrize("name", ["branch_west_fax.tif", "upside_down.jpg", "broken_upload.pdf"])
def test_a_scan_is_drawn_twice_the_same(desk: Desk, tmp_path: Path, name: str) -> None:
    seed = (SEED, list(FILES).index(name))
    for turn in ("once", "again"):
        sheets, write_scan = FILES[name](desk, rng(*seed))
        write_scan(tmp_path / f"{turn}{Path(name).suffix}")
    once, again = sorted(tmp_path.iterdir())
    assert once.read_bytes() == again.read_bytes()
    assert [sheet.fields for sheet in sheets] == [page["fields"] for page in PAGES if page["scan"] == name]


def test_the_scans_that_ship_are_the_drawn_ones(desk: Desk, tmp_path: Path) -> None:
    """Another processor may round otherwise, so that pixels are compared, not bytes."""
    name = "desk_0114.png"
    _, write_scan = FILES[name](desk, rng(SEED, list(FILES).index(name)))
    write_scan(tmp_path / name)
    drawn, shipped = (np.asarray(Image.open(folder / name), np.int64) // 257 for folder in (tmp_path, SCANS))
    assert np.abs(drawn - shipped).mean() < 0.05


def test_the_truth_covers_every_page() -> None:
    files = sorted(path.name for path in SCANS.iterdir())
    assert sorted({page["scan"] for page in PAGES}) == files == sorted(FILES)
    for name in files:
        numbers = [page["page"] for page in PAGES if page["scan"] == name]
        damaged = any(page["status"] == "rejected" for page in PAGES if page["scan"] == name)
        assert numbers == list(range(1, 2 if damaged else page_count(SCANS / name) + 1))


def test_a_damaged_file_cannot_be_opened() -> None:
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(SCANS / "broken_upload.pdf")


def test_the_batch_is_mixed() -> None:
    assert len(PAGES) >= 12
    assert sum(path.stat().st_size for path in SCANS.iterdir()) < 3_000_000
    statuses = [page["status"] for page in PAGES]
    assert {"read", "blank", "rescan", "unmatched", "rejected"} == set(statuses)
    read = [page["form"] for page in PAGES if page["status"] == "read"]
    assert read.count("insurance_application") >= 6
    assert read.count("nist_hsf") >= 3


def test_true_values_are_of_their_fields_language() -> None:
    for page in PAGES:
        if page["status"] != "read":
            continue
        form = load_form(DATA / f"forms/{page['form']}.yaml")
        assert list(page["fields"]) == [field.name for field in form.fields]
        for field in form.fields:
            value = page["fields"][field.name]
            if field.kind == "checkbox":
                assert value in ("yes", "no")
            elif field.kind == "signature":
                assert value in ("signed", "")
            elif field.kind == "choice_group":
                assert value in ("", *(option.value for option in field.options))
            elif field.pattern and value:
                assert re.fullmatch(field.pattern, value)


def test_nobody_has_a_number_that_was_ever_issued() -> None:
    for seed in range(300):
        person = random_person(rng(seed))
        area, group, _ = person.ssn.split("-")
        assert area == "000" or area[0] == "9"
        assert int(group) < 50
        assert re.fullmatch(r"(\(\d{3}\) |\d{3}-)010-\d{4}", person.phone)
        assert 500 <= float(person.amount.replace(",", "")) <= 2_000_000


def test_people_and_hands_come_from_their_seed() -> None:
    assert random_person(rng(5)) == random_person(rng(5)) != random_person(rng(6))
    assert random_hand(rng(5)) == random_hand(rng(5)) != random_hand(rng(6))


@pytest.mark.parametrize("font", HANDS)
def test_writing_has_the_height_asked_for_and_is_never_twice_the_same(font: str) -> None:
    heights, images = [], []
    for seed in range(6):
        image = write("HIM", font, rng(seed), 40)
        assert image.dtype == np.uint8
        assert image[0].min() == 255 and image[:, -1].min() == 255
        heights.append(image.shape[0] - 4)
        images.append(image)
    assert 34 <= np.median(heights) <= 50
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(images))
    assert np.array_equal(images[0], write("HIM", font, rng(0), 40))


def test_the_photograph_lies_on_its_side_and_exif_says_so() -> None:
    with Image.open(SCANS / "IMG_2041.jpg") as image:
        assert image.width > image.height
        upright = ImageOps.exif_transpose(image)
    assert upright.height > upright.width


def test_a_page_is_turned_counter_clockwise_by_as_much_as_was_asked() -> None:
    page = np.full((600, 800), 255, np.uint8)
    page[298:302] = 0
    turned = scan.warp(page, rng(0), turn_deg=3.0)
    columns = np.arange(150, 650)
    line = (255.0 - turned[:, columns]) * (turned[:, columns] < 128)
    rows = (line * np.arange(600)[:, None]).sum(0) / line.sum(0)
    assert -np.degrees(np.arctan(np.polyfit(columns, rows, 1)[0])) == pytest.approx(3.0, abs=0.05)


def test_the_noise_is_as_strong_as_was_asked() -> None:
    flat = np.full((200, 200), 128, np.uint8)
    assert scan.noise(flat, rng(1), 6.0).std() == pytest.approx(6.0, abs=0.3)


def test_a_faint_copy_keeps_to_its_greys_and_a_fax_is_black_or_white() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (40, 1))
    faint = scan.contrast(ramp, 138, 226)
    assert (faint.min(), faint.max()) == (138, 226)
    assert set(np.unique(scan.fax(ramp, rng(2)))) == {0, 255}


@pytest.mark.parametrize("style", STYLES)
def test_a_mark_lies_on_its_box(style: str) -> None:
    page = np.full((200, 200), 255, np.uint8)
    mark(page, (80, 80, 40, 40), style, rng(3), ink=30, width_px=3)
    inside, outside = page[80:120, 80:120] < 128, page.copy()
    outside[40:160, 40:160] = 255
    assert inside.mean() > 0.08
    assert outside.min() == 255


def test_a_signature_fills_its_box_and_is_never_twice_the_same() -> None:
    pages = []
    for seed in range(4):
        page = np.full((140, 700), 255, np.uint8)
        sign(page, (20, 20, 640, 100), rng(seed), ink=30, width_px=3)
        columns = np.flatnonzero((page < 128).any(0))
        assert columns[-1] - columns[0] > 0.45 * 640
        pages.append(page)
    assert len({page.tobytes() for page in pages}) == 4
