"""Looks at real ledgers: what sounds, how often, and that a look goes on where the last one ended."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from benchmarks.drawn_ledger import START
from serving.columns import Asking, columns_of
from serving.diagnose import diagnose
from serving.ledger import Alarm, Ledger, open_ledger
from serving.ledger.monitoring import KEPT_LOOKS, KeptReference
from serving.ledger.plain import canonical
from serving.monitors import Looked, Settings, look
from serving.monitors.slices import MOST_SCANNERS
from serving.monitors.stream import Stream
from tests.serving.monitors.drawn import Fault, Page, pages

ROOT = Path(__file__).parents[3]
QUIET = Settings(queue_hours=None, outbox_hours=None, page_seconds=None)


def looked(ledger: Ledger, folder: Path) -> Looked:
    return look(ledger, columns_of(folder), QUIET)


def darker(page: Page, _: np.random.Generator) -> None:
    """Copies of one source."""
    if page.source == "b":
        page.quality["contrast"] -= 0.25


def constant(page: Page, _: np.random.Generator) -> None:
    """A model that says the same always."""
    for said in page.readings:
        said["text"], said["outcome"], said["confidence"] = "4711", "text", 0.97


def blanks(page: Page, rng: np.random.Generator) -> None:
    for said in page.readings:
        if rng.random() < 0.6:
            said["text"], said["outcome"] = "", "blank"


def test_a_quiet_ledger_sounds_nothing(a_ledger: Ledger, tmp_path: Path) -> None:
    for first in range(0, 500, 100):
        pages(a_ledger, 100, first=first)
        found = looked(a_ledger, tmp_path)
        assert found.sounded == () and found.units is not None and found.units["read"] == 100
    assert looked(a_ledger, tmp_path).units == dict.fromkeys(found.units, 0)


def test_darker_copies_of_one_source(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 400)
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 100, first=400, fault=darker)
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("scan_drift", {"source": "b"})
    assert alarm.evidence["measure"] == "contrast" and alarm.evidence["side"] == "lower"
    assert alarm.evidence["was"] == pytest.approx(0.7, abs=0.02)
    assert alarm.evidence["now"] == pytest.approx(0.45, abs=0.04)
    assert alarm.evidence["pages"] <= 30 and alarm.evidence["PSI"] > 0.25 and alarm.evidence["KS"] > 0.5
    assert "2026-01-05T14:3" < alarm.first_seen < "2026-01-05T14:50" and alarm.prediction_id is not None
    pages(a_ledger, 50, first=500, fault=darker)
    assert looked(a_ledger, tmp_path).sounded == ()  # it holds


SCANNERS = ("Borealis S300", 'O\'Hara <b>"X"</b> 2')
"""Both stand in both folders."""


def dusty(page: Page, _: np.random.Generator) -> None:
    """One of the scanners."""
    if page.scanner == SCANNERS[1]:
        page.quality["sharpness"] -= 0.2


def test_one_of_two_scanners(a_ledger: Ledger, tmp_path: Path) -> None:
    """It is told by its name, though its pages lie among others in every folder; and traced to it, whatever it says."""
    pages(a_ledger, 400, scanners=SCANNERS)
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 80, first=400, fault=dusty, scanners=SCANNERS)
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("scan_drift", {"scanner": SCANNERS[1]})
    assert alarm.evidence["measure"] == "sharpness" and alarm.evidence["pages"] <= 25
    with Asking(columns_of(tmp_path)) as desk:
        found = diagnose(desk.ask, alarm)
        assert set(found.fields["scanner"]) == {SCANNERS[1]} and set(found.fields["source"]) == {"a", "b"}
        everywhere = diagnose(desk.ask, replace(alarm, slice={"form": "claim"}))
    assert ("scanner", SCANNERS[1]) in everywhere.slices[0].predicates
    assert set(everywhere.fields["scanner"]) == {SCANNERS[1]}


def test_all_scanners_of_one_folder(a_ledger: Ledger, tmp_path: Path) -> None:
    """Nothing tells them apart but the folder; it is not laid on any of them."""
    pages(a_ledger, 600, scanners=SCANNERS)
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 80, first=600, fault=darker, scanners=SCANNERS)
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("scan_drift", {"source": "b"})


def test_pages_that_name_no_scanner_are_no_slice(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 150, scanners=(None, SCANNERS[0]))
    looked(a_ledger, tmp_path)
    with a_ledger.monitoring_to_read() as rows:
        streams = [Stream.from_key(key) for key in rows.last_look()[1]["streams"]]
    named = [dict(each.slice)["scanner"] for each in streams if "scanner" in dict(each.slice)]
    assert set(named) == {SCANNERS[0]} and len(named) > 20


def test_of_a_name_for_each_file_only_some_are_remembered(a_ledger: Ledger, tmp_path: Path) -> None:
    """A program that writes the time into the name of the scanner; the one that was there before stays a slice."""
    pages(a_ledger, 20, scanners=SCANNERS[:1])
    looked(a_ledger, tmp_path)
    pages(a_ledger, 80, first=20, scanners=[f"scan {n}" for n in range(40)])
    looked(a_ledger, tmp_path)
    pages(a_ledger, 80, first=100, scanners=[SCANNERS[0], *(f"scan {n}" for n in range(40, 79))])
    looked(a_ledger, tmp_path)
    with a_ledger.monitoring_to_read() as rows:
        memories = rows.last_look()[1]["streams"]
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for key, memory in memories.items():
        by_name[Stream.from_key(key).scanner or ""].append(memory)
    first_come = [*range(40), *range(49, 58)]  # the third time began with the tenth of its forty names
    assert by_name.keys() == {"", SCANNERS[0], *(f"scan {n}" for n in first_come)}
    assert len(by_name) - 1 == MOST_SCANNERS
    assert max(sum(each["waiting"].values()) for each in by_name[SCANNERS[0]]) == 22


def test_a_model_that_returns_constants(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 300)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=300, fault=constant)
    sounded = looked(a_ledger, tmp_path).sounded
    found = {each.monitor: each for each in sounded}
    assert len(found) == len(sounded) and "scan_drift" not in found and "output_drift" in found
    alarm = found["constant_output"]
    assert alarm.slice == {} and alarm.evidence["now"] > 0.8 and alarm.evidence["pages"] < 25


def test_it_does_not_matter_how_often_one_looks(tmp_path: Path) -> None:
    told: list[list[tuple[str, str, str]]] = []
    for name, steps in (("one", (300,)), ("many", (40, 130, 160, 170, 300))):
        folder = tmp_path / name
        with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
            sounded: list[Alarm] = []
            for first, until in zip((0, *steps), steps, strict=False):
                pages(ledger, until - first, first=first)
                sounded += looked(ledger, folder).sounded
            pages(ledger, 80, first=300, fault=blanks)
            sounded += looked(ledger, folder).sounded
            told.append([(a.monitor, a.where, a.first_seen) for a in sounded])
    assert told[0] == told[1] and ("output_drift", "all") in [each[:2] for each in told[0]]


def test_an_alarm_that_was_ended_begins_anew(a_ledger: Ledger, tmp_path: Path) -> None:
    """What is usual is learned from its end; meanwhile other sources are watched as before."""
    pages(a_ledger, 400)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=400, fault=darker)
    [alarm] = looked(a_ledger, tmp_path).sounded
    with a_ledger.alarms() as rows:
        ended = rows.end(alarm.seq, by="ann", reason="the new scanner is as it should be").ended_at
    assert ended is not None
    minutes = int((datetime.fromisoformat(ended) - START).total_seconds() / 60) + 1
    pages(a_ledger, 300, first=minutes, fault=darker)
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 60, first=minutes + 300)  # and back: of source b that is a change again
    [again] = looked(a_ledger, tmp_path).sounded
    assert (again.monitor, again.slice, again.evidence["side"]) == ("scan_drift", {"source": "b"}, "higher")


def test_another_model_has_its_own_reference(a_ledger: Ledger, tmp_path: Path) -> None:
    """It may be surer than the one before, and that is no drift; that it changes later on, is."""
    pages(a_ledger, 300)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 250, first=300, fault=surer, model="other")
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 60, first=550, model="other")
    assert "output_drift" in [each.monitor for each in looked(a_ledger, tmp_path).sounded]


def surer(page: Page, _: np.random.Generator) -> None:
    for said in page.readings:
        said["confidence"] = 0.97 + 0.03 * said["confidence"]


def test_a_component_that_leaves_the_others(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 250, fault=stacked(0.02))
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 80, first=250, fault=stacked(0.4))
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("models_disagree", {"model": "bundle"})
    assert alarm.evidence["measure"] == "parts_agree" and alarm.evidence["now"] < 0.9 < alarm.evidence["was"]


def stacked(apart: float) -> Fault:
    """Two parts, of which the second says otherwise so often."""

    def change(page: Page, rng: np.random.Generator) -> None:
        for said in page.readings:
            part = {"text": said["text"], "outcome": said["outcome"]}
            other = part if rng.random() >= apart else part | {"text": "otherwise"}
            said["parts"] = canonical([part, other])

    return change


def test_limits_sound_while_they_are_passed(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 60)
    strict = Settings(queue_hours=None, outbox_hours=None, page_seconds=0.1, silent_hours=1)
    found = {each.monitor: each for each in look(a_ledger, columns_of(tmp_path), strict).sounded}
    assert set(found) == {"page_latency", "volume"}
    assert found["page_latency"].evidence == {"median of 50 pages, seconds": 0.34, "limit": 0.1}
    assert found["volume"].first_seen == "2026-01-05T08:59:00.000000+00:00"
    assert look(a_ledger, columns_of(tmp_path), strict).sounded == ()


def test_a_look_leads_to_a_diagnosis(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 400)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=400, fault=darker)
    [alarm] = looked(a_ledger, tmp_path).sounded
    with Asking(columns_of(tmp_path)) as desk:
        found = diagnose(desk.ask, alarm)
    assert found.suspicion.stage == "scan" and found.how == "first seen"
    assert set(found.fields["source"]) == {"b"} and found.fields["created"].min() >= pd.Timestamp(alarm.first_seen)


def test_what_follows_from_a_turn_is_not_told_for_it(a_ledger: Ledger, tmp_path: Path) -> None:
    """Compression moves with more evidence than the turn that it follows from, and stands beside it."""

    def turned(page: Page, rng: np.random.Generator) -> None:
        page.quality["skew_deg"] += 1.2
        page.quality["compression"] -= 0.2

    pages(a_ledger, 300)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=300, fault=turned)
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert alarm.evidence["measure"] == "skew_deg" and "compression" in alarm.evidence["others"]
    assert alarm.evidence["now"] > alarm.evidence["was"] + 0.8


def test_two_processes_that_look_all_the_time(a_ledger: Ledger, tmp_path: Path) -> None:
    """Each page is looked at once, and each alarm is sounded once."""
    pages(a_ledger, 300)
    script = (
        "import sys; from pathlib import Path; from serving.columns import columns_of; "
        "from serving.ledger import open_ledger; from serving.monitors import look; "
        "from tests.serving.monitors.test_look import QUIET\n"
        "with open_ledger(sys.argv[1]) as ledger:\n"
        "    for line in sys.stdin:\n"
        "        found = look(ledger, columns_of(Path(sys.argv[2])), QUIET)\n"
        "        print(len(found.sounded), sum((found.units or {}).values()), flush=True)"
    )
    command = [sys.executable, "-c", script, a_ledger.url, str(tmp_path)]
    both = [Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) for _ in range(2)]
    for first in (300, 330, 360):
        pages(a_ledger, 30, first=first, fault=constant)
        for each in both:
            assert each.stdin
            each.stdin.write("look\n" * 3)
            each.stdin.flush()
    told = [each.communicate()[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    last = looked(a_ledger, tmp_path)
    counts = np.array([line.split() for text in told for line in text.splitlines()], int)
    with a_ledger.monitoring_to_read() as rows:
        assert counts[:, 0].sum() + len(last.sounded) == len(rows.alarms.all()) >= 2
        assert counts[:, 1].sum() + sum((last.units or {}).values()) == 390 * (1 + 1 + 8 + 1)


def test_who_looks_looks_alone(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 30)
    with a_ledger.alone("monitors") as alone:
        assert alone and looked(a_ledger, tmp_path).busy
    with a_ledger.monitoring_to_read() as rows:
        assert rows.last_look() == (0, {})
    assert not looked(a_ledger, tmp_path).busy


def test_of_two_looks_from_the_same_place_one_counts(a_ledger: Ledger) -> None:
    reference = KeptReference(stream="s", since="", category="c", facts={"mean": 1.0})
    with a_ledger.monitoring() as rows:
        assert rows.file(0, {"n": 1}, [reference])
    with a_ledger.monitoring() as rows:
        assert not rows.file(0, {"n": 2}, [])
        assert rows.last_look() == (1, {"n": 1}) and rows.references() == [reference]


def test_old_looks_are_removed_and_nobody_goes_on_from_them(a_ledger: Ledger) -> None:
    for n in range(2 * KEPT_LOOKS):
        with a_ledger.monitoring() as rows:
            assert rows.file(n, {"n": n}, [])
    with a_ledger.monitoring() as rows:
        assert not any(rows.file(n, {"n": "stale"}, []) for n in (0, 3, 2 * KEPT_LOOKS - 1))
        assert rows.last_look() == (2 * KEPT_LOOKS, {"n": 2 * KEPT_LOOKS - 1})
    engine = create_engine(a_ledger.url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM monitor_looks")) == KEPT_LOOKS
    engine.dispose()


def test_a_look_that_is_killed_is_as_if_it_had_not_been(a_ledger: Ledger, tmp_path: Path) -> None:
    """At any of its steps; the next one finds the same."""
    pages(a_ledger, 300)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=300, fault=constant)
    for step in ("sync", "units", "soundings", "measured"):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(f"serving.monitors.looking.{step}", _killed)
            with pytest.raises(KeyboardInterrupt):
                looked(a_ledger, tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("serving.ledger.alarms.Alarms.sound", _killed)
        with pytest.raises(KeyboardInterrupt):
            looked(a_ledger, tmp_path)
    with a_ledger.monitoring_to_read() as rows:
        assert rows.last_look()[0] == 1 and rows.alarms.all() == ()
    assert {"constant_output", "output_drift"} <= {each.monitor for each in looked(a_ledger, tmp_path).sounded}


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def a_ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened
