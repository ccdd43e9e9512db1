"""The combiner: cross-fitted, better than each of its components, and right about how sure it is."""

import numpy as np

from recognizer.stack import Stack, width
from tests.stacks import scripted
from training.calibrate import is_for_fit
from training.stacks.fit import fit_stack, fold_of, judged
from training.stacks.weigh import SHARED_SPREAD, Contest, fit_weights


def errors(
    stack: Stack, members: tuple[str, ...], count: int = 1_500, seed: int = 9
) -> tuple[float, np.ndarray, np.ndarray]:
    heard = scripted.heard(count, seed)
    found = judged(stack, members, heard)
    right = np.array([each.right for each in found])
    return 1 - right.mean(), right, np.array([each.confidence for each in found])


def test_the_stack_makes_fewer_errors_than_its_best_component() -> None:
    stack = scripted.fitted().stack
    single = [errors(stack, (name,))[0] for name in stack.members]
    together, right, sure = errors(stack, stack.members)
    assert together < 0.5 * min(single)
    surest = sure >= np.quantile(sure, 0.3)
    assert (1 - right[surest]).mean() < 0.002


def test_it_is_never_surer_than_it_is_right_on_others() -> None:
    stack = scripted.fitted().stack
    _, right, sure = errors(stack, stack.members)
    assert sure.mean() <= right.mean() + 0.01
    for low in (0.5, 0.9, 0.99):
        chosen = sure >= low
        assert chosen.sum() > 500 and sure[chosen].mean() <= right[chosen].mean() + 0.01


def test_no_writer_is_on_both_sides() -> None:
    """Another half of labels changes no combiner, and other texts of the fit's half no label's writers."""
    heard = scripted.heard()
    kept = [each for each in heard if is_for_fit(each.case.writer)]
    alone = fit_stack(scripted.three(), kept, scripted.KINDS, 2)
    assert alone.stack.combiners == scripted.fitted().stack.combiners
    assert {fold_of(each.case.writer) for each in kept} == {0, 1, 2, 3}


def test_a_kind_with_few_cases_leans_on_the_others() -> None:
    rng = np.random.default_rng(0)

    def contest(kind: str) -> Contest:
        rows = np.zeros((2, width(1)))
        rows[:, 0] = rng.normal(0, 2, 2)
        p = 1 / (1 + np.exp(rows[0, 0] - rows[1, 0]))
        return Contest(kind=kind, claims=(("text", "a"), ("text", "b")), voices=rows, true=int(rng.random() < p))

    weights = fit_weights([*(contest("many") for _ in range(2_000)), *(contest("few") for _ in range(3))], 1)
    assert abs(weights["many"][0] - 1) < 0.25 and abs(weights["few"][0] - weights["shared"][0]) < 0.3
    assert abs(fit_weights([], 1)["shared"][0] - 0.5) < SHARED_SPREAD


def test_texts_that_lack_a_character_give_way_to_longer_ones_where_networks_drop_some() -> None:
    rng = np.random.default_rng(1)

    def contest(dropping: float) -> Contest:
        """A network is unsure between a text and the same without a character, and the longer one is right so often."""
        rows = np.zeros((2, width(1)))
        rows[:, 0], rows[:, -1] = np.log([0.5, 0.5]) + rng.normal(0, 0.1, 2), (8, 7)
        return Contest(kind="date", claims=(("text", "04071994"), ("text", "0407194")), voices=rows,
                       true=int(rng.random() >= dropping))  # fmt: skip

    for dropping in (0.8, 0.5, 0.3):
        weights = fit_weights([contest(dropping) for _ in range(2_000)], 1)["date"]
        assert abs(weights[-1] - np.log(dropping / (1 - dropping))) < 0.15
