"""How exactly are forms aligned? Pages with known turns, shifts, scales, perspective, fill-in, noise, blur, shadow.

    python -m benchmarks.alignment [--pages 200] [--seed 0]

The error of a page is that of its worst field corner, in pixels at 150 dpi. A failure is a page on which the form is
not found, or another form is. Each page is degraded moderately or, every fourth, hard (a bad phone photo).
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recognizer.align import FormIndex
from recognizer.align.alignment import rectangle, scaling, transform
from recognizer.form import Form, load_form
from recognizer.page import Page

FORMS = Path(__file__).resolve().parent.parent / "data" / "forms"


@dataclass(frozen=True, kw_only=True)
class Warp:
    """A degraded page and the truth: `matrix` (3, 3) from pixels of the form's page to pixels of the image."""

    image: np.ndarray
    matrix: np.ndarray


def drawn(form: Form, seed: int) -> np.ndarray:
    """A page of a form that is registered by boxes, drawn from its geometry: boxes, labels, some lines of text."""
    rng = np.random.default_rng(seed)
    page = np.full((form.page.height, form.page.width), 255, np.uint8)
    unit = form.page.dpi / 300
    boxes = [field.box for field in form.fields] + list(getattr(form.registration, "boxes", ()))
    for x, y, w, h in boxes:
        cv2.rectangle(page, (x, y), (x + w, y + h), 0, max(1, round(5 * unit)))
        label = "".join(map(str, rng.integers(0, 10, 5)))
        cv2.putText(page, label, (x + 40, y - round(12 * unit)), cv2.FONT_HERSHEY_COMPLEX, 1.2 * unit, 0, 2)
    for row in range(4):
        text = "".join(rng.choice(list("abcdefgh ijklmnop qrst"), 50))
        cv2.putText(page, text, (150, round((200 + 80 * row) * unit)), cv2.FONT_HERSHEY_COMPLEX, 1.4 * unit, 0, 3)
    return page


def filled(form: Form, page: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scribbles in two of three fields; some leave their box, some strike over it."""
    page = page.copy()
    for field in form.fields:
        if rng.random() < 0.33:
            continue
        x, y, w, h = field.box
        steps = max(4, int(w / h * 5))
        along = np.linspace(0.06, 0.94, steps) + rng.normal(0, 0.01, steps)
        height = rng.choice([0.3, 0.3, 0.55])
        points = np.stack([x + w * along, y + h * (0.5 + rng.normal(0, height, steps).clip(-0.8, 0.8))], axis=1)
        pen = max(2, round(form.page.dpi / 60 * rng.uniform(0.5, 1.2)))
        shade = int(rng.integers(20, 110))
        cv2.polylines(page, [np.rint(points).astype(np.int32)], False, shade, pen, cv2.LINE_AA)
    return page


def warped(page: np.ndarray, rng: np.random.Generator, *, hard: bool) -> Warp:
    """A scan or photo of `page` with everything that happens to paper on its way."""
    height, width = page.shape
    scale = rng.uniform(0.5, 2.0) * 1650 / height if hard else rng.uniform(0.8, 2.0) * 1650 / height
    angle = np.radians(rng.uniform(-10, 10) + 90 * rng.integers(0, 4))
    out = int(max(height, width) * scale * (1.25 if hard else 1.15))
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    tilt = rng.uniform(-1, 1, 2) * (0.3 if hard else 0.1) / max(height, width)
    perspective = np.array([[1, 0, 0], [0, 1, 0], [tilt[0], tilt[1], 1]])
    center = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    shift = rng.uniform(-1, 1, 2) * out * (0.06 if hard else 0.04)
    back = np.array([[1, 0, out / 2 + shift[0]], [0, 1, out / 2 + shift[1]], [0, 0, 1]])
    matrix = back @ turn @ perspective @ np.diag([scale, scale, 1]) @ center
    source, to_source = page, np.eye(3)
    if scale < 0.8:
        source = cv2.resize(page, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        to_source = scaling(width / source.shape[1], height / source.shape[0])
    desk = int(rng.integers(60, 255))
    image = cv2.warpPerspective(
        source, matrix @ to_source, (out, out), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=desk
    )
    return Warp(image=degraded(image, rng, hard=hard), matrix=matrix)


def degraded(image: np.ndarray, rng: np.random.Generator, *, hard: bool) -> np.ndarray:
    """Blur, uneven light, low contrast, grain, JPEG."""
    size = image.shape[0]
    blur = rng.uniform(0.3, 1.8 if hard else 1.0) * size / 2000
    image = cv2.GaussianBlur(image, (0, 0), max(blur, 0.2))
    corners = rng.uniform(0.45 if hard else 0.75, 1.0, (2, 2)).astype(np.float32)
    light = cv2.resize(corners, (size, size), interpolation=cv2.INTER_LINEAR)
    ink = rng.uniform(0, 90 if hard else 50)
    shaded = (ink + image * ((255 - ink) / 255)) * light
    grain = rng.normal(0, rng.uniform(1, 14 if hard else 7), (size, size)).astype(np.float32)
    noisy = np.clip(shaded + grain, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40 if hard else 65, 96))])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def error_px(form: Form, found: np.ndarray, truth: np.ndarray) -> float:
    """Distance of the worst field corner from where it should be, in pixels at 150 dpi."""
    corners = np.concatenate([rectangle(field.box) for field in form.fields])
    apart = transform(found, transform(truth, corners)) - corners
    return float(np.hypot(*apart.T).max()) * 150 / form.page.dpi


def measured(index: FormIndex, form: Form, blank: np.ndarray, pages: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(error in px at 150 dpi, infinite for a failure; milliseconds) of each of `pages` seeded pages."""
    errors, times = [], []
    for number in range(pages):
        rng = np.random.default_rng([seed, number])
        warp = warped(filled(form, blank, rng), rng, hard=number % 4 == 3)
        start = time.perf_counter()
        alignment = index.align(Page(image=warp.image, scan_digest="benchmark", page_no=number + 1))
        times.append((time.perf_counter() - start) * 1000)
        right = alignment is not None and alignment.form.name == form.name
        errors.append(error_px(form, alignment.matrix, warp.matrix) if alignment and right else np.inf)
    return np.array(errors), np.array(times)


def _row(name: str, errors: np.ndarray, times: np.ndarray) -> str:
    median, p90 = np.percentile(errors, (50, 90), method="lower")
    return f"{name:28} {len(errors):5} {median:8.3f} {p90:8.3f} {np.isinf(errors).sum():8} {np.median(times):8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    forms = {name: load_form(FORMS / f"{name}.yaml") for name in ("insurance_application", "nist_hsf")}
    index = FormIndex(list(forms.values()))
    insurance, nist = forms.values()
    blanks = {
        "blank page": (insurance, cv2.imread(str(FORMS / "insurance_application" / "blank.png"), cv2.IMREAD_GRAYSCALE)),
        "boxes": (nist, drawn(nist, options.seed)),
    }
    print(f"{'method':28} {'pages':>5} {'median':>8} {'p90':>8} {'failures':>8} {'ms':>8}   (errors: px at 150 dpi)")
    for method, (form, blank) in blanks.items():
        errors, times = measured(index, form, blank, options.pages, options.seed)
        hard = np.arange(len(errors)) % 4 == 3
        print(_row(method, errors, times))
        print(_row("  moderate", errors[~hard], times[~hard]))
        print(_row("  hard", errors[hard], times[hard]))


if __name__ == "__main__":
    main()
