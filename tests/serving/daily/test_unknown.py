from dataclasses import replace
from datetime import timedelta
from typing import Any

from serving.daily import Day
from serving.daily.day import _accuracy
from serving.daily.unknown import unknown
from tests.serving.daily.conftest import DAY, POLICY, Drawn


def told(known: Day, **changes: Any) -> str:
    return " ".join(unknown(replace(known, **changes)))


def audited(day: Day, audits: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = [{"kind": "name", "accepted": 1000, "undrawn": 1000 - len(audits), "least": 0.5, "estimated": 0.8}]
    return {
        "answers": {**day.answers, "kinds": kinds, "audits": audits}, "accuracy": _accuracy(kinds, audits, 0.95)
    }  # fmt: skip


def test_a_week_without_anything_before(drawn: Drawn) -> None:
    alone = {**drawn.day.answers, "days": [row for row in drawn.day.rows("days") if row["day"] == DAY]}
    assert "nothing to compare" in told(drawn.day, answers=alone)
    assert "nothing to compare" not in told(drawn.day)


def test_a_day_on_which_nothing_was_read(drawn: Drawn) -> None:
    assert "Nothing was read on this day" in told(drawn.day, day=DAY + timedelta(days=20))


def test_audits_that_nobody_answered(drawn: Drawn) -> None:
    waiting = audited(drawn.day, [{"kind": "name", "probability": 0.5, "wrong": None}] * 20)
    assert "no audit is answered yet" in told(drawn.day, **waiting)


def test_a_machine_that_is_too_modest_and_one_that_is_too_sure(drawn: Drawn) -> None:
    right = audited(drawn.day, [{"kind": "name", "probability": 0.5, "wrong": False}] * 500)
    assert "sure of less than audits find" in told(drawn.day, **right)
    wrong = audited(drawn.day, [{"kind": "name", "probability": 0.5, "wrong": True}] * 500)
    assert "sure of more than audits find" in told(drawn.day, **wrong)


def test_work_that_is_free(drawn: Drawn) -> None:
    assert "no wage" in told(drawn.day, policy=POLICY.model_copy(update={"wage_per_hour": 0, "piece_rate": 0}))
    assert "no wage" not in told(drawn.day)
