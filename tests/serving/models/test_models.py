"""Who answers: activations, rollbacks, and two at once."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from recognizer.errors import BundleError, UsageError
from serving.ledger import Activation, Ledger, Outrun, open_ledger
from serving.models import Models, Shelf
from tests.serving.models.bundles import SHIPPED, flip, variant


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A shelf with the model that ships."""
    shelf = Shelf(tmp_path_factory.mktemp("store"))
    shelf.put(SHIPPED)
    return shelf


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Three models beside the one that ships."""
    made = tmp_path_factory.mktemp("made")
    return tuple(variant(made, name) for name in ("second", "third", "fourth"))


def opened(url: str, shelf: Shelf, folders: tuple[Path, ...] = ()) -> tuple[Models, list[str]]:
    """Models on a ledger where the one that ships is the champion and others are published; their ids, its first."""
    models = Models(open_ledger(url), shelf)
    first = models.begin(SHIPPED)
    return models, [first.bundle_id, *(models.publish(folder, by="ada", note=folder.name) for folder in folders)]


def activate(models: Models, bundle_id: str, *, kind: str = "", expects: int | None = None) -> Activation:
    return models.activate(bundle_id, kind=kind, by="ada", reason="better", evidence={"exact": 0.94}, expects=expects)


def test_the_model_that_ships_is_the_first_champion(empty_database: str, shelf: Shelf) -> None:
    models = Models(open_ledger(empty_database), shelf)
    assert models.champion() is None and models.champion("ssn") is None
    first = models.begin(SHIPPED)
    assert (first.how, first.replaced, first.replaced_seq, first.scope) == ("first", None, 0, "")
    assert models.begin(SHIPPED) == first == models.champion() == models.champion("ssn")
    assert [each.bundle_id for each in models.published()] == [first.bundle_id]


def test_an_activation_is_a_row_with_its_evidence(empty_database: str, shelf: Shelf, folders: tuple[Path, ...]) -> None:
    models, (first, second, *_) = opened(empty_database, shelf, folders)
    made = activate(models, second)
    assert (made.bundle_id, made.replaced, made.how, made.by, made.reason) == (second, first, "manual", "ada", "better")
    assert dict(made.evidence) == {"exact": 0.94}
    assert models.champion() == made and [each.bundle_id for each in models.history("")] == [first, second]


def test_a_kind_has_a_champion_of_its_own_until_it_is_undone(
    empty_database: str, shelf: Shelf, folders: tuple[Path, ...]
) -> None:
    models, (first, second, third, _) = opened(empty_database, shelf, folders)
    own = activate(models, second, kind="ssn")
    assert (own.scope, own.replaced, own.replaced_seq) == ("ssn", first, 0)
    assert models.champion("ssn") == own and models.champion("date") == models.champion() != own
    activate(models, third)
    assert models.champion("ssn") == own
    undone = models.rollback("ssn", by="ada", reason="worse on audits")
    assert (undone.bundle_id, undone.replaced, undone.how, undone.evidence["undone"]) == (
        "",
        second,
        "rollback",
        own.seq,
    )
    assert models.champion("ssn") == models.champion()
    with pytest.raises(UsageError, match="replaced none"):
        models.rollback("ssn", by="ada", reason="again")


def test_a_rollback_goes_back_one_each_time(empty_database: str, shelf: Shelf, folders: tuple[Path, ...]) -> None:
    models, ids = opened(empty_database, shelf, folders)
    for bundle_id in ids[1:]:
        activate(models, bundle_id)
    for bundle_id in (ids[2], ids[1]):
        assert models.rollback(by="ada", reason="worse").bundle_id == bundle_id
    activate(models, ids[3])
    assert [models.rollback(by="ada", reason="worse").bundle_id for _ in range(2)] == [ids[1], ids[0]]
    with pytest.raises(UsageError, match="replaced none"):
        models.rollback(by="ada", reason="worse")
    assert models.champion() is not None and models.champion().bundle_id == ids[0]  # type: ignore[union-attr]


def test_what_makes_no_sense_is_refused(empty_database: str, shelf: Shelf, folders: tuple[Path, ...]) -> None:
    models, (first, second, *_) = opened(empty_database, shelf, folders)
    with pytest.raises(UsageError, match="needs a reason"):
        models.activate(second, by="ada", reason="  ", evidence={})
    with pytest.raises(UsageError, match="no model 000"):
        activate(models, "0" * 32)
    with pytest.raises(UsageError, match="no kind of field 'sss'"):
        activate(models, second, kind="sss")
    with pytest.raises(UsageError, match="is the champion of all fields already"):
        activate(models, first)
    with pytest.raises(UsageError, match="needs a reason"):
        models.rollback(by="ada", reason="")
    assert [each.bundle_id for each in models.history()] == [first]


def test_a_corrupt_bundle_does_not_become_the_champion(tmp_path: Path, folders: tuple[Path, ...]) -> None:
    models, (first, second, *_) = opened(f"sqlite:///{tmp_path}/ledger.db", Shelf(tmp_path), folders[:2])
    flip(tmp_path / "bundles" / second / "numbers.onnx")
    with pytest.raises(BundleError, match=r"numbers.onnx.*mend"):
        activate(models, second)
    assert models.champion().bundle_id == first  # type: ignore[union-attr]


def test_nor_does_one_come_back_by_a_rollback(tmp_path: Path, folders: tuple[Path, ...]) -> None:
    models, (first, second, *_) = opened(f"sqlite:///{tmp_path}/ledger.db", Shelf(tmp_path), folders[:1])
    activate(models, second)
    flip(tmp_path / "bundles" / first / "text.onnx")
    with pytest.raises(BundleError, match=r"text.onnx.*mend"):
        models.rollback(by="ada", reason="worse")
    assert models.champion().bundle_id == second  # type: ignore[union-attr]


def test_whoever_expected_another_champion_is_told(
    empty_database: str, shelf: Shelf, folders: tuple[Path, ...]
) -> None:
    models, (_, second, third, _) = opened(empty_database, shelf, folders)
    seen = models.champion()
    assert seen is not None
    won = activate(models, second, expects=seen.seq)
    with pytest.raises(Outrun, match=f"{second[:8]} reads all fields since .* by ada"):
        activate(models, third, expects=seen.seq)
    with pytest.raises(Outrun):  # a kind without a champion of its own is read by that of all
        activate(models, third, kind="date", expects=seen.seq)
    assert models.champion() == won and len(models.history()) == 2


def test_of_activations_at_once_in_threads_one_wins(
    empty_database: str, shelf: Shelf, folders: tuple[Path, ...]
) -> None:
    models, ids = opened(empty_database, shelf, folders)
    seen = models.champion()
    assert seen is not None
    at_once = threading.Barrier(6)

    def attempt(number: int) -> Activation | str:
        other = Models(open_ledger(empty_database), shelf)  # as another process would: connections of its own
        at_once.wait()
        try:
            return activate(other, ids[1 + number % 3], expects=seen.seq)
        except Outrun as told:
            return str(told)

    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(attempt, range(6)))
    won = [each for each in ended if isinstance(each, Activation)]
    assert len(won) == 1 and models.champion() == won[0] and len(models.history()) == 2
    assert all(won[0].bundle_id[:8] in each for each in ended if isinstance(each, str))


ATTEMPT = """
import sys
from pathlib import Path
from serving.ledger import Outrun, open_ledger
from serving.models import Models, Shelf
url, store, bundle_id, expects = sys.argv[1:]
with open_ledger(url) as ledger:
    models = Models(ledger, Shelf(Path(store)))
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        made = models.activate(bundle_id, by=bundle_id, reason="race", evidence={}, expects=int(expects))
        print("won", made.seq)
    except Outrun:
        print("outrun")
"""


def test_of_activations_at_once_in_processes_one_wins(
    empty_database: str, tmp_path: Path, folders: tuple[Path, ...]
) -> None:
    models, ids = opened(empty_database, Shelf(tmp_path), folders)
    seen = models.champion()
    assert seen is not None
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ATTEMPT, empty_database, str(tmp_path), bundle_id, str(seen.seq)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for bundle_id in ids[1:]
    ]  # fmt: skip
    for process in started:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].split()[0] for process in started]
    assert sorted(said) == ["outrun", "outrun", "won"]
    assert models.champion().by == ids[1 + said.index("won")]  # type: ignore[union-attr]


def test_no_two_activations_follow_the_same_one(empty_database: str, shelf: Shelf) -> None:
    """The database itself refuses it, whoever writes."""
    _, (first, *_) = opened(empty_database, shelf)
    engine = create_engine(empty_database)
    row = f"('', '{first}', NULL, 0, 'manual', 'eve', 'x', '{{}}', '2026-11-26')"
    columns = "(scope, bundle_id, replaced, replaced_seq, how, by, reason, evidence, at)"
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(f"INSERT INTO activations {columns} VALUES {row}"))
    for statement in ("UPDATE activations SET reason = 'x'", "DELETE FROM activations", "DELETE FROM publications"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_every_change_waits_to_be_shown_once_and_in_order(
    empty_database: str, shelf: Shelf, folders: tuple[Path, ...]
) -> None:
    ledger: Ledger = open_ledger(empty_database)
    models, (_, second, *_) = opened(empty_database, shelf, folders[:1])
    activate(models, second)
    with ledger.succession_to_read() as rows:
        waiting = rows.pending()
    assert [parcel.kind for parcel in waiting] == ["publication", "activation", "publication", "activation"]
    for _ in range(2):
        with ledger.succession() as rows:
            rows.delivered([parcel.key for parcel in waiting[:3]])
    with ledger.succession_to_read() as rows:
        assert rows.pending() == waiting[3:]
        assert rows.turn() == models.history()[-1].seq
        assert {scope: each.bundle_id for scope, each in rows.champions().items()} == {"": second}
    ledger.close()
