"""The engine reads, says so when there is nothing to read, and says the same every time."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recognizer.alphabet import NUMERALS, Alphabet
from recognizer.bundle import Bundle, Reader, load_bundle
from recognizer.cut import cut_image
from recognizer.engine import Engine, read_signature
from recognizer.form import load_form
from recognizer.frame import ink_level
from recognizer.network import Network
from recognizer.page import Step
from recognizer.reading import Crop, Reading
from serving.door import Door
from serving.ledger import Ledger, open_ledger
from tests.recognizer.small_model import ALPHABET, SMALL, TEXTS, crop, field, printed, save_small, trusting_head
from tests.serving import specimens
from training.case_marks import mark_crop
from training.net.text import TextNet
from training.pack import LineNet, graph_of

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "data/bundle"
OTHER_PROCESS = """
import sys
from pathlib import Path
from recognizer.bundle import load_bundle
from recognizer.engine import Engine
from tests.recognizer.small_model import crop
reading = Engine(load_bundle(Path(sys.argv[1]))).read(crop(sys.argv[2]))
print(reading.text, reading.confidence.hex(), reading.measured["log_mass"].hex())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "bundle"
    save_small(folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Engine:
    return Engine(load_bundle(folder))


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    if not (SHIPPED / "bundle.json").exists():
        pytest.skip("data/bundle is not there: no model was trained yet")
    return load_bundle(SHIPPED)


@pytest.mark.parametrize("text", TEXTS)
def test_it_reads_what_it_has_learned(engine: Engine, text: str) -> None:
    reading = engine.read(crop(text))
    assert (reading.outcome, reading.text) == ("text", text)
    assert reading.confidence > 0.8
    assert all(other.confidence < reading.confidence for other in reading.alternatives)


def test_the_same_crop_reads_the_same_alone_and_after_others(folder: Path) -> None:
    alone = [Engine(load_bundle(folder)).read(crop(text)) for text in TEXTS]
    one = Engine(load_bundle(folder))
    backwards = [one.read(crop(text)) for text in reversed(TEXTS)][::-1]
    again = [one.read(crop(text)) for text in TEXTS]
    assert alone == backwards == again  # readings are values: every float is compared bit for bit


def test_the_same_crop_reads_the_same_in_another_process(engine: Engine, folder: Path) -> None:
    here = engine.read(crop("4827"))
    command = [sys.executable, "-W", "ignore", "-c", OTHER_PROCESS, str(folder), "4827"]
    there = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert there == [here.text, here.confidence.hex(), here.measured["log_mass"].hex()]


def test_a_pattern_restricts_what_is_read(engine: Engine) -> None:
    free, four = crop("4827"), crop("4827", field(pattern="4[0-7]{3}"))
    assert engine.read(free).text == "4827"
    restricted = engine.read(four)
    assert restricted.text != "4827" or restricted.outcome != "text"  # the 8 may not be
    assert all(set(other.text[1:]) <= set("01234567") for other in restricted.alternatives)
    fits = engine.read(crop("3061", field(lexicon=("3061", "3067"))))
    assert (fits.outcome, fits.text) == ("text", "3061")


def test_what_the_language_cannot_say_is_illegible(engine: Engine) -> None:
    reading = engine.read(crop("4827", field("code", pattern="[A-Z]{4}")))
    assert (reading.outcome, reading.text) == ("illegible", "")
    assert reading.measured["log_mass"] < 4 * np.log(0.05)
    assert reading.alternatives  # what it would have said stays visible


def test_a_text_longer_than_the_line_has_frames_is_illegible(engine: Engine) -> None:
    assert engine.read(crop("2", field(pattern="[0-9]{40}"))).outcome == "illegible"


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_blank_crop_is_blank(engine: Engine, noise: float) -> None:
    grain = np.random.default_rng(0).normal(0, noise, (60, 300)) if noise else 0
    image = np.clip(235 + grain + np.zeros((60, 300)), 0, 255).astype(np.uint8)
    reading = engine.read(cut_image(image, field(), dpi=200, lines=False))
    assert (reading.outcome, reading.text) == ("blank", "")
    assert reading.confidence > 0.9


def test_noise_that_may_hide_a_pencil_lowers_the_confidence_of_a_blank(engine: Engine) -> None:
    image = np.random.default_rng(0).normal(200, 30, (60, 300)).clip(0, 255).astype(np.uint8)
    reading = engine.read(cut_image(image, field(), dpi=200, lines=False))
    assert reading.outcome != "blank" or reading.confidence < 0.9


def test_a_language_with_the_empty_text_reads_blank_never_an_empty_text(engine: Engine) -> None:
    for text in TEXTS:
        reading = engine.read(crop(text, field(pattern="8{0,1}")))
        assert (reading.outcome == "text") == bool(reading.text)


def signature(strokes: int) -> Crop:
    image = np.full((80, 400), 245, np.uint8)
    for i in range(strokes):
        image[38 - 8 * (i % 3) : 48, 46 + 6 * i : 49 + 6 * i] = 40
    return cut_image(image, field("signature"), dpi=200, lines=False)


def test_signatures_are_told_from_specks_by_the_length_of_their_strokes() -> None:
    assert read_signature(signature(0)).outcome == "blank"
    signed = read_signature(signature(40))
    assert (signed.outcome, signed.text) == ("text", "signed")
    confidences = [read_signature(signature(n)).measured["stroke_inch"] for n in (5, 10, 20, 40)]
    assert confidences == sorted(confidences) and confidences[0] < confidences[-1] / 4


def test_the_settings_say_all_that_a_reading_depends_on(engine: Engine) -> None:
    assert {"threads", "alternatives", "runtime", "precision"} <= set(engine.settings)
    assert len(engine.bundle_id) == 32


@pytest.fixture
def ledger(engine: Engine, tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        with opened.writing() as writing:
            started = replace(specimens.start("batch", ("s1",)), bundle_id=engine.bundle_id)
            writing.start_batch(started)
        yield opened


def test_through_the_door_a_relative_lexicon_starts_at_the_forms_folder(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    form = load_form(ROOT / "data/forms/insurance_application.yaml")
    state = next(field for field in form.fields if field.name == "state")
    assert isinstance(state.lexicon, Path) and not state.lexicon.is_absolute()
    written = cut_image(printed("NY"), state, dpi=200, lines=False)
    (answer,) = Door(engine, ledger).read(specimens.entry("s1"), (written,), form, batch_id="batch", scan_no=1)
    reading: Reading = answer.prediction.reading
    states = set((form.folder / state.lexicon).read_text().split())
    assert {other.text for other in reading.alternatives} <= states
    assert reading.text in states | {""}


def test_the_reader_with_the_fewest_characters_that_a_field_can_hold_reads_it(folder: Path) -> None:
    general = load_bundle(folder)
    torch.manual_seed(0)
    numerals = Alphabet(characters=NUMERALS)
    ignorant = TextNet(replace(SMALL, classes=len(numerals)))
    graph = graph_of(LineNet(numerals, ignorant, trusting_head(SMALL.context)))
    numbers = Reader(name="numbers", alphabet=numerals, network=Network(graph))
    both = replace(general, readers=(numbers, *general.readers))
    for asked in (field(), field("date"), field("ssn"), field("code", pattern="[0-9]{4}"), field(lexicon=TEXTS)):
        assert Engine(both).read(crop("4827", asked)) != Engine(general).read(crop("4827", asked)), asked
    for asked in (field("text"), field("code"), field("code", pattern="[A-Z]?[0-9]{4}"), field(lexicon=("4827", "A"))):
        assert Engine(both).read(crop("4827", asked)) == Engine(general).read(crop("4827", asked)), asked


def test_the_shipped_bundle_reads_the_same_twice(shipped: Bundle) -> None:
    assert shipped.general.alphabet == ALPHABET
    readings = [Engine(shipped).read(crop(text)) for text in TEXTS]
    assert readings == [Engine(load_bundle(SHIPPED)).read(crop(text)) for text in TEXTS]
    assert sum(reading.outcome == "text" for reading in readings) >= 4


def test_marks_are_read_by_the_ink_of_their_page(engine: Engine) -> None:
    marks, _ = mark_crop("choice_group", np.random.default_rng(4))
    own = ink_level([marks.image])
    alone, same, darker = (
        engine.read(replace(marks, steps=steps))
        for steps in ((), *((Step(name="ink_level", measured={"ink_level": level}),) for level in (own, 2 * own)))
    )
    assert same == alone
    assert darker.measured != alone.measured
