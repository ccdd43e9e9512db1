"""The rules by which a stage is suspected, on windows in which one thing is planted, or nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from serving.diagnose.shift import distance
from serving.diagnose.stage import CALIBRATION, PLACED, READING, SCAN, suspect
from serving.diagnose.window import Windows

PAGES, FIELDS = 60, 8


def quiet(seed: int) -> Windows:
    rng = np.random.default_rng(seed)

    def fields(batch: str) -> pd.DataFrame:
        rows = pd.DataFrame(
            {name: rng.normal(size=PAGES * FIELDS) for name in (*SCAN, *PLACED, *READING, *CALIBRATION)}
        )
        rows["batch_id"], rows["page_no"] = batch, 1
        rows["scan_no"] = np.repeat(np.arange(PAGES), FIELDS)
        rows["repeated"] = (rng.random(len(rows)) < 0.1).astype(float)
        return rows

    pages = pd.DataFrame({"since": np.repeat([False, True], PAGES), "unmatched": 0})
    pages["residual_px"] = rng.gamma(4, 0.1, 2 * PAGES)
    people = np.array(["ann", "ben", "cyd", "dot"])
    votes = pd.DataFrame({"person": np.tile(people, 100), "since": np.repeat([False, True], 200)})
    votes["seconds"], votes["agrees"] = rng.gamma(4, 2, 400), rng.random(400) < 0.95
    return Windows(before=fields("old"), since=fields("new"), pages=pages, votes=votes)


def scan(seen: Windows) -> Windows:
    """Darker copies are also read less surely: the earlier stage is suspected."""
    return reading(replace(seen, since=seen.since.assign(contrast=seen.since["contrast"] - 2)))


def alignment(seen: Windows) -> Windows:
    return reading(replace(seen, pages=seen.pages.assign(residual_px=seen.pages["residual_px"] + seen.pages["since"])))


def moved_boxes(seen: Windows) -> Windows:
    return reading(replace(seen, since=seen.since.assign(off_place=seen.since["off_place"] + 2)))


def reading(seen: Windows) -> Windows:
    return replace(seen, since=seen.since.assign(confidence=seen.since["confidence"] - 2))


def constant(seen: Windows) -> Windows:
    return replace(seen, since=seen.since.assign(repeated=1.0))


def calibration(seen: Windows) -> Windows:
    return replace(seen, since=seen.since.assign(too_sure=seen.since["too_sure"] + 2))


def lazy(seen: Windows) -> Windows:
    votes = seen.votes
    his = (votes["person"] == "ben") & votes["since"]
    return replace(seen, votes=votes.assign(seconds=np.where(his, 1.0, votes["seconds"])))


@pytest.mark.parametrize(
    ("fault", "stage"),
    [(scan, "scan"), (alignment, "alignment"), (moved_boxes, "alignment"), (reading, "reading"), (constant, "reading"),
     (calibration, "calibration"), (lazy, "people")],
)  # fmt: skip
def test_each_fault_is_found_at_its_stage(fault: object, stage: str) -> None:
    for seed in range(5):
        found = suspect(fault(quiet(seed)), {})  # type: ignore[operator]
        assert found.stage == stage, (seed, found)


def test_a_scan_that_is_only_touched_by_what_is_written_is_not_suspected() -> None:
    """Boxes that are left out change how much there is to compress: it moves, and less than what is read."""
    for seed in range(5):
        seen = quiet(seed)
        found = suspect(
            reading(replace(seen, since=seen.since.assign(compression=seen.since["compression"] + 0.6))), {}
        )
        assert found.stage == "reading" and ("scan", "compression") in {(at, each.measure) for at, each in found.shifts}


def test_a_cause_is_told_before_what_follows_from_it() -> None:
    seen = quiet(1)
    turned = replace(seen, since=seen.since.assign(
        compression=seen.since["compression"] - 3, skew_deg=seen.since["skew_deg"] + 1))  # fmt: skip
    found = suspect(turned, {})
    assert [each.measure for _, each in found.shifts] == ["skew_deg", "compression"] and found.stage == "scan"


def test_who_moved_far_more_than_the_others_is_named_where_all_moved() -> None:
    """One of three says blank to everything: each of the others agrees with one of two now."""
    votes = quiet(1).votes
    votes = votes[votes["person"] != "dot"]
    rng = np.random.default_rng(3)
    less = np.where(votes["person"] == "ben", 0.0, rng.random(len(votes)) < 0.5)
    seen = replace(quiet(1), votes=votes.assign(agrees=np.where(votes["since"], less, votes["agrees"])))
    found = suspect(seen, {})
    assert found.stage == "people" and [each.measure for _, each in found.shifts] == ["agrees of ben"]


def test_the_lazy_one_is_named_and_nobody_where_all_are_quick() -> None:
    assert {each.measure for _, each in suspect(lazy(quiet(1)), {}).shifts} == {"seconds of ben"}
    seen = quiet(1)
    every = replace(
        seen, votes=seen.votes.assign(seconds=seen.votes["seconds"] * np.where(seen.votes["since"], 0.1, 1))
    )
    assert suspect(every, {}).stage == "not known"


def test_a_component_is_about_reading_and_a_person_about_people() -> None:
    assert suspect(quiet(1), {"model": "m", "component": "c"}).stage == "reading"
    assert suspect(scan(quiet(1)), {"person": "ben"}).stage == "not known"


def test_quiet_windows_are_not_known() -> None:
    """Of 200, no more than the two chances of one in a hundred allow, measures and people."""
    assert sum(suspect(quiet(seed), {}).stage != "not known" for seed in range(200)) <= 8


def test_one_lazy_person_of_three_is_named_though_others_agree_less() -> None:
    seen = lazy(quiet(1))
    votes = seen.votes[seen.votes["person"] != "dot"]
    less = votes.assign(agrees=np.where(votes["since"], 0.0, votes["agrees"]))
    assert {each.measure for _, each in suspect(replace(seen, votes=less), {}).shifts} == {"seconds of ben"}


def test_the_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(5)
    for n in (1, 8, 60):
        old, new = rng.normal(size=n), rng.integers(0, 2, size=2 * n).astype(float)
        assert distance(old, new) == pytest.approx(ks_2samp(old, new).statistic)


def test_too_few_pages_say_nothing() -> None:
    seen = scan(quiet(1))
    few = replace(seen, since=seen.since[seen.since["scan_no"] < 7], votes=seen.votes[:0], pages=seen.pages[:0])
    assert suspect(few, {}).stage == "not known"
