"""The real page of NIST's Handwriting Sample Form: how many of its 28 digit boxes are read exactly?

    python -m benchmarks.nist_page [--page ../shared/data/forms/nist_hsf] [--bundle data/bundle]

Runs `penfield recognize` on the page and compares its records with truth.json.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--page", type=Path, default=Path("../shared/data/forms/nist_hsf"))
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    options = arguments.parse_args()
    if not (options.page / "truth.json").exists():
        raise SystemExit(f"{options.page} is not there: this benchmark needs the optional shared data folder")
    truth, fields = true_values(options.page), recognized(options.page / "page.png", options.bundle)
    for name, value in truth.items():
        said = fields[name]
        if said["value"] != value:
            print(f"{name}: {value} read as {said['value']!r}, confidence {said['confidence']:.3f}, {said['decision']}")
    digits = [name for name, value in truth.items() if value.isdigit()]
    right = sum(fields[name]["value"] == truth[name] for name in digits)
    print(f"{right} of {len(digits)} digit boxes exact")


def true_values(folder: Path) -> dict[str, str]:
    """The value of each field, by the name that `nist_hsf` gives it: row and column."""
    rows = json.loads((folder / "truth.json").read_text())["rows"]
    return {f"r{r}c{c}": value for r, row in enumerate(rows, 1) for c, value in enumerate(row, 1)}


def recognized(page: Path, bundle: Path) -> dict[str, dict]:
    """The fields of the page's record."""
    with tempfile.TemporaryDirectory() as scratch:
        penfield = Path(sys.executable).with_name("penfield")
        places = ["--out", f"{scratch}/out", "--store", f"{scratch}/store", "--bundle", str(bundle), "--deliver-later"]
        command = [penfield, "recognize", "--form", "data/forms/nist_hsf.yaml", *places, str(page)]
        subprocess.run(command, check=True, capture_output=True)
        (line,) = (Path(scratch) / "out/records.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(line)["fields"]


if __name__ == "__main__":
    main()
