"""Lexicons are read as people meant them, or refused with the line that is wrong."""

import unicodedata
from pathlib import Path

import pytest

from recognizer.errors import FormError
from recognizer.form import load_lexicon

STATES = Path(__file__).parents[3] / "data/lexicons/us_states.txt"


def test_the_states_are_there() -> None:
    states = load_lexicon(STATES)
    assert len(states) == 51
    assert {"CA", "DC", "NY"} <= set(states)
    assert all(len(state) == 2 and state.isupper() for state in states)


def test_a_relative_path_starts_at_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf b \r\n\r\na\r\n")
    assert load_lexicon(Path("a.txt"), tmp_path) == ("b", "a")


def test_entries_are_composed() -> None:
    assert load_lexicon((unicodedata.normalize("NFD", "Köln"),)) == ("Köln",)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((), "no entries"),
        (("a", "b", "a"), "entry 3: 'a' is already in entry 1"),
        (("ö", "o\u0308"), "already in entry 1"),
        (("x" * 501,), "longer than 500"),
        (("a\x07",), "control character"),
        (("\ud800",), "control character"),
    ],
)
def test_what_is_no_lexicon(entries: tuple[str, ...], words: str) -> None:
    with pytest.raises(FormError, match=words) as caught:
        load_lexicon(entries)
    assert " - mend: " in str(caught.value)
