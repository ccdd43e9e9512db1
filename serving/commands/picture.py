"""A page with its readings, as a picture: `python -m serving.commands.picture SCAN --form FORM.yaml --out PAGE.png`."""

import argparse
import io
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from recognizer.align import FormIndex
from recognizer.clean import repair
from recognizer.errors import InputError
from recognizer.form import Field, Form, load_form
from recognizer.page import Page
from recognizer.scan import Limits, pages
from serving.batch.recognize import Order, recognize
from serving.commands.session import working
from serving.intake.scans import find_scans
from serving.ledger import ACCEPTED
from serving.ledger.masking import masked

COLOURS = {"accept": "#1a7f37", "audit": "#1a7f37", "review": "#c2570c", "rescan": "#c2570c"}
WIDTH_PX = 1300
DPI = 100
PAPER = 225
"""Grey level that is shown as white: noise of the paper would make most of the file."""


def main() -> None:
    """Read the first page of a scan in a store of its own, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--form", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    form = load_form(asked.form)
    image = upright(asked.scan, form)
    asked.out.write_bytes(page_picture(image, form, read_fields(asked.scan, form)))


def read_fields(scan: Path, form: Form) -> Mapping[str, Mapping[str, Any]]:
    """The fields of the first page's record, by the same way as every batch takes. Raises InputError."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        with working(None, Path(folder) / "store", None, deliver_later=True) as work:
            recognize(Order(forms=(form,), scans=find_scans([scan]), out=out), work.door, work.ledger, work.bar)
        record = json.loads((out / "records.jsonl").read_text(encoding="utf-8").splitlines()[0])
    if record["status"] != "read":
        raise InputError(f"{scan}: {record['status']} {record['reason']}")
    fields: Mapping[str, Mapping[str, Any]] = record["fields"]
    return fields


def upright(scan: Path, form: Form) -> np.ndarray:
    """The first page, repaired and laid on the form: (height, width) uint8 of the form's own page."""
    page = next(iter(pages(scan.read_bytes(), scan_digest=scan.name, limits=Limits())))
    alignment = FormIndex([form]).align(page := repair(page)) if isinstance(page, Page) else None
    if alignment is None or not isinstance(page, Page):
        raise InputError(f"{scan}: its first page is not of the form {form.name}")
    return cv2.warpPerspective(
        page.image, alignment.matrix, (form.page.width, form.page.height), flags=cv2.INTER_AREA, borderValue=255
    )


def page_picture(image: np.ndarray, form: Form, fields: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A PNG: the page with its fields in the colour of their decision, and what was read beside it."""
    from matplotlib.figure import Figure

    height = WIDTH_PX * 0.62 * form.page.height / form.page.width
    figure = Figure(figsize=(WIDTH_PX / DPI, height / DPI), dpi=DPI)
    paper, beside = figure.add_axes((0, 0, 0.62, 1)), figure.add_axes((0.62, 0, 0.38, 1))
    paper.imshow(image, cmap="gray", vmin=0, vmax=PAPER, interpolation="antialiased")
    beside.set(xlim=(0, 1), ylim=(len(form.fields) + 1.5, -1.5))
    for axes in (paper, beside):
        axes.axis("off")
    for number, field in enumerate(form.fields):
        _draw(paper, beside, number, field, fields[field.name])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return small_png(file.getvalue())


def _draw(paper: Any, beside: Any, number: int, field: Field, said: Mapping[str, Any]) -> None:
    from matplotlib.patches import Rectangle

    colour = COLOURS[said["decision"]]
    x, y, w, h = field.box
    paper.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=colour, linewidth=2))
    badge = {"boxstyle": "round,pad=0.2", "facecolor": colour, "edgecolor": "none"}
    paper.text(x, y, str(number + 1), color="white", fontsize=8, weight="bold", ha="center", va="center", bbox=badge)
    beside.text(
        0.04, number, str(number + 1), color="white", fontsize=9, weight="bold", ha="center", va="center", bbox=badge
    )
    beside.text(0.09, number - 0.2, field.name, fontsize=8.5, color="#57606a", va="center")
    beside.text(0.09, number + 0.2, shown(field, said), fontsize=12, va="center", color="#1f2328")
    decision = "accepted" if said["decision"] in ACCEPTED else "to review"
    beside.text(
        0.97, number, f"{decision}  {said['confidence']:.2f}", fontsize=10, color=colour, ha="right", va="center"
    )


def shown(field: Field, said: Mapping[str, Any]) -> str:
    """What was read, as far as it may be shown."""
    if said["outcome"] != "text":
        return f"– {said['outcome']} –"
    return masked(said["value"], field.kind) if field.is_sensitive else str(said["value"])


def small_png(data: bytes) -> bytes:
    """The same picture in 32 colours, a fraction of the size."""
    from PIL import Image

    file = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").quantize(32, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
