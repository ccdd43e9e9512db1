"""`penfield thresholds`, from the command line to the picture."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from serving.commands.cli import app
from serving.promise import save_labels
from serving.promise.labels import labelled


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's labels: enough for digits, too few for dates, and names that are wrong too often."""
    folder = tmp_path_factory.mktemp("bundle")
    rng = np.random.default_rng(0)
    sure = 1 / (1 + np.exp(-rng.normal(6, 2.5, 3000)))
    labels = {
        "digits": labelled((float(c), bool(rng.random() < c), f"w{i}") for i, c in enumerate(sure)),
        "date": labelled((0.99, True, f"w{i}") for i in range(200)),
        "name": labelled((0.9, bool(rng.random() < 0.8), f"w{i}") for i in range(900)),
    }
    manifest = {"promise": save_labels(folder, labels)}
    (folder / "bundle.json").write_text(json.dumps({"manifest": manifest}), encoding="utf-8")
    return folder


def said(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["thresholds", *words], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.output


def test_every_kind_has_its_row_and_its_verdict(bundle: Path, tmp_path: Path) -> None:
    text = said("--bundle", str(bundle), "--out", str(tmp_path))
    rows = {line.split()[0]: line for line in text.splitlines() if line.split()[:1]}
    assert "kept" in rows["digits"] and "3,000" in rows["digits"] and "99.50%" in rows["digits"]
    assert "needs 398+ labels" in rows["date"]
    assert "wrong too often" in rows["name"]
    picture = cv2.imread(str(tmp_path / "trade_off.png"))
    assert picture is not None and picture.shape[1] > 1000 and 0.01 < (picture < 128).mean() < 0.3


def test_a_lower_target_accepts_more(bundle: Path) -> None:
    def coverage(*words: str) -> float:
        row = next(line for line in said("--bundle", str(bundle), *words).splitlines() if line.startswith("digits"))
        return float(row.split()[4].rstrip("%"))

    assert coverage("--target", "0.98") > coverage() + 3
    assert coverage("--certainty", "0.6") > coverage("--certainty", "0.97")


def test_a_policy_names_kinds_and_forms(bundle: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("kinds: {date: {accuracy: 0.98}}\nforms: {claim: {digits: {accuracy: 0.99999}}}\n")
    text = said("--bundle", str(bundle), "--policy", str(policy))
    row = next(line for line in text.splitlines() if line.startswith("date"))
    assert "98.00%" in row and "kept" in row
    assert "on claim, digits: needs" in text


def test_a_model_without_labels_promises_nothing(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text('{"manifest": {}}')
    assert "nothing can be promised" in said("--bundle", str(tmp_path))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--bundle", "nowhere"), 5, "there is no model nowhere"),
        (("--policy", "nowhere.yaml"), 4, "nowhere.yaml"),
        (("--target", "1"), 2, "--target"),
    ],
)
def test_what_cannot_be_is_said(bundle: Path, words: tuple[str, ...], code: int, message: str) -> None:
    assert message in said(*(("--bundle", str(bundle)) if "--bundle" not in words else ()), *words, code=code)


def test_damaged_labels_are_refused(bundle: Path, tmp_path: Path) -> None:
    for name in ("bundle.json", "promise.json.xz"):
        (tmp_path / name).write_bytes((bundle / name).read_bytes().replace(b"1", b"0" if name[0] == "p" else b"1", 1))
    assert "its digest differs" in said("--bundle", str(tmp_path), code=5)
