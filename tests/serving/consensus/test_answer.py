"""When two people say the same, by kind of field."""

import datetime
import math
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.alphabet import LATIN
from recognizer.errors import UsageError
from recognizer.form import Field
from recognizer.reading import Reading
from serving.consensus import Entry, as_typed, entry_of, key, same
from serving.consensus.normal import EITHER_WAY, normal, value_of
from serving.decision.validity import number_of
from tests.serving.consensus.fields import (
    AMOUNT,
    BIRTH,
    BOX_FIELD,
    CODE,
    DATE,
    DIGITS,
    NAME,
    NUMBER,
    STATE,
    SYMPTOMS,
    TEXT,
    field,
    said,
)  # fmt: skip

STREET = field("text", lexicon=("Main Street", "Strauß Allee", "Oak", "OAK"))
SAME = [
    (DIGITS, "12 345", "12345"),
    (NUMBER, "1,250", "1250.0"),
    (NUMBER, "007", "7"),
    (NUMBER, "-0", "0"),
    (NUMBER, "3.125", "3.125"),
    (AMOUNT, "$1,250.00", "1250"),
    (AMOUNT, "1.250,00 €", "1250"),
    (AMOUNT, "45,5", "45.50"),
    (AMOUNT, "100", "100.00"),
    (DATE, "1/2/1985", "01-02-1985"),
    (DATE, "1985-01-02", "1.2.1985"),
    (DATE, "01021985", "1/2/1985"),
    (DATE, "1/2/85", "01.02.85"),
    (BIRTH, "1/2/85", "1/2/1985"),
    (field("phone"), "(555) 123-4567", "555.123.4567"),
    (field("ssn"), "123-45-6789", "123 45 6789"),
    (CODE, "f 757558", "F757558"),
    (NAME, "O’BRIEN, J.", "O'Brien J"),
    (NAME, "Anna - Maria", "Anna-Maria"),
    (NAME, "STRAUSS", "Strauß"),
    (TEXT, "See  attached .", "see attached"),
    (STREET, "MAIN STREET", "Main Street"),
    (STATE, "Other", "other"),
    (SYMPTOMS, "rash|cough", "cough|rash"),
    (BOX_FIELD, "<blank>", "no"),
    (TEXT, "<illegible>", "<illegible>"),
]
DIFFERENT = [
    (DIGITS, "0123", "123"),
    (AMOUNT, "1.250", "1250"),  # nobody can say which is meant, so it equals only itself
    (AMOUNT, "1.250", "1.25"),
    (AMOUNT, "12.50", "1250"),
    (NUMBER, "12345678901234567", "12345678901234568"),  # more digits than a float has
    (DATE, "1/2/1985", "2/1/1985"),
    (DATE, "1/2/85", "1/2/1985"),
    (DATE, "13/45/2020", "13/54/2020"),
    (DATE, "5 Jan 2020", "5 Jun 2020"),
    (field("phone"), "5551234 x12", "555123412"),
    (CODE, "F757558", "E757558"),
    (NAME, "José", "Jose"),
    (TEXT, "yes, all", "yes all"),
    (STREET, "Oak", "OAK"),
    (SYMPTOMS, "cough", "cough|rash"),
    (BOX_FIELD, "<ambiguous>", "no"),
    (STATE, "<blank>", "single"),
    (TEXT, "<blank>", "blank"),
    (TEXT, "<struck_out>", "<illegible>"),
]


@pytest.mark.parametrize(("place", "one", "other"), SAME)
def test_writings_of_one_value_are_the_same(place: Field, one: str, other: str) -> None:
    assert same(said(one), said(other), place)


@pytest.mark.parametrize(("place", "one", "other"), DIFFERENT)
def test_different_values_are_not(place: Field, one: str, other: str) -> None:
    assert not same(said(one), said(other), place)


@settings(max_examples=100, deadline=None)
@given(st.text(LATIN, min_size=1).filter(str.strip), st.sampled_from((DIGITS, NUMBER, AMOUNT, DATE, CODE, NAME, TEXT)))
def test_spaces_around_change_nothing_and_nothing_is_lost(text: str, place: Field) -> None:
    assert same(Entry(text=f"  {text} "), Entry(text=text), place)
    assert normal(text, place)


@settings(max_examples=100, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyzäöüßéèç ", min_size=1).filter(str.strip))
def test_case_changes_nothing_in_words(text: str) -> None:
    for place in (NAME, TEXT, CODE, field("text", lexicon=Path("streets.txt"))):
        assert same(Entry(text=text.upper()), Entry(text=text), place)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[+-]?[0-9]{0,4}([.,][0-9]{0,3}){0,2}", fullmatch=True))
def test_numbers_mean_what_the_validity_rules_say(text: str) -> None:
    value = value_of(text)
    if EITHER_WAY.fullmatch(text):
        assert value is None
    else:
        assert (value is None) == (number_of(text) is None)
        assert value is None or math.isclose(float(value), number_of(text) or 0.0)


@settings(max_examples=100, deadline=None)
@given(st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2))
def test_amounts_are_the_same_if_and_only_if_they_are_equal(one: Decimal, other: Decimal) -> None:
    assert same(Entry(text=f"${one:,.2f}"), Entry(text=f"{one:f}"), AMOUNT)
    assert same(Entry(text=f"{one:,.2f}"), Entry(text=f"{other:f}"), AMOUNT) == (one == other)


@settings(max_examples=100, deadline=None)
@given(st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 31)), st.sampled_from(("mdy", "dmy", "ymd")))
def test_a_day_is_the_same_however_it_is_written(day: datetime.date, order: str) -> None:
    place = field("date", rules={"date_order": order})
    parts = {"y": f"{day.year}", "m": f"{day.month}", "d": f"{day.day}"}
    padded = {"y": f"{day.year}", "m": f"{day.month:02d}", "d": f"{day.day:02d}"}
    writings = ["/".join(parts[p] for p in order), "-".join(padded[p] for p in order), day.isoformat()]
    assert {key(Entry(text=text), place) for text in writings} == {("text", day.isoformat())}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(("1250", "1,250", "$1250.00", "1250.00")), min_size=1, max_size=4))
def test_the_verdict_is_a_writing_that_somebody_typed_whatever_the_order(texts: list[str]) -> None:
    chosen = {as_typed([Entry(text=text) for text in order], AMOUNT).text for order in permutations(texts)}
    assert len(chosen) == 1 and chosen <= set(texts)


def test_which_writing_becomes_the_verdict() -> None:
    assert as_typed([said("SMITH"), said("Smith")], NAME) == said("Smith")
    assert as_typed([said("1250"), said("1250"), said("1,250.00")], AMOUNT) == said("1250")
    assert as_typed([said("main street"), said("MAIN STREET")], STREET) == said("Main Street")
    assert as_typed([said("RASH|cough")], SYMPTOMS) == said("cough|rash")
    assert as_typed([said("<blank>")], BOX_FIELD) == said("no")
    assert as_typed([said("<blank>"), said("<blank>")], NAME) == said("<blank>")


def test_entries_that_contradict_themselves_are_refused() -> None:
    for text, outcome in (("", "text"), ("  ", "text"), ("x", "blank"), ("", "unaligned")):
        with pytest.raises(UsageError, match="mend"):
            Entry(text=text, outcome=outcome)  # type: ignore[arg-type]


def test_a_reading_as_a_person_would_say_it() -> None:
    assert entry_of(Reading(text="12", outcome="text", confidence=0.5)) == said("12")
    assert entry_of(Reading(text="", outcome="blank", confidence=0.5)) == said("<blank>")
    assert entry_of(Reading(text="", outcome="unaligned", confidence=0.5)) is None
