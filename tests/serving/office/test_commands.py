"""The commands about people's work, on a real ledger."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serving.ledger import open_ledger
from serving.people import People
from tests.serving.office import house
from training.cli import app


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENFIELD_STORE", str(tmp_path))
    monkeypatch.delenv("PENFIELD_LEDGER", raising=False)
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        house.read_batch(ledger)
    return tmp_path


def penfield(*words: str, typed: str = "", code: int = 0) -> Result:
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == code, done.output
    return done


def test_people_come_change_and_go(store: Path) -> None:
    assert "penfield people add" in penfield("people", "list").output
    added = penfield("people", "add", "Zoé", "--role", "admin", "--role", "expert", "--password-stdin", typed="x" * 12)
    assert added.output.startswith("Zoé: admin, expert, since 20")
    assert "choose another name" in penfield("people", "add", "Zoé", "--password-stdin", typed="y" * 12, code=2).output
    assert "password" in penfield("people", "add", "ben", "--password-stdin", typed="short\n", code=2).output
    asked = penfield("people", "add", "ben", typed="a long password\na long password\n")
    assert "a long password" not in asked.output and "ben: reviewer" in asked.output
    penfield("people", "password", "ben", "--password-stdin", typed="another password\n")
    assert "ben: expert" in penfield("people", "role", "ben", "--role", "expert").output
    assert "may not sign in" in penfield("people", "deactivate", "ben").output
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        people = People(ledger)
        assert people.check("ben", "another password") is None and people.check("Zoé", "x" * 12) is not None
    assert "may not" not in penfield("people", "deactivate", "ben", "--undo").output
    penfield("people", "role", "ben", "--role", "queen", code=2)
    penfield("people", "role", "nobody", "--role", "admin", code=4)


def test_settle_queue_and_explain(store: Path) -> None:
    """What waits is shown; a field's way is told in words that hold no value."""
    assert penfield("queue").output == "nothing waits\n"
    assert penfield("settle").output == "1 filed\n"
    assert penfield("settle").output == "nothing to do\n"
    assert "reviewers  name" in penfield("queue").output
    told = penfield("explain", "s3.png:1:surname").output
    assert "It went to people, because: less sure than the threshold demands (rule doubtful)." in told
    assert "The threshold of its kind is" in told and "digest is" in told
    assert "one blind answer equal to the machine's reading settles it): 0 answers; 1 more of reviewers wanted" in told
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        office = house.opened(ledger, "ann", "ben")
        written = house.written(ledger, house.one(office, "ann", "a"))
        for person in ("ann", "ben"):
            for lease in office.queue.held(person, "a") or office.lease(person, "a"):
                house.key_in(office, person, lease)
            office.tick()
    after = penfield("explain", "s3.png:1:surname").output
    assert "2 answers; nothing more is asked" in after and "People settled it on 20" in after
    assert written not in told + after
    accepted = penfield("explain", "s3.png:1:ssn").output
    assert "It was accepted without a person" in accepted or "drawn for an audit" in accepted
    assert "no batch has the field" in penfield("explain", "s9.png:1:surname", code=2).output


def test_gold_from_a_file(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.csv"
    file.write_text("scan,page,field,value\ns1.png,1,surname,Webb\n")
    assert penfield("gold", "add", str(file)).output == "1 fields are gold now, 0 were before\n"
    assert penfield("gold", "add", str(file)).output == "0 fields are gold now, 1 were before\n"
    file.write_text("scan,page,field,value\ns1.png,1,surname,Other\n")
    assert "another answer, which stays" in penfield("gold", "add", str(file), code=4).output
    assert penfield("gold", "from-experts").output == "0 fields are gold now, 0 were before\n"
