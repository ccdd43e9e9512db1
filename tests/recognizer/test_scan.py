"""Every kind of file that people send, made on the fly, becomes the same upright grey page."""

import io
import struct
from fractions import Fraction

import numpy as np
import pypdfium2 as pdfium
import pytest
import tifffile
from PIL import Image, ImageCms, TiffImagePlugin

from recognizer.page import Page
from recognizer.scan import Limits, PageRejected, pages
from recognizer.scan.grey import full_scale, to_uint8
from recognizer.scan.picture import upright
from recognizer.scan.scale import credible_dpi

HEIGHT, WIDTH = 160, 120


def drawing() -> np.ndarray:
    """Paper of 230 with an L of ink (20) whose corner is bottom left: no turn or mirror image looks the same."""
    image = np.full((HEIGHT, WIDTH), 230, np.uint8)
    image[20:140, 16:32] = 20
    image[124:140, 16:96] = 20
    return image


def saved(image: Image.Image, format_: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def tiff(samples: np.ndarray, **settings: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **settings)
    return file.getvalue()


def taken_in(data: bytes, **limits: float) -> list[Page | PageRejected]:
    return list(pages(data, scan_digest="d", limits=Limits(**limits)))


def only_page(data: bytes, **limits: float) -> Page:
    (page,) = taken_in(data, **limits)
    assert isinstance(page, Page), page
    assert page.image.dtype == np.uint8 and page.image.ndim == 2 and page.image.flags.c_contiguous
    return page


def off(image: np.ndarray, expected: np.ndarray | None = None) -> float:
    """The mean difference in grey levels."""
    expected = drawing() if expected is None else expected
    assert image.shape == expected.shape
    return float(np.abs(image.astype(int) - expected).mean())


GREY = Image.fromarray(drawing())
RGB = GREY.convert("RGB")


def palette_with_transparency() -> bytes:
    image = Image.new("P", GREY.size, 0)
    image.putpalette([9, 9, 9, 20, 20, 20])  # colour 0 is dark and transparent: only flattening makes it paper
    image.paste(1, mask=GREY.point(lambda v: 255 if v < 128 else 0))
    return saved(image, "PNG", transparency=0)


def with_alpha(mode: str) -> Image.Image:
    """Black everywhere; what is ink is said by alpha alone."""
    alpha = Image.fromarray(255 - drawing())
    return Image.merge(mode, [Image.new("L", GREY.size, 0)] * (len(mode) - 1) + [alpha])


def lab() -> Image.Image:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    return ImageCms.applyTransform(RGB, to_lab)


BILEVEL = GREY.convert("1", dither=Image.Dither.NONE)
EXACT = {
    "png-1": saved(GREY, "PNG"),
    "png-rgb": saved(RGB, "PNG"),
    "png-palette": saved(GREY.quantize(4), "PNG"),
    "png-la": saved(with_alpha("LA"), "PNG"),
    "png-rgba": saved(with_alpha("RGBA"), "PNG"),
    "png-16-bit": saved(Image.fromarray(drawing().astype(np.uint16) * 257), "PNG"),
    "tiff-raw": saved(GREY, "TIFF"),
    "tiff-lzw": saved(RGB, "TIFF", compression="tiff_lzw"),
    "tiff-deflate": saved(RGB, "TIFF", compression="tiff_adobe_deflate"),
    "tiff-packbits": saved(GREY, "TIFF", compression="packbits"),
    "tiff-cmyk": saved(RGB.convert("CMYK"), "TIFF"),
    "tiff-rgba": saved(with_alpha("RGBA"), "TIFF"),
    "tiff-miniswhite": tiff(255 - drawing(), photometric="miniswhite"),
    "tiff-16-bit": tiff(drawing().astype(np.uint16) * 257, photometric="minisblack"),
    "tiff-16-bit-big-endian": tiff(drawing().astype(np.uint16) * 257, byteorder=">", photometric="minisblack"),
    "tiff-16-bit-miniswhite": tiff(65535 - drawing().astype(np.uint16) * 257, photometric="miniswhite"),
    "tiff-float": tiff(drawing().astype(np.float32) / 255, photometric="minisblack"),
    "tiff-float-of-255": tiff(drawing().astype(np.float32), photometric="minisblack"),
    "tiff-half-float": tiff(drawing().astype(np.float16) / 255, photometric="minisblack"),
    "tiff-double": tiff(drawing().astype(np.float64) / 255, photometric="minisblack"),
    "tiff-double-miniswhite": tiff(1 - drawing().astype(np.float64) / 255, photometric="miniswhite"),
    "tiff-16-bit-rgb": tiff(np.dstack([drawing().astype(np.uint16) * 257] * 3), photometric="rgb"),
    "tiff-planar": tiff(np.stack([drawing()] * 3), photometric="rgb", planarconfig="separate"),
    "tiff-tiled": tiff(drawing(), photometric="minisblack", tile=(64, 64)),
    "bigtiff": tiff(drawing(), photometric="minisblack", bigtiff=True),
}


@pytest.mark.parametrize("name", EXACT)
def test_lossless_modes_become_the_drawing(name):
    assert off(only_page(EXACT[name]).image) < 1


LOSSY = {
    "jpeg-grey": saved(GREY, "JPEG", quality=95),
    "jpeg-rgb": saved(RGB, "JPEG", quality=95),
    "jpeg-cmyk": saved(RGB.convert("CMYK"), "JPEG", quality=95),
    "jpeg-progressive": saved(RGB, "JPEG", quality=95, progressive=True),
    "tiff-jpeg": saved(RGB, "TIFF", compression="jpeg", quality=95),
    "tiff-lab": saved(lab(), "TIFF"),
}


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_modes_become_nearly_the_drawing(name):
    assert off(only_page(LOSSY[name]).image) < 6


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "raw", "tiff_lzw"])
def test_bilevel_is_black_or_white_by_what_zero_means(compression):
    black_is_zero = saved(BILEVEL, "TIFF", compression=compression, tiffinfo={262: 1})
    entry = struct.pack("<HHI", 262, 3, 1)
    assert black_is_zero.count(entry + b"\x01\x00") == 1
    white_is_zero = black_is_zero.replace(entry + b"\x01\x00", entry + b"\x00\x00")
    expected = np.where(drawing() > 128, 255, 0)
    assert off(only_page(black_is_zero).image, expected) == 0
    assert off(only_page(white_is_zero).image, 255 - expected) == 0


def test_palette_transparency_is_flattened_on_white():
    image = only_page(palette_with_transparency()).image
    assert off(image, np.where(drawing() > 128, 255, 20)) == 0


def stored_as(orientation: int) -> Image.Image:
    """The drawing as a camera that was held differently stores it."""
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    return Image.fromarray(upright(drawing(), back))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_orientation_is_undone_exactly_once(format_, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = only_page(saved(stored_as(orientation), format_, exif=exif))
    assert off(page.image) < 6
    assert page.steps[0].measured["orientation"] == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_tiffs_that_pillow_cannot_read(orientation):
    samples = np.asarray(stored_as(orientation)).astype(np.float64) / 255
    data = tiff(samples, photometric="minisblack", extratags=[(274, "H", 1, orientation, True)])
    assert off(only_page(data).image) < 1


def test_orientation_of_each_page_of_a_tiff_is_its_own():
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file) as writer:
        for orientation in (6, 1, 3):
            stored_as(orientation).save(writer, "TIFF", tiffinfo={274: orientation}, compression="tiff_lzw")
            writer.newFrame()
    found = taken_in(file.getvalue())
    assert [off(page.image) for page in found] == [0, 0, 0]


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_samples_are_scaled_by_the_bits_really_used(bits):
    samples = (drawing() / 255 * (2**bits - 1)).astype(np.uint16)
    samples[0, 0] = 2**bits - 1
    assert off(only_page(tiff(samples, photometric="minisblack")).image) < 1


def test_noise_of_an_empty_16_bit_page_is_not_stretched_to_ink():
    noisy = np.random.default_rng(1).normal(60_000, 300, (400, 300)).astype(np.uint16)
    assert only_page(tiff(noisy, photometric="minisblack")).image.std() < 2


def test_odd_floats():
    assert to_uint8(np.array([[np.nan, 0.0, 1.0]])).tolist() == [[255, 0, 255]]
    assert to_uint8(np.array([[-1.0, 1.0]])).tolist() == [[0, 255]]
    assert full_scale(np.full((2, 2), np.nan)) == (0.0, 1.0)
    assert to_uint8(np.array([[False, True]])).tolist() == [[0, 255]]


def with_dpi(format_: str, dpi: tuple[float, float], size: tuple[int, int] = (800, 1000)) -> bytes:
    return saved(Image.new("L", size, 255), format_, dpi=dpi)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "TIFF"])
def test_resolution_is_taken_from_the_file(format_):
    assert only_page(with_dpi(format_, (200, 200))).dpi == pytest.approx(200, abs=0.5)


@pytest.mark.parametrize(("unit", "per_unit"), [(2, 150), (3, 150 / 2.54), (4, 150 / 25.4)])
def test_tiff_units(unit, per_unit):
    value = Fraction(per_unit).limit_denominator(10_000)
    tags = {282: float(value), 283: float(value), 296: unit}
    assert only_page(saved(GREY, "TIFF", tiffinfo=tags)).dpi == pytest.approx(150, abs=0.1)


@pytest.mark.parametrize(
    ("declared", "size"),
    [
        ((72, 72), (850, 1100)),
        ((96, 96), (850, 1100)),
        ((1, 1), (850, 1100)),
        ((100, 100), (3000, 4000)),
        (None, (9, 9)),
    ],
)
def test_resolution_that_nobody_believes(declared, size):
    assert credible_dpi(declared, *size) is None


def test_tiff_without_a_unit_has_no_resolution():
    assert only_page(saved(GREY, "TIFF", tiffinfo={282: 300.0, 283: 300.0, 296: 1})).dpi is None


def test_fax_pixels_become_square():
    page = only_page(saved(Image.new("1", (1728, 1100), 1), "TIFF", dpi=(204, 98)))
    assert page.image.shape == (round(1100 * 204 / 98), 1728)
    assert page.dpi == pytest.approx(204)
    assert page.steps[-1].name == "scale"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_large_pages_are_scaled_to_the_working_resolution(format_):
    page = only_page(with_dpi(format_, (600, 600), (5100, 6600)))
    assert page.image.shape == (3300, 2550)
    assert page.dpi == 300
    assert page.steps[-1].measured == {"from_width_px": 5100, "from_height_px": 6600}


def test_large_pages_of_unknown_resolution_are_scaled_to_the_working_pixels():
    page = only_page(saved(Image.new("L", (4000, 6000), 255), "JPEG"))
    assert page.image.size == pytest.approx(12e6, rel=0.001)
    assert page.dpi is None


def test_strokes_survive_scaling():
    big = np.full((6600, 5100), 255, np.uint8)
    big[:, 2500:2506] = 0  # a hairline of 0.25 mm at 600 dpi
    image = only_page(saved(Image.fromarray(big), "PNG", dpi=(600, 600))).image
    assert (image.min(axis=1) < 20).all()


def a_pdf(*sizes: tuple[float, float]) -> bytes:
    document = pdfium.PdfDocument.new()
    for size in sizes:
        document.new_page(*size)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_pdf_pages_are_rendered_at_200_dpi():
    page = only_page(a_pdf((612, 792)))
    assert page.image.shape == (2200, 1700)
    assert page.dpi == 200
    assert page.image.min() == 255


def test_pdf_shows_the_image_in_it():
    page = only_page(saved(GREY.resize((WIDTH * 5, HEIGHT * 5)), "PDF", resolution=200))
    small = np.asarray(Image.fromarray(page.image).resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    assert off(small) < 6


def test_pdf_rotation_is_applied():
    document = pdfium.PdfDocument(saved(GREY, "PDF", resolution=72))
    document[0].set_rotation(90)
    file = io.BytesIO()
    document.save(file)
    image = only_page(file.getvalue()).image
    small = np.asarray(Image.fromarray(image).resize((HEIGHT, WIDTH), Image.Resampling.BOX))
    assert off(small, np.rot90(drawing(), -1)) < 6


def test_pdf_draws_annotations():
    square = b"<</Type/Annot/Subtype/Square/Rect[100 100 500 500]/F 4/AP<</N 4 0 R>>>>"
    stream = b"0 0 0 rg 0 0 400 400 re f"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Annots[" + square + b"]>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 400 400]/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    image = only_page(b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R/Size 5>>\nstartxref\n0\n%%EOF\n").image
    assert (image == 0).mean() == pytest.approx(400 * 400 / (612 * 792), rel=0.01)


def test_large_pdf_pages_are_rendered_coarser():
    page = only_page(a_pdf((2550, 3300)))  # pixels of 300 dpi written as points
    assert page.image.size <= 12.1e6
    assert page.dpi is None
    assert page.steps[0].settings["dpi"] < 200


def test_pages_come_one_by_one_and_skipped_ones_are_not_decoded():
    data = a_pdf(*[(300, 400)] * 4)
    found = list(pages(data, scan_digest="d", limits=Limits(), skip={2, 3}))
    assert [page.page_no for page in found] == [1, 4]
