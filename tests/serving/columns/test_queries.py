"""docs/QUERIES.md is asked of a ledger as years of production leave it; its numbers are those of `penfield numbers`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drawn_ledger import SCANNERS, draw
from serving.columns import Asking, columns_of, sync
from serving.ledger import Ledger, open_ledger
from serving.metrics import production_metrics

PAGE = Path(__file__).parents[3] / "docs" / "QUERIES.md"
QUESTIONS = re.findall(r"### (\d+)\. .*?```sql\n(.*?)```", PAGE.read_text(), flags=re.S)
BY_NUMBER = {int(number): sql for number, sql in QUESTIONS}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Asking]]:
    folder = tmp_path_factory.mktemp("columns")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/ledger.db"
    else:
        url = request.getfixturevalue("postgres_database")()
    with open_ledger(url) as ledger:
        draw(ledger, 240, pages_per_batch=15, audit=0.15)
        sync(ledger, columns_of(folder))
        with Asking(columns_of(folder)) as asking:
            yield ledger, asking


def test_there_are_eleven() -> None:
    assert sorted(BY_NUMBER) == list(range(1, 12))


@pytest.mark.parametrize("number", [n for n in range(1, 12) if n != 6])
def test_each_has_an_answer(asked: tuple[Ledger, Asking], number: int) -> None:
    assert asked[1].ask(BY_NUMBER[number]).num_rows > 0


def test_each_view_is_explained_and_each_column_of_it_named(asked: tuple[Ledger, Asking]) -> None:
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `(\w+)` \|.*$", PAGE.read_text(), flags=re.M)}
    assert rows.keys() == asked[1].views().keys()


def test_fields_pages_and_automation_are_those_of_the_numbers(asked: tuple[Ledger, Asking]) -> None:
    ledger, asking = asked
    numbers = production_metrics(ledger)
    days = asking.ask(BY_NUMBER[1]).to_pylist()
    assert sum(day["fields"] for day in days) == numbers.fields
    untouched = sum(day["fields"] * day["automation"] for day in days)
    assert untouched / numbers.fields == pytest.approx(numbers.automation_rate)


def test_accuracy_is_that_of_the_numbers(asked: tuple[Ledger, Asking]) -> None:
    ledger, asking = asked
    known = production_metrics(ledger).all.accuracy
    (found,) = asking.ask(BY_NUMBER[2]).to_pylist()
    assert found["audits"] == known.audits
    # A field whose blind verdict an expert overruled is heard otherwise there: few, and close.
    assert found["answered"] == pytest.approx(known.answered, rel=0.02)
    assert found["accuracy"] == pytest.approx(known.value, abs=0.01)


def test_scanners_are_those_of_the_pages(asked: tuple[Ledger, Asking]) -> None:
    """Each of them, and those that name none; every fresh field is counted once."""
    found = {row["scanner"]: row["fields"] for row in asked[1].ask(BY_NUMBER[11]).to_pylist()}
    assert found.keys() == {name or "not named" for name in SCANNERS}
    (fresh,) = asked[1].ask("SELECT count(*) AS fields FROM decisions WHERE fresh").to_pylist()
    assert sum(found.values()) == fresh["fields"]


def test_votes_are_those_of_the_ledger(asked: tuple[Ledger, Asking]) -> None:
    (found,) = asked[1].ask("SELECT count(*) AS votes, count(voided_at) AS void FROM votes").to_pylist()
    with asked[0].columns() as columns:
        votes, voids = columns.table("votes", ""), columns.table("vote_voids", "")
    assert (found["votes"], found["void"]) == (len(votes), len(voids)) and voids


def test_two_models_are_compared_on_what_both_read(asked: tuple[Ledger, Asking]) -> None:
    """There is one model in this ledger: nobody to compare it with."""
    assert asked[1].ask(BY_NUMBER[6]).num_rows == 0
