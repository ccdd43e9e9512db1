"""A stack is fitted, written and read with like any bundle; whatever of it is damaged or missing is told."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recognizer.confidence import UNCALIBRATED
from recognizer.errors import BundleError, UsageError
from recognizer.reader import load_reader
from recognizer.stack import Stack
from serving.promise import promise_of, promises_left
from serving.promise.policy import Policy
from tests.recognizer.small_model import SMALL, crop, printed, save_small, small_networks
from tests.serving.models.bundles import flip
from training.cli import app
from training.corpora.sample import Corpus, Sample
from training.net.text import TextNet
from training.pack import save_bundle
from training.stacks.make import StackOrder, make_stack

TEXTS = ("170", "4827", "95", "3061", "2", "66")


def corpus() -> Corpus:
    def draw(number: int, _: object) -> Sample:
        return Sample(image=printed(TEXTS[number % len(TEXTS)]), text=TEXTS[number % len(TEXTS)], writer=f"w{number}")

    return Corpus(name="printed", size=24, draw=draw, digest="d", writers=24)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One that knows the texts by heart, and one that never learned anything."""
    folder = tmp_path_factory.mktemp("bundles")
    save_small(folder / "learned")
    save_bundle(
        folder / "Never learned",
        small_networks(TextNet(SMALL)),
        calibration=UNCALIBRATED,
        manifest={"made": "by chance"},
    )
    return folder / "learned", folder / "Never learned"


@pytest.fixture(scope="module")
def made(bundles: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stack") / "stack"
    make_stack(StackOrder(bundles=bundles, out=out, count=30), lambda _: None, [corpus()])
    return out


def copy_of(made: Path, folder: Path) -> Path:
    return Path(shutil.copytree(made, folder / "copy"))


def test_it_loads_as_any_bundle_and_follows_the_component_that_can_read(made: Path) -> None:
    stack = load_reader(made)
    assert isinstance(stack, Stack) and stack.members == ("learned", "never_learned")
    content = json.loads((made / "bundle.json").read_bytes())
    assert set(content["stack"]["combiners"]) == {"learned", "never_learned", "learned+never_learned"}
    assert content["manifest"]["data"]["printed"]["split"] == "tune"
    readings = [stack.read(crop(text)) for text in TEXTS]
    assert [reading.text for reading in readings] == list(TEXTS)
    for reading in readings:
        assert [stack.members[int(part.measured["component"])] for part in reading.parts] == list(stack.members)
    again = load_reader(made)
    assert [again.read(crop(text)) for text in TEXTS] == readings, "bit for bit"


def test_without_a_component_it_is_another_model(made: Path) -> None:
    stack = load_reader(made)
    assert isinstance(stack, Stack)
    left = stack.without(["never_learned"])
    assert left.bundle_id != stack.bundle_id and left.settings["out"] == "never_learned"
    reading = left.read(crop("170"))
    assert reading.text == "170" and len(reading.parts) == 1
    assert reading.confidence == 0.0, "with one of two left nobody can watch it: all goes to people"
    with pytest.raises(UsageError, match="the stack has no birch - mend: its parts are learned, never_learned"):
        stack.without(["birch"])


def test_labels_come_from_other_writers_than_the_fit(made: Path) -> None:
    whole = promise_of(made, Policy())
    assert {"digits", "digits/learned", "digits/never_learned"} <= set(whole.labels)
    assert promises_left(made, Policy()) == {}, "of two one is not trusted: nothing is promised of it"


@pytest.mark.parametrize("name", ["learned.text.onnx", "never_learned.bundle.json"])
def test_a_damaged_component_is_refused(made: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(made, tmp_path)
    flip(folder / name)
    with pytest.raises(BundleError, match=name):
        load_reader(folder)


def test_a_combiner_that_does_not_fit_is_refused(made: Path, tmp_path: Path) -> None:
    folder = copy_of(made, tmp_path)
    content = json.loads((folder / "bundle.json").read_bytes())
    content["stack"]["combiners"]["learned"]["weights"]["shared"].pop()
    (folder / "bundle.json").write_text(json.dumps(content))
    with pytest.raises(BundleError, match="the weights of learned"):
        load_reader(folder)


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is not None, reason="rapidocr is installed")
def test_a_peer_that_is_not_installed_is_told(bundles: tuple[Path, Path], tmp_path: Path) -> None:
    words = ["stack", "fit", str(bundles[0]), "--peer", "rapidocr", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert result.exit_code == BundleError.exit_code and "pip install 'penfield[peer]'" in result.output


@pytest.mark.parametrize(
    "words, told",
    [
        (["one"], "one model is no stack"),
        (["one", "two", "--peer", "abbyy"], "no peer is called abbyy"),
        (["one", "other/one"], "one is taken"),
        (["one", "two", "--least", "3"], "--least 3"),
    ],
)  # fmt: skip
def test_what_makes_no_stack_is_told(words: list[str], told: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["stack", "fit", *words, "--out", str(tmp_path / "out")], env={"COLUMNS": "200"})
    assert result.exit_code == UsageError.exit_code and told in result.output, result.output
