import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.alphabet import ASCII, LATIN, NUMERALS, OTHER, Alphabet, normal_text


def test_every_character_has_one_class_and_none_is_the_blank() -> None:
    alphabet = Alphabet()
    assert len(set(LATIN)) == len(LATIN) == len(alphabet) - 1
    assert set(ASCII) <= set(LATIN)
    numbers = alphabet.encode(LATIN)
    assert numbers.dtype == np.int64
    assert sorted(numbers) == list(range(1, len(alphabet)))


@given(st.text(alphabet=LATIN, max_size=30))
def test_a_text_comes_back_from_its_classes(text: str) -> None:
    alphabet = Alphabet()
    assert "".join(alphabet.characters[c - 1] for c in alphabet.encode(text)) == text


def test_unknown_characters_are_refused() -> None:
    alphabet = Alphabet(characters="01")
    assert alphabet.covers("0110") and alphabet.covers("") and not alphabet.covers("012")
    with pytest.raises(KeyError):
        alphabet.encode("2")


def test_what_is_no_number_counts_as_one_other_character() -> None:
    numerals = Alphabet(characters=NUMERALS)
    assert numerals.written("12 Jan 1999") == f"12 {OTHER} 1999" and numerals.written("$1,200.00") == "$1,200.00"
    assert numerals.encode("Anna").tolist() == [len(NUMERALS)] and len(numerals.encode("A1b2c")) == 5
    assert Alphabet().written("Łódź") == "Łódź"  # an alphabet without it hides nothing


@pytest.mark.parametrize(
    ("raw", "plain"),
    [("  a\t b\n", "a b"), ("e\u0301", "é"), ("“x” ‘y", '"x" \'y'), ("a—b", "a–b"), ("\u00a0", "")],
)
def test_normal_text(raw: str, plain: str) -> None:
    assert normal_text(raw) == plain


@given(st.text(max_size=40))
def test_normal_text_of_normal_text_is_the_same(text: str) -> None:
    assert normal_text(normal_text(text)) == normal_text(text)
