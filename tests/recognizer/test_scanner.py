"""What files say of the device that scanned them, in every format, and when they say nonsense."""

import io
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, PngImagePlugin, TiffImagePlugin

from recognizer.page import Page
from recognizer.scan import Limits, pages
from recognizer.scan.scanner import MAKE, MODEL, MOST_CHARACTERS, SOFTWARE, clean, scanner_of
from tests.recognizer.test_scan import RGB, drawing, only_page, saved, taken_in, tiff

DEVICE = {MAKE: "Borealis", MODEL: "S300", SOFTWARE: "Capture 4.1"}


def exif(**tags: object) -> Image.Exif:
    said = Image.Exif()
    for tag, value in {"make": MAKE, "model": MODEL, "software": SOFTWARE}.items():
        if tag in tags:
            said[value] = tags[tag]
    return said


def pdf(**said: str) -> bytes:
    return saved(RGB, "PDF", **said)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_make_and_model(format_: str) -> None:
    data = saved(RGB, format_, exif=exif(make="Borealis", model="S300", software="Capture 4.1"))
    assert only_page(data).scanner == "Borealis S300"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_the_program_where_no_device_is_named(format_: str) -> None:
    assert only_page(saved(RGB, format_, exif=exif(software="Capture 4.1"))).scanner == "Capture 4.1"
    assert only_page(saved(RGB, format_)).scanner == ""


def test_the_program_in_the_text_of_a_png() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", "Capture 4.1")
    text.add_text("Author", "Ann Example")
    assert only_page(saved(RGB, "PNG", pnginfo=text)).scanner == "Capture 4.1"


def test_each_page_of_a_tiff_has_its_own() -> None:
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file, True) as writer:
        for model in ("S300", "", "S500"):
            RGB.save(writer, "TIFF", tiffinfo={MAKE: "Borealis", MODEL: model} if model else {}, compression="tiff_lzw")
            writer.newFrame()
    assert [page.scanner for page in taken_in(file.getvalue())] == ["Borealis S300", "", "Borealis S500"]


def test_tiffs_that_pillow_cannot_read() -> None:
    tags = [(MAKE, "s", 0, "Borealis", True), (MODEL, "s", 0, "S300", True)]
    data = tiff(drawing().astype("float64") / 255, photometric="minisblack", extratags=tags)
    assert only_page(data).scanner == "Borealis S300"


def test_a_pdf_names_what_made_it() -> None:
    assert only_page(pdf(creator="Borealis M4 PDF", producer="Capture", author="Ann")).scanner == "Borealis M4 PDF"
    assert only_page(pdf(creator="", producer="Capture", author="Ann")).scanner == "Capture"
    blank = pdfium.PdfDocument.new()
    blank.new_page(300, 400)
    file = io.BytesIO()
    blank.save(file)
    assert only_page(file.getvalue()).scanner in ("", "PDFium")


def test_nobody_is_named() -> None:
    """Owners, hosts, authors and serial numbers stay in the file."""
    said = exif(make="Borealis", model="S300")
    for tag in (315, 316, 33432, 40093):  # artist, host computer, copyright, author
        said[tag] = "Ann Example"
    said.get_ifd(0x8769)[0xA431] = "SERIAL 4711"
    page = only_page(saved(RGB, "JPEG", exif=said))
    assert page.scanner == "Borealis S300"


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Borealis", "Borealis S300", "Borealis S300"),
        ("BOREALIS OPTICAL COMPANY", "Optical X1", "Optical X1"),
        ("Borealis", "", "Borealis"),
        ("", "S300", "S300"),
        ("Borealis\0\0\0", " S300 \r\n", "Borealis S300"),
        (b"Borealis", b"S\xff300", "Borealis S\ufffd300"),
        (7, (1, 2), ""),
        ("\u202eevil\u0007\ue000", "x\ud800y", "evil x y"),
        ("Zoe\u0308", "1", "Zoë 1"),
    ],
)
def test_names(make: object, model: object, name: str) -> None:
    assert scanner_of({MAKE: make, MODEL: model}) == name


def test_a_program_is_asked_last() -> None:
    assert scanner_of(DEVICE, "other") == "Borealis S300"
    assert scanner_of({SOFTWARE: " \0 "}, None, "", "other", "more") == "other"


@given(some.one_of(some.text(), some.binary(), some.integers(), some.none(), some.lists(some.text())))
def test_whatever_is_said_is_one_line_that_can_be_seen_and_stored(said: object) -> None:
    name = clean(said)
    assert len(name) <= MOST_CHARACTERS and name == name.strip() and clean(name) == name
    assert all(unicodedata.category(each)[0] not in "CZ" or each == " " for each in name)
    assert name.encode("utf-8").decode("utf-8") == name


def test_nonsense_costs_no_page() -> None:
    long = saved(RGB, "JPEG", exif=exif(make="B" * 60_000, model="S300"))
    assert only_page(long).scanner == "B" * MOST_CHARACTERS
    data = bytearray(saved(RGB, "JPEG", exif=exif(make="Borealis", model="S300")))
    at = data.index(b"Exif\0\0")
    for cut in range(at, at + 60):  # every byte of its head spoilt in turn
        spoilt = data.copy()
        spoilt[cut] ^= 0xFF
        (page,) = taken_in(bytes(spoilt))
        assert isinstance(page, Page) and len(page.scanner) <= MOST_CHARACTERS


SHARED = Path(__file__).parents[3] / "shared" / "data" / "odd_scans"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the optional shared data folder is not there")
def test_real_files_name_devices() -> None:
    found = set[str]()
    for path in sorted(SHARED.rglob("*.tif*")) + sorted(SHARED.rglob("*.jp*g")):
        found |= {page.scanner for page in pages(path.read_bytes(), scan_digest="d", limits=Limits()) if page_is(page)}
    assert len(found) > 5 and any("KODAK DX3900" in name and name.count("KODAK") == 1 for name in found), found


def page_is(page: object) -> bool:
    return isinstance(page, Page)
