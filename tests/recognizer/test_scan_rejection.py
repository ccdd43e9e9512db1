"""Files that cannot be taken in are rejected with a stable code, and cost next to nothing."""

import io
import re
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from recognizer.errors import ScanRejected
from recognizer.page import Page
from recognizer.scan import CODES, Limits, PageRejected, decode, pages, rejected, sniff
from recognizer.scan.tiff import page_offsets

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 200), np.uint8))


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def taken_in(data: bytes, **limits: float) -> list[Page | PageRejected]:
    return list(pages(data, scan_digest="d", limits=Limits(**limits)))


def rejection(data: bytes, **limits: float) -> PageRejected:
    (found,) = taken_in(data, **limits)
    assert isinstance(found, PageRejected)
    assert found.code in CODES and found.reason and "\n" not in found.reason
    return found


def png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    chunks = [chunk, b"IDAT" + data, b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )


FOREIGN = {
    "GIF": saved(NOISE, "GIF"),
    "BMP": saved(NOISE, "BMP"),
    "WebP": saved(NOISE, "WEBP"),
    "JPEG 2000": saved(NOISE, "JPEG2000"),
    "HEIC": b"\0\0\0\x18ftypheic" + bytes(100),
    "HTML": b"  <!DOCTYPE html><html></html>",
    "SVG": b"<?xml version='1.0'?><svg><script>alert(1)</script></svg>",
    "Office": b"PK\x03\x04" + bytes(100),
    "no known kind": b"just words",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_formats_are_named(name):
    found = rejection(FOREIGN[name])
    assert (found.page_no, found.code) == (None, "unsupported")
    assert name in found.reason and "PDF, TIFF, PNG or JPEG" in found.reason


def test_sniff_goes_by_content():
    assert [sniff(saved(NOISE, f)) for f in ("PDF", "TIFF", "PNG", "JPEG")] == ["pdf", "tiff", "png", "jpeg"]
    assert sniff(bytes(2000) + b"%PDF-1.4") == "pdf"
    with pytest.raises(ScanRejected) as caught:
        sniff(b"")
    assert caught.value.code == "empty"
    with pytest.raises(ScanRejected, match="transferred as text"):
        sniff(b"\x89PNG\n\x1a\n")


@pytest.mark.parametrize(
    "data",
    [png_header(60_000, 60_000), png_header(9_000, 9_000), png_header(70, 40_000), saved(NOISE, "PNG") * 40],
    ids=["3.6 gigapixels", "81 megapixels", "a long strip", "many bytes"],
)
def test_too_large_is_refused_by_header(data):
    started = time.perf_counter()
    assert rejection(data, max_bytes=1_000_000).code == "too_large"
    assert time.perf_counter() - started < 0.5


def test_limits_are_the_caller_s():
    data = saved(NOISE, "PNG")
    assert rejection(data, max_pixels=59_999).code == "too_large"
    assert rejection(data, min_edge_px=201).code == "too_small"
    assert rejection(data, max_bytes=len(data) - 1).code == "too_large"
    assert isinstance(taken_in(data, max_pixels=60_000)[0], Page)


def test_too_many_pages_are_refused_before_any_is_decoded(monkeypatch):
    monkeypatch.setattr(decode, "decode_page", lambda *_: pytest.fail("decoded a page"))
    tiff = saved(Image.new("1", (80, 80)), "TIFF", save_all=True, append_images=[Image.new("1", (80, 80))] * 5)
    document = pdfium.PdfDocument.new()
    for _ in range(6):
        document.new_page(100, 100)
    file = io.BytesIO()
    document.save(file)
    for data in (tiff, file.getvalue()):
        found = rejection(data, max_pages=5)
        assert (found.page_no, found.code) == (None, "too_many_pages")


def cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


def directory_first() -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.asarray(NOISE), photometric="minisblack", compression="zlib")
    return file.getvalue()


WHOLE = {
    "jpeg": saved(NOISE, "JPEG"),
    "jpeg-progressive": saved(NOISE, "JPEG", progressive=True),
    "png": saved(NOISE, "PNG"),
    "tiff-raw": saved(NOISE, "TIFF"),
    "tiff-lzw": saved(NOISE, "TIFF", compression="tiff_lzw"),
    "tiff-deflate": saved(NOISE, "TIFF", compression="tiff_adobe_deflate"),
    "tiff-g4": saved(NOISE.convert("1"), "TIFF", compression="group4"),
    "tiff-jpeg": saved(NOISE, "TIFF", compression="jpeg"),
    "tiff-packbits": saved(NOISE, "TIFF", compression="packbits"),
    "tiff-directory-first": directory_first(),
    "pdf": saved(NOISE, "PDF"),
}


@pytest.mark.parametrize("part", [0.5, 0.9])
@pytest.mark.parametrize("name", WHOLE)
def test_half_a_page_is_never_taken_for_a_whole_one(name, part):
    assert isinstance(taken_in(WHOLE[name])[0], Page)
    found = taken_in(cut(WHOLE[name], part))
    assert all(isinstance(page, PageRejected) for page in found)
    assert {page.code for page in found} <= ({"truncated"} if part == 0.5 else {"truncated", "damaged"})


def test_a_cut_pdf_that_pdfium_would_repair_is_rejected_whole():
    """Its page tree comes first, so all that a cut loses is what stands on the pages."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 5 0 R>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 6 0 R>>",
        b"<</Length 25>>stream\n0 0 0 rg 9 9 99 99 re f  \nendstream",
        b"<</Length 25>>stream\n0 0 0 rg 9 9 99 99 re f  \nendstream",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    end = b"trailer<</Root 1 0 R/Size 7>>\nstartxref\n0\n%%EOF\n"
    assert [page.image.min() for page in taken_in(body + end)] == [0, 0]
    half = body[: body.index(b"6 0 obj")] + b"trailer<</Root 1 0 R/Size 7>>\n"
    assert pdfium.PdfDocument(half)  # PDFium is content with it
    assert rejection(half).code == "truncated"


def test_a_jpeg_whose_pixels_end_early_is_truncated_even_with_a_closing_mark():
    assert rejection(cut(WHOLE["jpeg"], 0.5) + b"\xff\xd9").code == "truncated"


def test_a_broken_page_is_rejected_alone():
    data = bytearray(saved(NOISE, "TIFF", compression="tiff_adobe_deflate", save_all=True, append_images=[NOISE] * 2))
    second = page_offsets(bytes(data), 9)[1]
    with Image.open(io.BytesIO(data)) as image:
        image.seek(1)
        strip = image.tag_v2[273][0]
    assert second
    data[strip : strip + 200] = bytes(200)
    found = taken_in(bytes(data))
    assert [page.page_no for page in found] == [1, 2, 3]
    assert [type(page) for page in found] == [Page, PageRejected, Page]
    assert found[1].code == "damaged"


def test_a_tiff_whose_pages_run_in_a_circle_ends():
    data = bytearray(saved(NOISE, "TIFF", save_all=True, append_images=[NOISE]))
    first, second = page_offsets(bytes(data), 9)
    (entries,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<I", data, second + 2 + entries * 12, first)
    assert len(taken_in(bytes(data))) == 2


def test_a_page_behind_the_end_of_a_tiff_is_rejected_and_not_forgotten():
    data = saved(NOISE, "TIFF", save_all=True, append_images=[NOISE])
    found = taken_in(data[: page_offsets(data, 9)[1]])
    assert [type(page) for page in found] == [Page, PageRejected]


def test_an_encrypted_pdf_says_so():
    encrypted = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/Length 40/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>endobj\n"
        b"trailer<</Root 1 0 R/Size 5/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n0\n%%EOF\n"
    )
    found = rejection(encrypted)
    assert (found.page_no, found.code) == (None, "encrypted")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (RecursionError("maximum recursion depth exceeded"), "damaged"),
        (TypeError("Missing dimensions"), "damaged"),
        (SyntaxError("broken PNG file"), "damaged"),
        (struct.error("unpack requires a buffer of 4 bytes"), "truncated"),
        (OSError("image file is truncated (9 bytes not processed)"), "truncated"),
        (EOFError(), "truncated"),
        (Image.DecompressionBombError("big"), "too_large"),
        (ScanRejected("encrypted", "no"), "encrypted"),
    ],
)
def test_whatever_a_decoder_raises_becomes_a_rejection(error, code, monkeypatch):
    assert rejected(error, 3).code == code

    def raise_it(*_: object) -> None:
        raise error

    monkeypatch.setattr("recognizer.scan.picture.PictureBook.sheet", raise_it)
    assert rejection(WHOLE["png"]).code == code


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(name=st.sampled_from(sorted(WHOLE)), where=st.floats(0, 0.999), junk=st.binary(min_size=1, max_size=8))
def test_no_damage_escapes(name, where, junk):
    """Whatever bytes are changed, `pages` yields pages and rejections and raises nothing."""
    data = bytearray(WHOLE[name])
    start = int(where * len(data))
    data[start : start + len(junk)] = junk
    for page in taken_in(bytes(data), max_pages=20, max_pixels=4_000_000):
        assert isinstance(page, Page) or page.code in CODES


def test_every_code_that_is_used_is_in_the_table():
    sources = [
        *Path(decode.__file__).parent.glob("*.py"),
        *(Path(__file__).parents[2] / "serving" / "intake").glob("*.py"),
    ]
    used = {code for s in sources for code in re.findall(r'(?:ScanRejected|Death)\(\s*"(\w+)"', s.read_text())}
    assert len(used) > 8 and used <= set(CODES)
