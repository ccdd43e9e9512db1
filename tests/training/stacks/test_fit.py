"""The combiner: cross-fitted, better than each of its components, and right about how sure it is."""

import numpy as np

from recognizer.stack import Stack
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
        rows = np.zeros((2, 4 + 2))
        rows[:, 0] = rng.normal(0, 2, 2)
        p = 1 / (1 + np.exp(rows[0, 0] - rows[1, 0]))
        return Contest(kind=kind, claims=(("text", "a"), ("text", "b")), voices=rows, true=int(rng.random() < p))

    weights = fit_weights([*(contest("many") for _ in range(2_000)), *(contest("few") for _ in range(3))], 1)
    assert abs(weights["many"][0] - 1) < 0.25 and abs(weights["few"][0] - weights["shared"][0]) < 0.3
    assert abs(fit_weights([], 1)["shared"][0] - 0.5) < SHARED_SPREAD
