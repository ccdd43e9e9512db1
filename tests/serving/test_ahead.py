import threading
import time
from collections.abc import Generator

import pytest

from serving.batch.ahead import DEPTH, Ahead


def slowly(job: int) -> Generator[str, None, None]:
    """The first jobs take longest, so that later ones are done before them."""
    for n in range(job % 3):
        time.sleep(0.03 / (1 + job))
        yield f"{job}.{n}"


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_everything_comes_in_order_whoever_made_it(workers: int) -> None:
    with Ahead(slowly, range(20), workers) as ahead:
        got = list(ahead)
    wanted = [(job, thing) for job in range(20) for thing in (*(f"{job}.{n}" for n in range(job % 3)), None)]
    assert got == wanted


def test_several_threads_work_at_once() -> None:
    meeting = threading.Barrier(3, timeout=10)  # breaks unless three are there together

    def meet(job: int) -> Generator[int, None, None]:
        meeting.wait()
        yield job

    with Ahead(meet, range(6), 3) as ahead:
        assert [thing for _, thing in ahead if thing is not None] == list(range(6))


@pytest.mark.parametrize("things", [1, 5])
def test_what_lies_ready_is_bounded(things: int) -> None:
    """A caller who does not come back finds as much made as the bounds say, however long it stays away."""
    made: list[int] = []

    def make(job: int) -> Generator[int, None, None]:
        for _ in range(things):
            made.append(job)
            yield job

    with Ahead(make, range(100), 2) as ahead:
        next(iter(ahead))
        time.sleep(0.3)
        assert len(made) <= 3 * min(things, DEPTH + 1) + 1
        assert max(made) <= 2


def test_an_error_is_raised_in_its_turn() -> None:
    def make(job: int) -> Generator[int, None, None]:
        yield job
        if job == 2:
            raise ValueError("the third")

    got = []
    with pytest.raises(ValueError, match="the third"), Ahead(make, range(9), 4) as ahead:
        for item in ahead:
            got.append(item)
    assert got == [(0, 0), (0, None), (1, 1), (1, None), (2, 2)]


def test_a_caller_who_leaves_early_ends_the_threads() -> None:
    before = threading.active_count()
    with Ahead(slowly, range(1000), 4) as ahead:
        next(iter(ahead))
    assert threading.active_count() == before


def test_no_jobs_no_things() -> None:
    with Ahead(slowly, [], 3) as ahead:
        assert list(ahead) == []
