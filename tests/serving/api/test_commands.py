"""`penfield key`, as it is typed."""

import re
from pathlib import Path

from typer.testing import CliRunner

from serving.api.keys import caller
from serving.ledger import open_ledger
from training.cli import app


def said(store: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["key", *words, "--store", str(store)], env={"PENFIELD_LEDGER": ""})
    assert done.exit_code == code, done.output
    return done.output


def test_a_key_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    assert "no keys" in said(tmp_path, "list")
    text = re.findall(r"penfield_\S+", said(tmp_path, "add", "acme", "--scopes", "read, correct"))[0]
    assert "there is or was a key" in said(tmp_path, "add", "acme", code=2)
    assert "no key is for everything" in said(tmp_path, "add", "other", "--scopes", "everything", code=2)
    assert "a key's name" in said(tmp_path, "add", "two words", code=2)
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        found = caller(ledger, text)
        assert found is not None and found.may("read") and found.may("correct") and not found.may("sensitive")
        listed = said(tmp_path, "list")
        assert "acme" in listed and text not in listed and "revoked" not in listed
        assert "opens nothing" in said(tmp_path, "revoke", "acme")
        assert caller(ledger, text) is None
    assert "revoked" in said(tmp_path, "list") and "no key nobody" in said(tmp_path, "revoke", "nobody", code=2)
