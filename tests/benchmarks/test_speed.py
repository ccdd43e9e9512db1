"""The race of the engines: who is timed, and what the table says."""

import pytest

from benchmarks.peers.crops import Row
from benchmarks.peers.job import Answer, Job
from benchmarks.peers.run import PAGE_OF_FIELDS, pages_of, time_row
from benchmarks.speed import Runner, markdown
from recognizer.errors import PenfieldError

JOBS = tuple(Job(id=f"dates/{i}", image=f"{i}.png") for i in range(70))
ROW = Row(name="dates", title="dates", jobs=JOBS, texts=("1",) * 70, writers=("a",) * 70)


class Counting:
    """Reads nothing, and counts how often it was asked for how much."""

    def __init__(self):
        self.asked = []

    def prepare(self, job, image):
        return job

    def read(self, prepared):
        self.asked.append(len(prepared))
        sum(range(200_000))
        return [Answer(text="", confidence=0.0) for _ in prepared]


def test_fields_are_read_in_pages_and_the_time_is_that_of_reading():
    reader = Counting()
    spent = time_row(reader, pages_of(JOBS))
    assert reader.asked == [PAGE_OF_FIELDS, PAGE_OF_FIELDS, 10]
    assert 0 < spent["cpu_s"] <= spent["clock_s"] * 1.5


def test_the_table_has_medians_and_the_ratio_by_cpu():
    seconds = [{"cpu_s": s, "clock_s": 2 * s} for s in (0.1, 0.2, 70.0)]
    slow = [{"cpu_s": 7.0, "clock_s": 7.0}]
    table = markdown([ROW], {"penfield": {"dates": seconds}, "ppocr": {"dates": slow}})
    assert table.splitlines()[-1] == "| dates | 350 (175) | 10 (10) | 35.0x |"
    alone = markdown([ROW], {"penfield": {"dates": seconds}})
    assert "PP-OCRv6" not in alone


def test_an_engine_that_ends_is_told(tmp_path):
    with pytest.raises(PenfieldError, match="penfield ended"), Runner("penfield", tmp_path / "none", tmp_path, None):
        pass
