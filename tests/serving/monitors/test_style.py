"""How people write: another hand is told where all measures are as they were, and nothing else is."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.line import line_image, pad_line
from serving.columns import Asking, columns_of
from serving.diagnose import diagnose
from serving.ledger import Ledger, open_ledger
from serving.models import Shelf
from serving.monitors import look
from serving.monitors.style import DIMENSIONS, GRAPH, MONITOR, directions, features_of
from serving.monitors.together import BLOCK
from tests.serving.models.bundles import SHIPPED
from tests.serving.monitors.drawn import Fault, Page, pages
from tests.serving.monitors.test_look import QUIET
from training.samples.pen import Hand, random_hand, write

NAMES = "Margaret Johnson William Brown Elizabeth Smith Charles Miller Dorothy Wilson Thomas Anderson".split()
REFERENCE = 254


def written(lean: float) -> Fault:
    """Two fields of each page are really written, by a hand of its own; hands lean so much more than usual."""

    def write_on(page: Page, rng: np.random.Generator) -> None:
        hand = random_hand(rng)
        hand = replace(hand, slant=hand.slant + lean)
        for said in page.readings[:2]:
            text = " ".join(rng.choice(NAMES, 2))
            image = np.pad(write(text, hand.font, rng, float(rng.uniform(26, 40)), hand=hand), 10, constant_values=255)
            said["png"], said["text"], said["outcome"] = cv2.imencode(".png", image)[1].tobytes(), "x" * 9, "text"

    return write_on


def looked(ledger: Ledger, folder: Path) -> list[str]:
    return [each.monitor for each in look(ledger, columns_of(folder), QUIET, shelf=Shelf(folder)).sounded]


def test_another_hand_is_told_and_nothing_before_it(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        bundle = Shelf(tmp_path).put(SHIPPED)
        pages(ledger, REFERENCE + 2 * BLOCK, fault=written(0.0), model=bundle)
        assert looked(ledger, tmp_path) == []
        pages(ledger, BLOCK, first=REFERENCE + 2 * BLOCK, fault=written(0.3), model=bundle)
        sounded = looked(ledger, tmp_path)
        pages(ledger, 2 * BLOCK, first=REFERENCE + 3 * BLOCK, fault=written(0.3), model=bundle)
        assert [*sounded, *looked(ledger, tmp_path)] == [MONITOR]
        with ledger.alarms_to_read() as rows:
            [alarm] = rows.all()
        assert alarm.slice == {"form": "claim"} and alarm.evidence["AUC"] > 0.7
        assert alarm.prediction_id is not None
        page = int(alarm.prediction_id.split("-")[1])  # the first of the two blocks that tell
        assert REFERENCE + BLOCK <= page <= REFERENCE + 4 * BLOCK
        with Asking(columns_of(tmp_path)) as asking:
            found = diagnose(asking.ask, alarm).suspicion
        assert found.stage == "writing" and "hand, pen or language" in found.why
        pages(ledger, BLOCK, first=REFERENCE + 5 * BLOCK, fault=written(0.3), model=bundle)
        assert looked(ledger, tmp_path) == []  # it holds, and is not told again


def test_without_the_model_or_the_pictures_nothing_is_told(tmp_path: Path) -> None:
    """The model is gone from the shelf; or crops are erased. Looks go on."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        pages(ledger, REFERENCE + 3 * BLOCK, model="f" * 32)
        assert looked(ledger, tmp_path) == []
    other = tmp_path / "other"
    other.mkdir()
    with open_ledger(f"sqlite:///{other}/ledger.db") as ledger:
        pages(ledger, REFERENCE + 3 * BLOCK, model=Shelf(other).put(SHIPPED))
        assert looked(ledger, other) == []


def test_a_look_without_models_forgets_nothing(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        pages(ledger, REFERENCE, fault=written(0.0), model=Shelf(tmp_path).put(SHIPPED))
        assert looked(ledger, tmp_path) == []
        pages(ledger, 10, first=REFERENCE, fault=written(0.0), model=Shelf(tmp_path).put(SHIPPED))
        assert look(ledger, columns_of(tmp_path), QUIET).sounded == ()
        with ledger.monitoring_to_read() as rows:
            _, facts = rows.last_look()
    [lane] = facts["style"].values()
    assert lane["turn"] == 1 and lane["seen"] == REFERENCE


def test_a_hand_written_twice_is_nearer_than_a_hand_that_leans() -> None:
    features, rng = features_of(SHIPPED / GRAPH), np.random.default_rng(5)

    def embedded(hand: Hand) -> np.ndarray:
        lines = []
        for name in NAMES:
            line = line_image(np.pad(write(name, hand.font, rng, 32.0, hand=hand), 10, constant_values=255))
            assert line is not None
            columns = features(pad_line(line))
            lines.append(np.concatenate([columns.mean(axis=1), columns.std(axis=1)]))
        found = np.mean(lines, axis=0)
        return np.asarray(found @ directions(len(found)))

    for _ in range(5):
        hand = random_hand(rng)
        once, again, leaning = embedded(hand), embedded(hand), embedded(replace(hand, slant=hand.slant + 0.4))
        assert once.shape == (DIMENSIONS,)
        assert np.linalg.norm(once - leaning) > 1.5 * np.linalg.norm(once - again)


def test_what_is_no_text_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nothing\.onnx"):
        features_of(tmp_path / "nothing.onnx")
    for name, data in (("odd", b"no network at all"), ("empty", b"")):
        (tmp_path / f"{name}.onnx").write_bytes(data)
        with pytest.raises(ValueError, match=name):
            features_of(tmp_path / f"{name}.onnx")
