"""Verdicts become examples: which, on which side, with what weight; and the data set that is made of them."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from recognizer.alphabet import Alphabet
from serving.ledger import Ledger, open_ledger
from serving.ledger.clock import utc_now
from serving.ledger.statement import FieldUse, Verdict
from serving.office.gold import add_gold
from serving.privacy.erase import erase, page_named
from serving.tracking import Tracking
from serving.truth.correct import Row
from serving.truth.settle import settle
from tests.serving.truth import talk
from training.cli import app
from training.examples import gather
from training.examples.dataset import digest_of, log_examples, save_examples
from training.examples.pictures import example_cases, is_line, lessons, line_corpus
from training.examples.split import drawn, sides

SSN = "123-45-6789"


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        talk.read_scans(opened)
        yield opened


def uses(ledger: Ledger) -> dict[str, FieldUse]:
    with ledger.truth() as truth:
        return {f"{use.scan.removesuffix('.png')}:{use.field}": use for use in truth.uses_in("batch")}


def say(ledger: Ledger, field: str, text: str, source: str = "crowd", outcome: str = "text", **more: object) -> None:
    verdict = Verdict(crop_id=uses(ledger)[field].crop_id, source=source, outcome=outcome, text=text, by="p", **more)  # type: ignore[arg-type]
    with ledger.writing() as writing:
        settle(writing, [verdict])


def test_a_verdict_becomes_an_example_with_the_reading_of_before(ledger: Ledger) -> None:
    say(ledger, "s1:policy", "E757558")
    found = gather(ledger)
    [one] = found.items
    assert (one.text, one.use.reading.text, one.field.kind, one.verdict.source) == (
        "E757558",
        "F757558",
        "code",
        "crowd",
    )
    assert one.weight == 2.0  # read wrongly
    assert found.left_out == {}


def test_the_sure_and_right_count_less_than_the_wrong_and_doubted_verdicts_too(ledger: Ledger) -> None:
    say(ledger, "s1:policy", "E757558")
    say(ledger, "s1:surname", "Fisher")
    say(ledger, "s3:surname", "Webb")
    say(ledger, "s2:surname", "Muller", confidence=0.5)
    weights = {f"{each.use.scan[:2]}:{each.use.field}": each.weight for each in gather(ledger).items}
    assert weights == {"s1:policy": 2.0, "s1:surname": 1.03, "s3:surname": 1.5, "s2:surname": 1.0}


def test_what_is_no_example_is_counted_with_its_reason(ledger: Ledger) -> None:
    add_gold(ledger, [Row(line=1, field="s1.png:1:surname", value="Fisher")], by="test")
    say(ledger, "s1:surname", "Fisher")
    say(ledger, "s1:policy", "E757558")
    say(ledger, "s1:policy", "X1", source="customer")  # against people who looked
    say(ledger, "s2:policy", "E757600")
    say(ledger, "s2:policy", "", outcome="withdrawn")
    say(ledger, "s3:policy", "Z9", source="customer", valid_at="2999-01-01T00:00:00.000000+00:00")
    say(ledger, "s3:surname", "", outcome="unaligned")
    say(ledger, "s2:surname", "", outcome="blank")
    say(ledger, "s2:ssn", "123-45-0000")
    erase_page(ledger, "s2.png:1")
    found = gather(ledger)
    assert found.left_out == {"gold": 1, "disputed": 1, "later": 1, "unaligned": 1, "erased": 3}
    assert found.items == ()


def erase_page(ledger: Ledger, name: str) -> None:
    erase(ledger, page_named(ledger, name), reason="request", by="test")


def test_the_same_time_gives_the_same_examples_and_news_are_told(ledger: Ledger) -> None:
    say(ledger, "s1:policy", "E757558")
    then = utc_now()
    say(ledger, "s2:policy", "E757600")
    say(ledger, "s1:policy", "E757559", source="expert")
    before, after = gather(ledger, then), gather(ledger)
    assert [each.text for each in before.items] == ["E757558"]
    assert digest_of(before.items) == digest_of(gather(ledger, then).items) != digest_of(after.items)
    assert {each.text for each in after.since(then)} == {"E757600", "E757559"}


def test_a_page_keeps_its_side_for_ever_and_all_of_it_stands_there(ledger: Ledger) -> None:
    for field in ("policy", "surname", "old_policy"):
        say(ledger, f"s1:{field}", "X")
    assert len({each.split for each in gather(ledger).items}) == 1
    with ledger.lessons() as noted:
        noted.note_splits({"s1-1": "nowhere"})  # too late
    first = sides(ledger, [f"page {n}" for n in range(3000)])
    assert first == sides(ledger, [f"page {n}" for n in range(3000)])
    counts = Counter(first.values())
    assert [round(counts[side] / 3000, 2) for side in ("train", "tune", "test")] == pytest.approx(
        [0.7, 0.15, 0.15], abs=0.03
    )
    assert drawn("page 1", "one key") in counts
    assert {drawn(f"page {n}", "a") == drawn(f"page {n}", "b") for n in range(50)} == {True, False}  # keyed


def test_the_data_set_is_versioned_and_shows_no_social_security_number(ledger: Ledger, tmp_path: Path) -> None:
    say(ledger, "s1:policy", "E757558")
    say(ledger, "s1:ssn", SSN)
    examples = gather(ledger)
    version = save_examples(tmp_path / "set", examples, ledger)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert (manifest["digest"], manifest["kinds"]) == (version, {"code": 1, "ssn": 1})
    table = pd.read_parquet(tmp_path / "set" / "examples.parquet").set_index("kind")
    assert table.loc["ssn", "text"] == table.loc["ssn", "read"] == "***-**-6789"
    crop_id = uses(ledger)["s1:policy"].crop_id
    assert [path.stem for path in (tmp_path / "set" / "pictures").iterdir()] == [crop_id]
    every = b"".join(path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file())
    assert SSN.encode() not in every
    run = log_examples(tmp_path, examples, context="training")
    assert run == log_examples(tmp_path, examples, context="training")
    tracking = Tracking(tmp_path)
    assert tracking.datasets(run) == {"examples": version}
    [stored] = [path for path in tmp_path.rglob("examples.parquet") if "set" not in path.parts]
    assert not {"text", "read"} & set(pd.read_parquet(stored))  # what the ledger erases must not stay there


def test_the_network_learns_from_numbers_that_are_not_shown(ledger: Ledger) -> None:
    say(ledger, "s1:ssn", SSN)
    say(ledger, "s1:surname", "", outcome="struck_out")
    found = lessons(ledger, gather(ledger).items)
    lines = [each for each in found if is_line(each.example, Alphabet())]
    corpus = line_corpus(lines, "d", weighted=True)
    sample = corpus.draw(0, np.random.default_rng(1))
    assert (corpus.size, sample.text, sample.writer) == (1, SSN, "s1-1")
    assert np.array_equal(sample.image, talk.crop_of("s1", 2).image)
    assert {case.truth for case in example_cases(found)} == {SSN, None}


def test_draws_follow_the_weights(ledger: Ledger) -> None:
    say(ledger, "s1:policy", "E757558")  # 2
    say(ledger, "s1:surname", "Fisher", confidence=0.4854)  # 0.5
    corpus = line_corpus(lessons(ledger, gather(ledger).items), "d", weighted=True)
    rng = np.random.default_rng(3)
    texts = Counter(corpus.draw(0, rng).text for _ in range(4000))
    assert texts["E757558"] / 4000 == pytest.approx(0.8, abs=0.03)


def test_the_command_tells_and_writes(ledger: Ledger, tmp_path: Path) -> None:
    say(ledger, "s1:policy", "E757558")
    address = ["--ledger", ledger.url, "--store", str(tmp_path)]
    told = CliRunner().invoke(app, ["examples", "--out", str(tmp_path / "set"), *address])
    assert told.exit_code == 0, told.output
    assert "1 examples on 1 pages" in told.output
    table = hashlib.sha256((tmp_path / "set" / "examples.parquet").read_bytes())
    again = CliRunner().invoke(app, ["examples", "--out", str(tmp_path / "again"), *address])
    assert again.exit_code == 0
    assert hashlib.sha256((tmp_path / "again" / "examples.parquet").read_bytes()).digest() == table.digest()
