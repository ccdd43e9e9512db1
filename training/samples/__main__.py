"""`python -m training.samples [FOLDER]` writes the blank form, the sample scans and their truth again."""

import argparse
import json
from pathlib import Path

from PIL import Image

from recognizer.form import Form, load_form
from training.samples.batch import SEED, batch
from training.samples.insurance import print_blank
from training.samples.sheet import Desk, Sheet

DATA = Path(__file__).parents[2] / "data"


def main() -> None:
    """Write `forms/insurance_application/blank.png`, `samples/scans/` and `samples/truth.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DATA, help="holds forms/ and samples/ (%(default)s)")
    folder = parser.parse_args().folder
    save_blank(load_form(DATA / "forms/insurance_application.yaml"), folder / "forms/insurance_application/blank.png")
    count = save_samples(folder / "samples")
    print(f"{count} pages in {folder / 'samples/scans'}")


def save_blank(form: Form, path: Path) -> None:
    """Print the blank insurance application."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dpi = (form.page.dpi, form.page.dpi)
    Image.fromarray(print_blank(form)).save(path, optimize=True, dpi=dpi)


def save_samples(folder: Path) -> int:
    """Write all sample scans and their truth; returns how many pages they have."""
    scans = folder / "scans"
    scans.mkdir(parents=True, exist_ok=True)
    pages = []
    for name, sheets, write in batch(Desk(DATA / "forms")):
        write(scans / name)
        pages += [_truth(name, number, sheet) for number, sheet in enumerate(sheets, start=1)]
    text = json.dumps({"seed": SEED, "pages": pages}, indent=1, ensure_ascii=False)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    return len(pages)


def _truth(scan: str, page: int, sheet: Sheet) -> dict[str, object]:
    said = {"form": sheet.form, "status": sheet.status, "note": sheet.note, "fields": sheet.fields}
    return {"scan": scan, "page": page, **said}


if __name__ == "__main__":
    main()
