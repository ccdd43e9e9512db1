"""Automata: each way to make one accepts what plain Python accepts."""

import calendar
import datetime

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recognizer.alphabet import NUMERALS, Alphabet
from recognizer.automaton import Automaton, from_machine, from_tree
from recognizer.automaton.check_digit import check_digit_machine
from recognizer.automaton.dates import date_pattern
from recognizer.automaton.machine import product
from recognizer.automaton.numbers import integers
from recognizer.automaton.pattern import pattern_machine
from recognizer.automaton.trie import tree_of

LATIN = Alphabet().characters
SMALL = "abAB01 -é"

ATOMS = ["a", "b", "B", "0", ".", "[ab]", "[^a]", r"\d", r"\w", r"\s", "[A-b]", "[[:alpha:]]", r"\pL", r"[\d\-]", "é"]
ATOMS += ["(?i:a)", "(?i:[a-b])", r"\D", r"[^\W]", r"\-", r"\x61", "^", "$", "(?:)", "[]a]", "[a-]", r"\p{Lu}", "(?i)b"]
patterns = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "{0}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(patterns, st.lists(st.text(SMALL, max_size=5), max_size=20))
@example(r"((?i)b|\p{Lu})", [])  # flags reach over the alternatives, and categories have two cases too
def test_a_pattern_accepts_what_re2_accepts(pattern: str, texts: list[str]) -> None:
    automaton = from_machine(pattern_machine(pattern, SMALL), SMALL)
    compiled = re2.compile(pattern)
    for text in ["", *SMALL, *texts]:
        assert automaton.accepts(text) == bool(compiled.fullmatch(text)), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[", "missing ]"),
        ("(", r"\) is missing"),
        (")", "without its"),
        ("*", "nothing to repeat"),
        (r"\bx", "not"),
        ("(?=a)", "not possible"),
        (r"\p{Greek}", "only categories"),
        ("[b-a]", "backwards"),
        ("a{2,1}", "not possible"),
        ("(" * 200, "deep"),
        ("a{2000}", "not possible"),
        ("[[:x:]]", "no class"),
        ("(?P<n", "missing >"),
        (r"\xzz", "no character"),
        ("\\", "not possible"),
    ],
)
def test_what_is_no_pattern_is_told(pattern: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pattern_machine(pattern, LATIN)


@given(st.text("()[]{}|*+?^$\\ab-,:P<>01ixpL", max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_string_is_a_pattern_or_a_value_error(pattern: str) -> None:
    try:
        pattern_machine(pattern, SMALL)
    except ValueError:
        return
    with_re2 = re2.Options()
    with_re2.log_errors = False
    try:
        re2.compile(pattern, with_re2)
    except re2.error:
        return  # both know patterns that the other does not
    automaton = from_machine(pattern_machine(pattern, SMALL), SMALL)
    for text in ("", "a", "b", "ab", "0", "-"):
        assert automaton.accepts(text) == bool(re2.compile(pattern, with_re2).fullmatch(text)), (pattern, text)


@given(patterns, patterns, st.lists(st.text(SMALL, max_size=4), max_size=10))
@settings(max_examples=100, deadline=None)
def test_a_product_accepts_what_both_accept(one: str, other: str, texts: list[str]) -> None:
    left, right = (pattern_machine(pattern, SMALL) for pattern in (one, other))
    both = from_machine(product(left, right), SMALL)
    for text in ["", *SMALL, *texts]:
        expected = from_machine(left, SMALL).accepts(text) and from_machine(right, SMALL).accepts(text)
        assert both.accepts(text) == expected


@given(patterns)
@settings(max_examples=100, deadline=None)
def test_every_state_reaches_acceptance_and_depth_never_falls(pattern: str) -> None:
    machine = pattern_machine(pattern, SMALL)
    automaton = from_machine(machine, SMALL)
    live = set(machine.accepting)
    for _ in machine.steps:
        live |= {state for state, steps in enumerate(machine.steps) if set(steps.values()) & live}
    assert live == set(range(len(machine.steps))) or not machine.accepting
    assert (automaton.depth[1:] >= automaton.depth[:-1]).all()
    assert all(automaton.depth[to] <= automaton.depth[state] + 1 for state, to in moves(automaton))


def moves(automaton: Automaton) -> list[tuple[int, int]]:
    first = automaton.first_step
    return [(s, int(to)) for s in range(len(automaton.accepting)) for to in automaton.step_to[first[s] : first[s + 1]]]


@given(st.sets(st.text(SMALL, min_size=1, max_size=5), min_size=1, max_size=30), st.text(SMALL, max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_tree_accepts_its_entries_alone(entries: set[str], other: str) -> None:
    automaton = from_tree(tree_of(entries, SMALL), SMALL)
    assert all(automaton.accepts(entry) for entry in entries)
    assert automaton.accepts(other) == (other in entries)
    assert all(automaton.accepts_prefix(entry[:2]) for entry in entries)
    assert list(automaton.step_to) == list(range(1, len(automaton.accepting)))


STYLES = {
    "mdy": ["%m/%d/%Y", "%-m/%-d/%Y", "%m-%d-%y", "%-m.%-d.%y", "%m%d%Y", "%m%d%y", "%m %d %Y", "%Y-%m-%d"],
    "dmy": ["%d.%m.%Y", "%-d.%-m.%Y", "%d/%m/%y", "%-d-%-m-%y", "%d%m%Y", "%d%m%y", "%d %m %Y", "%Y-%m-%d"],
    "ymd": ["%Y/%m/%d", "%Y-%-m-%-d", "%y.%m.%d", "%y-%-m-%-d", "%Y%m%d", "%y%m%d", "%Y %m %d", "%Y-%m-%d"],
}


@pytest.mark.parametrize("order", STYLES)
def test_dates_are_those_of_the_calendar(order: str) -> None:
    """All combinations of month and day of a leap year, of another, and of two that divide by 100, in all styles."""
    automaton = from_machine(pattern_machine(date_pattern(order), LATIN), LATIN)  # type: ignore[arg-type]
    for year in (1900, 2000, 2023, 2024):
        for month in range(14):
            for day in range(33):
                real = 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
                for style in STYLES[order]:
                    text = written(style, year, month, day)
                    lenient = "%y" in style and year == 1900 and (month, day) == (2, 29)  # 00 may mean 2000
                    assert automaton.accepts(text) == (real or lenient), text


def written(style: str, year: int, month: int, day: int) -> str:
    """strftime, also of days that do not exist."""
    parts = {"%-m": month, "%-d": day, "%m": f"{month:02}", "%d": f"{day:02}", "%Y": year, "%y": f"{year % 100:02}"}
    for sign, part in parts.items():
        style = style.replace(sign, str(part))
    return style


def test_dates_lie_between_their_bounds() -> None:
    first, last = datetime.date(1999, 12, 30), datetime.date(2001, 3, 2)
    automaton = from_machine(pattern_machine(date_pattern("dmy", first, last), LATIN), LATIN)
    for number in range(-800, 800):
        day = first + datetime.timedelta(days=number)
        assert automaton.accepts(day.strftime("%d.%m.%Y")) == (first <= day <= last)
        assert automaton.accepts(day.strftime("%Y-%m-%d")) == (first <= day <= last)
    assert date_pattern("dmy", last, first) == ""


def luhn(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    return bool(digits) and sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def gtin(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    return bool(digits) and sum(d * (1 + 2 * (i % 2)) for i, d in enumerate(digits)) % 10 == 0


def aba(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    return bool(digits) and sum(d * (3, 7, 1)[i % 3] for i, d in enumerate(digits)) % 10 == 0


@pytest.mark.parametrize("plain", [luhn, gtin, aba])
def test_check_digits_are_those_of_a_plain_sum(plain) -> None:  # type: ignore[no-untyped-def]
    automaton = from_machine(check_digit_machine(plain.__name__, "0123456789- "), "0123456789- ")
    texts = [f"{number:0{width}}" for width in (1, 2, 3, 4) for number in range(10**width)]
    texts += ["4539 5787 6362 1486", "4539-5787-6362-1487", "4006381333931", "4006381333932", "021000021", "021000022"]
    assert [text for text in [*texts, "", "-"] if automaton.accepts(text) != plain(text)] == []
    assert 0.09 < sum(map(plain, texts)) / len(texts) < 0.11


@given(st.integers(0, 3000), st.integers(0, 3000), st.sampled_from(["", ","]))
@settings(max_examples=15, deadline=None)
def test_integers_lie_between_their_bounds(one: int, other: int, group: str) -> None:
    low, high = sorted((one, other))
    automaton = from_machine(pattern_machine(integers(low, high, group), "0123456789,"), "0123456789,")
    accepted = [n for n in range(4000) if automaton.accepts(f"{n:,}" if group else str(n))]
    assert accepted == list(range(low, high + 1))


@given(st.lists(st.text("0159/-", max_size=6), min_size=1, max_size=12, unique=True), st.text("0159/-a", max_size=6))
def test_a_language_over_fewer_characters_is_the_same(entries: list[str], tried: str) -> None:
    tree = from_tree(tree_of(entries, LATIN), LATIN)
    machine = from_machine(pattern_machine("[0-9]+(/[0-9]+)*|-", LATIN), LATIN)
    for automaton in (tree, machine):
        narrow = automaton.over(NUMERALS)
        assert set(automaton.used) <= set("0123456789/-") and narrow.used == automaton.used
        for text in (*entries, tried):
            assert narrow.accepts(text) == automaton.accepts(text)
            assert narrow.next_characters(text) == automaton.next_characters(text)


def test_characters_in_another_order_are_refused() -> None:
    automaton = from_machine(pattern_machine("[01]+", LATIN), LATIN)
    with pytest.raises(ValueError, match="another order"):
        automaton.over("10")
    with pytest.raises(ValueError):
        automaton.over("0")
