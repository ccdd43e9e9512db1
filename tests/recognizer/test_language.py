"""Languages: the DFA accepts what the regular expression accepts, and nothing else."""

import datetime
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.alphabet import Alphabet
from recognizer.errors import FormError
from recognizer.form import Field, Option
from recognizer.language import PATTERNS, language_digest, language_of

ALPHABET = Alphabet()


def field(kind: str = "text", **settings) -> Field:
    return Field(name="f", kind=kind, box=(0, 0, 10, 10), **settings)


def accepts(language, text: str) -> bool:
    return ALPHABET.covers(text) and language.accepts(ALPHABET.encode(text))


@pytest.mark.parametrize("pattern", [r"\d{1,10}", r"[A-Z]\d{6}", r"(ab|c)*d?", r"[^0-9]+", r"a.c", r"^x{2,3}$"])
def test_a_pattern_accepts_what_re_accepts(pattern):
    language = language_of(field(pattern=pattern), ALPHABET)
    rng = np.random.default_rng(0)
    pool = "abcdx0123456789AZé-"
    texts = ["".join(rng.choice(list(pool), rng.integers(0, 8))) for _ in range(2000)]
    texts += ["F757558", "abcd", "abc", "1234567890", "xxx", "d", ""]
    assert [accepts(language, t) for t in texts] == [bool(re.fullmatch(pattern, t, re.ASCII)) for t in texts]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("digits", ["0", "0123456789"], ["", "12a"]),
        ("amount", ["5", "1,250.00", "$12.50", "1.250,00", "100000"], ["1,25,0", ".", "$"]),
        ("date", ["04/17/1962", "1-2-03", "2020-01-31"], ["041762", "4/17"]),
        ("ssn", ["078-05-1120", "078051120"], ["78-05-1120"]),
        ("phone", ["(555) 010-4477", "555-010-4477", "5550104477"], ["010-4477"]),
        ("name", ["O'Brien", "Anne-Marie", "Müller"], ["", "4nne"]),
        ("code", ["F757558", "AB-12"], ["", "f757558"]),
    ],
)
def test_kinds_have_patterns(kind, right, wrong):
    language = language_of(field(kind), ALPHABET)
    assert [t for t in right if not accepts(language, t)] == []
    assert [t for t in wrong if accepts(language, t)] == []


def test_a_lexicon_accepts_its_entries_alone():
    language = language_of(field(lexicon=("Main", "Maine", "Ohio")), ALPHABET)
    assert [t for t in ("Main", "Maine", "Ohio", "Mai", "Ohi", "Mainee", "") if accepts(language, t)] == [
        "Main",
        "Maine",
        "Ohio",
    ]


def test_a_choice_reads_its_options():
    options = (Option(value="yes"), Option(value="no"))
    language = language_of(field("choice", options=options), ALPHABET)
    assert accepts(language, "yes") and not accepts(language, "maybe")


def test_free_text_accepts_everything_that_can_be_written():
    assert accepts(language_of(field(), ALPHABET), "Größe 5 % ?")


@pytest.mark.parametrize("pattern", ["[", "(?<=a)b", r"(a)\1", "ж+"])
def test_useless_patterns_are_refused(pattern):
    with pytest.raises(FormError, match="pattern"):
        language_of(field(pattern=pattern), ALPHABET)


def test_the_digest_tells_languages_apart():
    fields = [field(), field(pattern="a"), field("digits"), field(lexicon=("a",)), field(lexicon=("b",))]
    assert len({language_digest(f) for f in fields}) == len(fields)
    assert language_digest(field("digits")) == language_digest(field("digits", pattern=PATTERNS["digits"]))


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)))
def test_every_date_is_in_the_language_of_dates(date):
    assert accepts(language_of(field("date"), ALPHABET), date.strftime("%m/%d/%Y"))
