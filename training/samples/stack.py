"""A stack of ordinary applications, as many as wanted: for rehearsals, where the sample batch is too small."""

import json
from pathlib import Path

import numpy as np

from training.samples import save, scan
from training.samples.fill import Habits
from training.samples.fonts import HANDS
from training.samples.marks import STYLES
from training.samples.sheet import DPI, Desk, Sheet

LEFT_OUT = 0.03
"""The share of fields that people leave empty, where they may."""
MAY_BE_EMPTY = ("phone", "street", "city", "amount", "first_name")


def save_stack(forms: Path, folder: Path, count: int, seed: int) -> Path:
    """Draw so many filled-in insurance applications into `folder`, one JPEG each, and `truth.json`; gives its path.

    Each sheet has a source of chance of its own: a larger stack begins with the smaller one.
    """
    desk, pages = Desk(forms), []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"application_{seed}_{number:04d}.jpg"
        sheet = _save_sheet(desk, folder / name, np.random.default_rng([seed, number]))
        pages.append({"scan": name, "page": 1, "form": sheet.form, "status": sheet.status, "fields": sheet.fields})
    path = folder / "truth.json"
    path.write_text(json.dumps({"seed": seed, "pages": pages}, indent=1) + "\n", encoding="utf-8")
    return path


def _save_sheet(desk: Desk, path: Path, rng: np.random.Generator) -> Sheet:
    styles = [style for style in STYLES if style != "struck"]
    blank = frozenset(name for name in MAY_BE_EMPTY if rng.random() < LEFT_OUT)
    habits = Habits(mark_style=str(rng.choice(styles)), blank=blank)
    sheet = desk.application(rng, "", font=str(rng.choice(list(HANDS))), habits=habits)
    page = scan.warp(sheet.image, rng, scale=0.5, turn_deg=float(rng.normal(0, 0.8)), shift=0.006)
    noisy = scan.noise(page, rng, float(rng.uniform(0.5, 2.5)))
    save.save_jpeg(path, noisy, DPI // 2, quality=int(rng.integers(50, 80)))
    return sheet
