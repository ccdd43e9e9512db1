import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from recognizer.errors import InputError, UsageError
from serving.ledger import Ledger, open_ledger
from serving.people import People, Throttle, TooManyGuesses
from serving.people.password import COST, fits, hashed

WORD = "correct horse battery"


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened


@pytest.fixture
def people(ledger: Ledger) -> People:
    return People(ledger)


def test_who_is_added_can_sign_in(people: People) -> None:
    ada = people.add(" Ada ", WORD, ["reviewer", "admin"])
    assert (ada.name, ada.roles, ada.active) == ("Ada", {"reviewer", "admin"}, True)
    assert people.check("Ada", WORD) == ada == people.named("Ada")
    assert people.check("Ada", WORD + " ") is None and people.check("Ada", "") is None
    assert people.check("Bob", WORD) is None and people.check("ada", WORD) is None
    assert people.check("Ada" * 1000, WORD * 1000) is None


def test_one_name_is_one_person(people: People) -> None:
    people.add("Zoë", WORD)
    for same in ("Zoë", " Zoe\u0308 "):  # composed and decomposed
        with pytest.raises(UsageError, match="there is a person named"):
            people.add(same, WORD)
    assert len(people.everybody()) == 1


def test_two_who_add_the_same_name_at_once(people: People) -> None:
    def add(_: int) -> bool:
        try:
            people.add("Ada", WORD)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 1


def test_a_person_changes_and_everything_is_kept(people: People, ledger: Ledger) -> None:
    people.add("Ada", WORD)
    people.add("Bob", WORD)
    assert people.set_roles("Ada", ["expert"]).roles == {"expert"}
    people.set_password("Ada", "another long word")
    assert people.check("Ada", WORD) is None and people.check("Ada", "another long word") is not None
    assert not people.deactivate("Ada").active
    assert people.check("Ada", "another long word") is None
    assert [(person.name, person.active) for person in people.everybody()] == [("Ada", False), ("Bob", True)]
    assert people.activate("Ada").active and people.check("Ada", "another long word") is not None
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT event, facts FROM person_events ORDER BY seq")).all()
    engine.dispose()
    assert [row.event for row in rows[6:]] == ["role", "password", "active", "active"]
    assert not any(word in row.facts for row in rows for word in (WORD, "another"))


@pytest.mark.parametrize(
    ("name", "password", "roles", "words"),
    [
        ("", WORD, ["reviewer"], "not a name"),
        ("a\nb", WORD, ["reviewer"], "not a name"),
        ("x" * 201, WORD, ["reviewer"], "not a name"),
        ("Ada", "short", ["reviewer"], "password of 5 characters"),
        ("Ada", "x" * 201, ["reviewer"], "password of 201"),
        ("Ada", WORD, [], "roles"),
        ("Ada", WORD, ["king"], "roles"),
    ],
)
def test_what_cannot_be_is_refused(ledger: Ledger, name: str, password: str, roles: list[str], words: str) -> None:
    people = People(ledger)
    with pytest.raises(UsageError, match=words) as caught:
        people.add(name, password, roles)  # type: ignore[arg-type]
    assert password not in str(caught.value) and people.everybody() == ()
    with pytest.raises(InputError, match="no person named"):
        people.named("Nobody")


def test_the_same_password_has_two_hashes_and_keeps_its_cost() -> None:
    one, other = hashed(WORD), hashed(WORD)
    assert one["salt"] != other["salt"] and one["hash"] != other["hash"]
    assert one["n"] * one["r"] * 128 >= 16 * 2**20 and COST["n"] * COST["p"] >= 2**16
    cheap = hashed(WORD, {"n": 2, "r": 1, "p": 1})
    assert fits(WORD, one) and fits(WORD, cheap) and not fits(WORD.upper(), cheap)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(people: People) -> None:
    people.add("Ada", WORD)
    people.add("Gone", WORD)
    people.deactivate("Gone")
    tries = {"Ada": "wrong password", "Nobody": "wrong password", "Gone": WORD}
    took: dict[str, list[float]] = {name: [] for name in tries}
    for _ in range(5):
        for name, password in tries.items():
            begun = time.thread_time()
            assert people.check(name, password) is None
            took[name].append(time.thread_time() - begun)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) < 1.5 * min(medians) and min(medians) > 0.01


def test_guessing_is_slowed_down(ledger: Ledger) -> None:
    now = [0.0]
    people = People(ledger, Throttle(per_name=3, for_all=6, window_s=600, clock=lambda: now[0]))
    people.add("Ada", WORD)
    people.add("Bob", WORD)
    for _ in range(3):
        assert people.check("Ada", "wrong password") is None
    with pytest.raises(TooManyGuesses, match="wait"):
        people.check("Ada", WORD)
    for _ in range(4):
        assert people.check("Bob", WORD) is not None  # who knows it is not slowed down by it
    for name in ("one", "two", "three"):
        people.check(name, "wrong password")
    with pytest.raises(TooManyGuesses):
        people.check("Bob", WORD)
    now[0] = 601
    assert people.check("Ada", WORD) is not None


def test_guesses_at_the_same_time_count_too() -> None:
    throttle = Throttle(per_name=5, for_all=100)
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda _: throttle.take("Ada"), range(50))) == 5
