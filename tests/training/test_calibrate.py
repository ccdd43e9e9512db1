"""The confidence: fitted on some writers, it must be trustworthy on others."""

import dataclasses

import numpy as np
import pytest

from recognizer.bundle import Bundle, load_bundle
from recognizer.confidence import FEATURES, RISING, UNCALIBRATED, Evidence, check_calibration, confidence
from recognizer.engine import Engine
from tests.recognizer.small_model import TEXTS, printed, save_small
from training.calibrate import (
    Outcome,
    calibrate,
    enough,
    fit_calibration,
    is_for_fit,
    labels_of,
    outcomes,
    rescored,
)
from training.cases import ASKED, Pool, cases
from training.corpora.blank import blank_corpus
from training.corpora.sample import Corpus, Sample
from training.trust import arrays, expected_calibration_error

KINDS = ("digits", "date", "name")


def overconfident(seed: int, count: int = 3000, kinds: tuple[str, ...] = KINDS) -> list[Outcome]:
    """Readings whose posterior is too sure, to another degree for each kind, and whose language seldom fits."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        kind = kinds[i % len(kinds)]
        logit, mass = rng.normal(2, 2), -rng.exponential(2) if rng.random() < 0.3 else -0.05
        slope = {"digits": 0.9, "date": 0.5, "name": 0.25, "ssn": 0.6}[kind]
        chance = 1 / (1 + np.exp(-(slope * logit + 0.8 * mass / 5)))
        evidence = Evidence(
            kind=kind, posterior=1 / (1 + np.exp(-logit)), log_mass=mass, length=5, runner_up=0.5 / (1 + np.exp(logit))
        )
        found.append(Outcome(
            kind=kind, source="made", writer=str(i % 40), right=bool(rng.random() < chance), answered=True,
            confidence=confidence(UNCALIBRATED, evidence), evidence=evidence,
        ))  # fmt: skip
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_fitted_confidences_are_calibrated_by_kind_on_others(seed: int) -> None:
    calibration = fit_calibration(overconfident(seed, 6000))
    check_calibration(calibration)
    unseen = overconfident(seed + 10, 15_000)
    for kind, gain in zip(KINDS, (1.0, 2.0, 4.0), strict=True):
        before = [outcome for outcome in unseen if outcome.kind == kind]
        error = expected_calibration_error(*arrays(rescored(before, calibration)))
        assert error < 0.03 and error < expected_calibration_error(*arrays(before)) / gain


def test_a_kind_with_few_cases_leans_on_the_others() -> None:
    many, unseen, errors = overconfident(1), overconfident(4, 4000, ("ssn",)), []
    for seed in range(20, 26):
        few = overconfident(seed, 15, ("ssn",))
        fits = fit_calibration(many + few), fit_calibration(few)
        errors.append([expected_calibration_error(*arrays(rescored(unseen, fitted))) for fitted in fits])
    pooled, alone = np.mean(errors, axis=0)
    assert pooled < 0.12 and pooled < 0.8 * alone


def test_no_sample_makes_more_evidence_less_sure() -> None:
    contrary = [dataclasses.replace(outcome, right=not outcome.right) for outcome in overconfident(5, 600)]
    calibration = fit_calibration(contrary)
    for weights in (calibration["shared"], *calibration["kinds"].values()):
        assert set(weights) == set(FEATURES) and all(weights[name] >= 0 for name in RISING)


def test_the_same_readings_give_the_same_calibration() -> None:
    assert fit_calibration(overconfident(1, 600)) == fit_calibration(overconfident(1, 600))


def test_there_must_be_right_and_wrong_ones() -> None:
    found = overconfident(1, 600)
    assert enough(found)
    assert not enough([outcome for outcome in found if outcome.right])
    assert not enough([])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle")
    save_small(folder)
    return load_bundle(folder)


def known(name: str = "own_x", texts: tuple[str, ...] = TEXTS, mislabelled: bool = False) -> Corpus:
    def sample(number: int, rng: np.random.Generator) -> Sample:
        text = texts[number]
        return Sample(image=printed(text), text="0" if mislabelled else text, writer=f"w{number % 4}")

    return Corpus(name=name, size=len(texts), draw=sample, digest="", writers=4)


MIXED = known(
    texts=("170", "12/24/1999", "1,234.50", "123-45-6789", "555-123-4567", "AB-17", "Anna Bo", "Bo 7!", "3.5")
)


def test_cases_are_of_every_kind_and_the_same_each_time() -> None:
    found = list(cases([MIXED, blank_corpus("tune", 50)], 10, seed=3))
    asked = {case.crop.field.kind for case in found}
    assert {*ASKED, "checkbox", "choice_group", "signature"} - {"lexicon"} == asked
    assert any(case.crop.field.kind == "name" and case.crop.field.lexicon for case in found)
    assert {case.truth for case in found if case.source == "non_answers"} == {None}
    assert {case.truth for case in found if case.source == "blank"} == {""}
    again = list(cases([MIXED, blank_corpus("tune", 50)], 10, seed=3))
    assert [(c.crop.crop_id, c.truth, c.crop.field) for c in found] == [
        (c.crop.crop_id, c.truth, c.crop.field) for c in again
    ]


def test_a_text_is_asked_as_what_it_can_be() -> None:
    pool = Pool([MIXED], 10, np.random.default_rng(0))
    assert set(pool.kinds_with("12/24/1999")) >= {"date", "text"}
    assert "date" not in pool.kinds_with("19/19/1999") and "digits" not in pool.kinds_with("AB-17")
    assert set(pool.kinds_with("Anna Bo")) >= {"name", "text", "lexicon", "choice"}
    assert not set(pool.kinds_without("170")) & set(pool.kinds_with("170"))
    assert pool.field("date", "31.12.1999").rules.date_order == "dmy"
    assert "Anna Bo" in pool.field("lexicon", "Anna Bo").lexicon  # type: ignore[operator]


def test_outcomes_say_what_was_right(bundle: Bundle) -> None:
    engine = Engine(bundle)
    good, bad = (outcomes(engine, cases([corpus], 24, 1)) for corpus in (known(), known("mnist", mislabelled=True)))
    digits = [[o for o in found if o.kind == "digits" and o.source != "blank"] for found in (good, bad)]
    assert sum(outcome.right for outcome in digits[0]) >= 2  # most are spoiled, which the small network never saw
    assert not any(outcome.right for outcome in digits[1])
    assert {outcome.source for outcome in good} <= {"own_x", "marks", "non_answers"}
    assert outcomes(engine, cases([known()], 24, 1)) == good


def test_another_calibration_changes_confidences_alone(bundle: Bundle) -> None:
    found = outcomes(Engine(bundle), cases([known()], 6, 1))
    doubtful = {"shared": {**UNCALIBRATED["shared"], "bias": -3.0}, "kinds": {}}
    for one, other in zip(found, rescored(found, doubtful), strict=True):
        assert other.confidence < one.confidence
        assert dataclasses.replace(other, confidence=one.confidence) == one
    engine = Engine(dataclasses.replace(bundle, calibration=doubtful))
    read_anew = outcomes(engine, cases([known()], 6, 1))
    rescored_alone = [o.confidence for o in rescored(found, doubtful) if o.answered]
    # Marks and blanks tell their posterior by an uncalibrated confidence: a logarithm and back, good to the last bits.
    assert [o.confidence for o in read_anew if o.answered] == pytest.approx(rescored_alone, rel=1e-12)


def test_no_writer_fits_and_promises(bundle: Bundle) -> None:
    tune, test = [known(), blank_corpus("tune", 50)], [known("own_y")]
    fitted = calibrate(bundle, tune, test, 8)
    found = outcomes(Engine(bundle), cases(tune, 16, 2))
    kept = [outcome for outcome in found if not is_for_fit(outcome.writer)]
    assert 0 < len(kept) < len(found)
    assert sum(len(of.right) for of in fitted.labels.values()) == len(kept)
    for kind, of in fitted.labels.items():
        mine = [outcome for outcome in kept if outcome.kind == kind]
        assert of.right.sum() == sum(outcome.right for outcome in mine)
        assert (of.confidences == 0).sum() >= sum(not outcome.answered for outcome in mine)
    assert {outcome.source for outcome in fitted.test} <= {"own_y", "marks", "non_answers"}


def test_what_could_not_be_accepted_has_no_confidence() -> None:
    found = overconfident(1, 30)
    doubted = [dataclasses.replace(outcome, answered=False) for outcome in found[:9]] + found[9:]
    assert sum((of.confidences == 0).sum() for of in labels_of(doubted).values()) == 9
