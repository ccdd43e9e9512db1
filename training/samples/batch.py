"""The sample batch: which sheets come in, how they were filled in, and how each was scanned and saved."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.samples import save, scan
from training.samples.fill import Habits
from training.samples.sheet import DPI, Desk, Sheet, empty, letter

SEED = 20260302

Write = Callable[[Path], None]


def batch(desk: Desk) -> Iterator[tuple[str, list[Sheet], Write]]:
    """Each scan file: its name, its sheets in the order of its pages, and what writes it.

    Every file has a source of chance of its own, so that one can be changed without changing the others.
    """
    for number, (name, make) in enumerate(FILES.items()):
        sheets, write = make(desk, np.random.default_rng([SEED, number]))
        yield name, sheets, write


def _branch_east(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheets = [
        desk.application(rng, "clean scan"),
        desk.application(
            rng, "2 degrees askew, capitals, taken-back mark", font="amatic_bold", payment="yearly",
            habits=Habits(mark_style="tick", struck={"payment": "monthly"}),
        ),
        empty("the back of a sheet"),
        desk.application(rng, "amount and telephone left out", habits=Habits(blank=frozenset({"amount", "phone"}))),
    ]  # fmt: skip
    turns = (0.2, -2.1, 0.5, 0.9)
    pages = [
        scan.noise(scan.warp(sheet.image, rng, scale=0.5, turn_deg=turn, shift=0.006), rng, 1.6)
        for sheet, turn in zip(sheets, turns, strict=True)
    ]
    return sheets, lambda path: save.save_pdf(path, pages, DPI // 2, quality=58)


def _branch_west(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheets = [
        desk.handwriting_sample(rng, "1 bit, clean"),
        desk.application(rng, "fax of 200 dpi", habits=Habits(mark_style="scribble")),
        desk.handwriting_sample(
            rng, "1 bit, askew, writing leaves the boxes", font="caveat", habits=Habits(beyond=True)
        ),
    ]
    turns = (0.15, 0.6, 1.6)
    pages = [
        scan.fax(scan.warp(sheet.image, rng, scale=2 / 3, turn_deg=turn, shift=0.008), rng)
        for sheet, turn in zip(sheets, turns, strict=True)
    ]
    return sheets, lambda path: save.save_fax(path, pages, DPI * 2 // 3)


def _sixteen_bit(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.application(rng, "16 bits per pixel", font="amatic", smoker="yes", habits=Habits(mark_style="fill"))
    page = scan.warp(sheet.image, rng, scale=0.5, turn_deg=-0.4, surround=255)
    return [sheet], lambda path: save.save_png16(path, page, DPI // 2)


def _phone(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.application(rng, "photograph: perspective, shadow, EXIF rotation")
    page = scan.warp(sheet.image, rng, scale=0.56, turn_deg=1.2, perspective=0.022, surround=96)
    page = scan.noise(scan.shadow(scan.blur(page, 0.7), rng, 0.42), rng, 3.0)
    photo = save.tinted(page, (252, 244, 228))
    return [sheet], lambda path: save.save_jpeg(path, photo, 72, quality=55, orientation=6)


def _cmyk(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.handwriting_sample(rng, "CMYK JPEG of 150 dpi", font="caveat")
    page = scan.noise(scan.warp(sheet.image, rng, scale=0.5, turn_deg=-0.7, shift=0.01), rng, 1.5)
    return [sheet], lambda path: save.save_cmyk_jpeg(path, page, DPI // 2, quality=55)


def _upside_down(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    note = "upside down, punched; a birthday on 31 February"
    sheet = desk.application(rng, note, font="amatic_bold", date_of_birth="02/31/1975")
    page = scan.warp(scan.punch_holes(sheet.image, DPI), rng, scale=0.5, turn_deg=179.4)
    page = scan.noise(page, rng, 2.0)
    return [sheet], lambda path: save.save_jpeg(path, page, DPI // 2, quality=55)


def _quarter_turn(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.handwriting_sample(rng, "lies on its side, speckled, 1 bit")
    page = scan.speckle(scan.warp(sheet.image, rng, scale=0.5, turn_deg=0.5, shift=0.01), rng, 0.0004)
    return [sheet], lambda path: save.save_png1(path, np.rot90(scan.fax(page, rng)), DPI // 2)


def _coffee(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.application(rng, "stain, dark edge, speckle", habits=Habits(blank=frozenset({"street", "city"})))
    page = scan.stain(scan.warp(sheet.image, rng, scale=0.5, turn_deg=0.8), rng, dark=0.45)
    page = scan.noise(scan.edge_shadow(scan.speckle(page, rng, 0.0001), DPI // 2), rng, 2.5)
    return [sheet], lambda path: save.save_jpeg(path, page, DPI // 2, quality=55)


def _thin_paper(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.application(rng, "the back shines through", habits=Habits(mark_style="tick"))
    page = scan.bleed_through(sheet.image, letter(rng, "").image, 0.22)
    page = scan.noise(scan.warp(page, rng, scale=0.5, turn_deg=-1.1, shift=0.01), rng, 2.0)
    return [sheet], lambda path: save.save_jpeg(path, page, DPI // 2, quality=55)


def _faint(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = desk.application(
        rng, "faint copy, palette, writing leaves the boxes, no signature",
        habits=Habits(beyond=True, mark_style="scribble", blank=frozenset({"signature"})),
    )  # fmt: skip
    page = scan.contrast(scan.warp(sheet.image, rng, scale=0.5, turn_deg=0.3, surround=255), 138, 226)
    return [sheet], lambda path: save.save_png_palette(path, page, DPI // 2)


def _unreadable(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = replace(desk.application(rng, "far too coarse, blurred and dark"), status="rescan", fields={})
    page = scan.warp(sheet.image, rng, scale=0.16, turn_deg=3.0, perspective=0.02, surround=60)
    page = scan.noise(scan.contrast(scan.shadow(scan.blur(page, 2.2), rng, 0.6), 70, 150), rng, 12)
    return [sheet], lambda path: save.save_jpeg(path, page, 48, quality=12)


def _letter(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    sheet = letter(rng, "a letter, no known form")
    page = scan.noise(scan.warp(sheet.image, rng, scale=0.5, turn_deg=-0.6), rng, 1.5)
    return [sheet], lambda path: save.save_jpeg(path, page, DPI // 2, quality=50)


def _damaged(desk: Desk, rng: np.random.Generator) -> tuple[list[Sheet], Write]:
    """A PDF whose transfer broke off: its first fifth."""
    sheet = desk.application(rng, "the file breaks off")
    page = scan.warp(sheet.image, rng, scale=0.4)

    def write(path: Path) -> None:
        save.save_pdf(path, [page], 120, quality=40)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 5])

    return [replace(sheet, form=None, status="rejected", fields={})], write


FILES: dict[str, Callable[[Desk, np.random.Generator], tuple[list[Sheet], Write]]] = {
    "branch_east.pdf": _branch_east,
    "branch_west_fax.tif": _branch_west,
    "desk_0114.png": _sixteen_bit,
    "IMG_2041.jpg": _phone,
    "lab_copy.jpg": _cmyk,
    "upside_down.jpg": _upside_down,
    "sideways.png": _quarter_turn,
    "coffee.jpg": _coffee,
    "thin_paper.jpg": _thin_paper,
    "faint_copy.png": _faint,
    "unreadable.jpg": _unreadable,
    "letter.jpg": _letter,
    "broken_upload.pdf": _damaged,
}
