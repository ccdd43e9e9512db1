"""Trials in the report of a day: each number is the trial's own, asked of the columns; what is told of each end."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from serving.columns import Asking, columns_of, sync
from serving.daily import Day, day_of
from serving.daily.letter import letter
from serving.daily.page import html
from serving.daily.trials import Trying, trying
from serving.ledger import Ledger, open_ledger
from serving.models.line import standing
from serving.promise import Policy
from serving.trial.telling import telling
from tests.serving.models.bundles import flip
from tests.serving.trial.house import QUICK
from tests.serving.trial.house import Trying as House


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened


def today(here: House, folder: Path, day: date | None = None) -> Day:
    keep = columns_of(folder)
    sync(here.ledger, keep)
    with Asking(keep) as asking:
        return day_of(here.ledger, asking, day or datetime.now(UTC).date(), Policy())


def said(day: Day) -> tuple[str, str]:
    message = letter(day, {}, {}, to=["ann@example.com"], sender="p@example.com")
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and page is not None
    return plain.get_content(), page.get_content()


def test_numbers_are_those_of_the_trial_and_its_end_is_told(ledger: Ledger, tmp_path: Path) -> None:
    here = House(ledger, tmp_path)
    here.start()
    here.start("wrong")
    here.day()
    here.look()
    _same_as_told(here, trying(today(here, tmp_path / "running")))
    here.look()  # the good one is promoted and watched, the other one stops
    here.day()
    here.look()
    day = today(here, tmp_path / "ended")
    shown = trying(day)
    assert [each.outcome for each in shown] == ["promoted", "stopped", ""] and shown[2].watches
    _same_as_told(here, shown)
    first = here.trials.all()[0]
    whole, finding = shown[0].whole, first.finding
    assert whole.answered == finding["answered"] > 30 and min(whole.evidence, 1e12) == pytest.approx(
        finding["evidence"]
    )
    assert whole.challenger.value == pytest.approx(finding["challenger"]["value"])
    assert len(shown[0].guards) == 7 and "passed: enough" in shown[0].guarded and not shown[2].guards
    for text in said(day):
        assert shown[0].challenger in text and f"{whole.answered} answers" in text and "of 20 needed" in text
        assert f"trial {shown[0].name}: " in text and "watches activation" in text  # why the model was changed
    assert trying(today(here, tmp_path / "yesterday", day.day - timedelta(days=1))) == ()


def _same_as_told(here: House, shown: tuple[Trying, ...]) -> None:
    """What the columns say is what `penfield trial show` says, which asks the ledger."""
    for each, trial in zip(shown, here.trials.all(), strict=True):
        assert each.name == trial.trial_id[:8] and each.settings == QUICK
        assert each.whole == telling(here.ledger, trial, Policy()).whole


def test_a_trial_that_fails_says_why_and_not_where(ledger: Ledger, tmp_path: Path) -> None:
    here = House(ledger, tmp_path, champion="good")
    trial = here.start("bad")
    here.day(5)
    flip(here.models.shelf.folder(here.ids["bad"]) / "numbers.onnx")
    here.look()
    assert here.ended(trial).outcome == "failed" and str(tmp_path) not in here.ended(trial).reason
    (shown,) = trying(today(here, tmp_path))
    assert here.ids["bad"] in shown.reason and "digest differs" in shown.reason
    for text in said(today(here, tmp_path)):
        assert "failed" in text and "digest differs" in text and str(tmp_path) not in text


def test_of_what_was_undone_it_is_said(ledger: Ledger, tmp_path: Path) -> None:
    here = House(ledger, tmp_path, champion="good")
    here.day(5)
    models, evidence = here.models, {"trial": "0123456789", "answered": 312, "evidence": 24.0,
                                     "champion": {"value": 0.912}, "challenger": {"value": None}}  # fmt: skip
    models.activate(here.ids["bad"], by="ada", reason="one", evidence={})
    models.activate(here.ids["wrong"], by="ada", reason="two", how="trial", evidence=evidence)
    models.rollback(by="ada", reason="three", evidence=evidence)
    models.activate(here.ids["bad"], kind="digits", by="ada", reason="four", evidence={})
    models.rollback("digits", by="ada", reason="five")
    models.activate(here.ids["wrong"], by="ada", reason="six", evidence={})
    day = today(here, tmp_path)
    rows, history = day.rows("activations"), models.history()
    stands = {each.seq for scope in ("", "digits") for each in standing(e for e in history if e.scope == scope)}
    undone = [each.how != "rollback" and each.seq not in stands for each in history]
    assert [row["undone"] for row in rows] == undone and sum(undone) == 2
    for text in said(day):
        assert text.count("(undone since)") == 2
        assert text.count("[trial 01234567: unknown against 91.2%, 312 answers, capital 24]") == 2
        assert "the champion of all" in text  # who reads digits again


def test_the_bar_is_as_long_as_the_bet_is_far(ledger: Ledger, tmp_path: Path) -> None:
    here = House(ledger, tmp_path)
    here.start()
    here.day()
    here.runner.look()
    (new,) = trying(today(here, tmp_path))
    assert new.way == 0 and not new.is_told and "0 answers" in said(today(here, tmp_path))[0]
    here.house.crowd.run()
    (won,) = trying(today(here, tmp_path))
    assert won.way == 1 and "a guard holds it back" in won.concluded  # for nobody has looked yet
    assert "width: 100%" in html(today(here, tmp_path), str, {}, {}).replace("width:100%", "width: 100%")
    assert json.loads(today(here, tmp_path).rows("trials")[0]["settings"])["alpha"] == QUICK.alpha
