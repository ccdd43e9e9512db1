"""Which characters a field needs, and which of them a model lacks."""

from pathlib import Path

import pytest

from recognizer.alphabet import ASCII, Alphabet
from recognizer.form import Field, Rules
from recognizer.form.characters import lacking

DIGITS = Alphabet(characters="0123456789")
PLAIN = Alphabet(characters=ASCII)
FULL = Alphabet()


def field(kind: str, **settings: object) -> Field:
    return Field(name="f", kind=kind, box=(0, 0, 100, 30), **settings)  # type: ignore[arg-type]


KINDS = ("digits", "number", "amount", "date", "ssn", "phone", "code", "name", "text")


@pytest.mark.parametrize("kind", KINDS)
def test_letters_of_plain_ascii_are_enough_for_every_kind(kind: str) -> None:
    assert lacking(field(kind), PLAIN) == lacking(field(kind), FULL) == ""


def test_a_model_of_digits_may_read_digits_and_no_names() -> None:
    assert lacking(field("digits"), DIGITS) == "" == lacking(field("code", pattern="[0-9]{4}"), DIGITS)
    assert set("abcXYZ") < set(lacking(field("name"), DIGITS))
    assert lacking(field("ssn"), DIGITS) == " -"
    assert lacking(field("code", pattern="F[0-9]{6}"), DIGITS) == "F"


def test_what_a_form_spells_out_is_needed() -> None:
    assert (
        lacking(field("name", pattern="[A-Zéö]+"), PLAIN) == "éö"
        and lacking(field("name", pattern="[A-Zéö]+"), FULL) == ""
    )
    assert lacking(field("code", pattern=r"[^é]{3}\d"), PLAIN) == ""  # any but é


def test_every_entry_must_be_writable(tmp_path: Path) -> None:
    assert lacking(field("name", lexicon=("Oslo", "Ålesund")), PLAIN) == "Å"
    (tmp_path / "cities.txt").write_text("Oslo\nŁódź\n", encoding="utf-8")
    asked = field("text", lexicon=Path("cities.txt"))
    assert set(lacking(asked, FULL, tmp_path)) == set("Łź")
    (tmp_path / "cities.txt").write_text("Oslo\nLodz and more\n", encoding="utf-8")  # a changed file is read anew
    assert lacking(asked, FULL, tmp_path) == ""


def test_a_thousandth_of_a_long_lexicon_may_be_beyond_a_model(tmp_path: Path) -> None:
    streets = [f"{number}. Straße" for number in range(2000)]
    asked = field("text", lexicon=Path("streets.txt"))
    for strange, missing in ((2, ""), (3, "š")):
        written = [*streets[strange:], *(f"{number}. Kališova" for number in range(strange))]
        (tmp_path / "streets.txt").write_text("\n".join(written), encoding="utf-8")
        assert lacking(asked, FULL, tmp_path) == missing


def test_rules_that_forbid_a_character_take_the_need_away() -> None:
    assert lacking(field("digits", rules=Rules(max_value=1)), Alphabet(characters="01")) == ""
