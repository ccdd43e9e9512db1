import itertools
import pickle

import cv2
import numpy as np
import pytest

from benchmarks.alignment import degraded, drawn
from recognizer.prepare import PreparedPage, Preparer, page_id
from tests.recognizer.align.pages import NIST_PAGE, blank_insurance, insurance, nist, page


@pytest.fixture(scope="module")
def prepare() -> Preparer:
    return pickle.loads(pickle.dumps(Preparer([insurance(), nist()])))


def content(prepared: PreparedPage) -> tuple[object, ...]:
    return (prepared.status, prepared.form, prepared.fit, [(c.crop_id, c.image.tobytes()) for c in prepared.crops])


def test_a_form_is_read(prepare: Preparer) -> None:
    prepared = prepare(page(blank_insurance(), 150))
    assert (prepared.status, prepared.reason, prepared.form) == ("read", "", "insurance_application")
    assert len(prepared.crops) == len(insurance().fields)
    assert prepared.fit is not None
    assert prepared.fit.score > 0.9
    assert np.allclose(prepared.fit.matrix, np.eye(3), atol=0.3)
    assert prepared.page_id == page_id("0" * 64, 1)
    assert len(prepared.form_digest) == 16
    assert (prepared.width_px, prepared.height_px) == (1275, 1650)
    assert prepared.timings == ()


def test_it_is_deterministic_and_can_be_pickled(prepare: Preparer) -> None:
    rng = np.random.default_rng(1)
    bad = degraded(cv2.resize(drawn(nist(), 1), (1650, 1650)), rng, hard=False)
    bad = cv2.resize(bad, (1275, 1650))
    first, second = prepare(page(bad, 150)), Preparer([nist(), insurance()])(page(bad, 150))
    assert first.status == "read"
    assert content(first) == content(second) == content(pickle.loads(pickle.dumps(first)))


@pytest.mark.parametrize(
    ("status", "image"),
    [
        ("blank", np.full((1650, 1275), 250, np.uint8)),
        ("rescan", np.full((1650, 1275), 8, np.uint8)),
        ("rescan", cv2.GaussianBlur(blank_insurance(), (0, 0), 14)),
        ("unmatched", cv2.putText(np.full((1650, 1275), 250, np.uint8), "Dear Sir", (200, 400), 0, 4, 20, 8)),
    ],
)
def test_other_pages_say_what_they_are(prepare: Preparer, status: str, image: np.ndarray) -> None:
    prepared = prepare(page(image, 150))
    assert prepared.status == status
    assert prepared.reason.endswith(".")
    assert (prepared.form, prepared.fit, prepared.crops) == ("", None, ())


def test_the_callers_clock_times_the_stages() -> None:
    ticks = itertools.count()
    prepared = Preparer([insurance()], clock=lambda: float(next(ticks)))(page(blank_insurance(), 150))
    assert prepared.timings == tuple((stage, 1000.0) for stage in ("measure", "blank", "repair", "align", "cut"))


@pytest.mark.skipif(not NIST_PAGE.exists(), reason="the optional shared data folder is absent")
def test_real_nist_page(prepare: Preparer) -> None:
    image = cv2.imread(str(NIST_PAGE), cv2.IMREAD_GRAYSCALE)
    for turns in (0, 1):
        prepared = prepare(page(np.rot90(image, turns), 300))
        assert (prepared.status, prepared.form, len(prepared.crops)) == ("read", "nist_hsf", 30)
        assert all(np.mean(crop.image < 128) > 0.01 for crop in prepared.crops)
