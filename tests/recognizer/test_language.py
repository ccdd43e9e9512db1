"""Languages: what may stand in a field is what its definition says, and nothing else."""

import datetime
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton
from recognizer.errors import FormError
from recognizer.form import Field, Option, Rules
from recognizer.form.kinds import PATTERNS
from recognizer.form.language import accepts_everything, automaton_of, language_digest

ALPHABET = Alphabet()
DAY = datetime.date


def field(kind: str = "text", **settings: object) -> Field:
    return Field(name="f", kind=kind, box=(0, 0, 10, 10), **settings)  # type: ignore[arg-type]


def automaton(kind: str = "text", **settings: object) -> Automaton:
    return automaton_of(field(kind, **settings), ALPHABET)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("digits", ["0", "0123456789"], ["", "12a"]),
        ("amount", ["5", "1,250.00", "$12.50", "1.250,00", "100000"], ["1,25,0", ".", "$"]),
        ("date", ["04/17/1962", "1-2-03", "2020-01-31", "01312020"], ["4/17", "04/31/1962", "02/29/2021", "1/2-03"]),
        ("ssn", ["078-05-1120", "078051120"], ["78-05-1120"]),
        ("phone", ["(555) 010-4477", "555-010-4477", "5550104477"], ["010-4477"]),
        ("name", ["O'Brien", "Anne-Marie", "Müller"], ["", "4nne"]),
        ("code", ["F757558", "AB-12"], ["", "f757558"]),
        ("number", ["12", "-3.5", "3,25"], ["", "1.2.3", "12-"]),
        ("text", ["Größe 5 % ?", ""], ["ж"]),
    ],
)
def test_kinds_have_languages(kind: str, right: list[str], wrong: list[str]) -> None:
    chosen = automaton(kind)
    assert [text for text in right if not chosen.accepts(text)] == []
    assert [text for text in wrong if chosen.accepts(text)] == []


def test_a_lexicon_accepts_its_entries_alone() -> None:
    chosen = automaton(lexicon=("Main", "Maine", "Ohio"))
    texts = ("Main", "Maine", "Ohio", "Mai", "Ohi", "Mainee", "")
    assert [text for text in texts if chosen.accepts(text)] == ["Main", "Maine", "Ohio"]


def test_a_choice_reads_its_options() -> None:
    chosen = automaton("choice", options=(Option(value="yes"), Option(value="no")))
    assert chosen.accepts("yes") and chosen.accepts("no") and not chosen.accepts("maybe")


def test_a_mask_knows_what_may_follow() -> None:
    chosen = automaton("date", rules=Rules(date_order="dmy"))
    assert chosen.accepts_prefix("31/1") and not chosen.accepts("31/1")
    assert not chosen.accepts_prefix("32") and not chosen.accepts_prefix("31/02")
    assert chosen.next_characters("31/0") == "13578"
    assert chosen.next_characters("32") == ""
    assert automaton(lexicon=("Main", "Maine")).next_characters("Main") == "e"


def test_rules_narrow_a_language() -> None:
    card = automaton("digits", pattern=r"\d{16}", rules=Rules(check_digit="luhn"))
    assert card.accepts("4539578763621486") and not card.accepts("4539578763621487")
    age = automaton("digits", rules=Rules(min_value=18, max_value=120))
    assert [n for n in range(300) if age.accepts(str(n))] == list(range(18, 121))
    short = automaton("name", rules=Rules(min_length=2, max_length=4))
    assert [text for text in ("A", "Al", "Anna", "Annas") if short.accepts(text)] == ["Al", "Anna"]
    named = automaton(lexicon=("A12", "B7", "C123"), pattern=r"[A-Z]\d{2,3}", rules=Rules(max_length=3))
    assert [text for text in ("A12", "B7", "C123") if named.accepts(text)] == ["A12"]


def test_a_pattern_narrows_dates() -> None:
    chosen = automaton("date", pattern=r"\d\d/\d\d/\d{4}")
    assert chosen.accepts("02/29/2020") and not chosen.accepts("2/29/2020") and not chosen.accepts("02/30/2020")


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 5000).map(lambda x: round(x, 2)), st.integers(0, 3000), st.integers(0, 3000))
def test_amounts_lie_between_their_bounds(value: float, one: int, other: int) -> None:
    low, high = sorted((one, other))
    chosen = automaton("amount", rules=Rules(min_value=low, max_value=high))
    texts = [f"{value:.2f}", f"${value:,.2f}", f"{value:,.0f}"]
    for text in texts:
        written = float(text.replace("$", "").replace(",", ""))
        assert chosen.accepts(text) == (low <= written <= high), text


@settings(max_examples=60, deadline=None)
@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(-300, 300), st.sampled_from(["", ".0", ".5", ",25"]))
def test_numbers_lie_between_their_bounds(number: int, one: int, other: int, fraction: str) -> None:
    low, high = sorted((one, other))
    text = f"{number}{fraction}"
    written = float(text.replace(",", "."))
    chosen = automaton("number", rules=Rules(min_value=low, max_value=high))
    assert chosen.accepts(text) == (low <= written <= high)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pattern": "["}, "missing ]"),
        ({"pattern": "(?<=a)b"}, "not possible"),
        ({"pattern": r"(a)\1"}, "not possible"),
        ({"pattern": "ж+"}, "no text that can be read"),
        ({"pattern": "[^\\d\\D]"}, "no text that can be read"),
        ({"pattern": "a$b"}, "no text that can be read"),
        ({"pattern": r"\d{501}"}, "shortest text has 501"),
        ({"pattern": r"[a-z]{0,501}"}, "longest text has 501"),
        ({"pattern": "a" * 400 + "b{200}"}, "600"),
        ({"kind": "date", "pattern": "[a-z]+"}, "exclude each other"),
        ({"kind": "digits", "pattern": r"\d{3}", "rules": Rules(min_value=1000)}, "exclude each other"),
        ({"lexicon": ("ж",)}, "no entry fits"),
        ({"lexicon": ("123",), "rules": Rules(check_digit="luhn")}, "no entry fits"),
    ],
)
def test_what_leaves_nothing_to_write_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(FormError, match=words) as caught:
        automaton(**{"kind": "text", **settings})  # type: ignore[arg-type]
    assert " - mend: " in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "everything"),
    [
        *((pattern, True) for pattern in (".*", ".+", "(.|a)*", ".{3,}", "(.*)*(.*)*", "[^\n]*")),
        *((pattern, False) for pattern in ("(..)*", ".{0,100}", "F.*", ".*F", "[a-z]*", "")),
    ],
)
def test_what_accepts_everything(pattern: str, everything: bool) -> None:
    assert accepts_everything(pattern) == everything


HOSTILE = [
    "(a+)+$", "(x+x+)+y", "(.*)*(.*)*", ".{0,5000}", ".{0,1000}", "(((a{99}){99}){99})", "((a{0,100}){0,100}){0,100}",
    "(a|b)*a(a|b){14}", "(a|b)*a(a|b){30}", "(.{0,100}a){5}", "(a?){200}a{200}", "(" * 200 + "a" + ")" * 200,
    "((a|b|c|d)*e?){0,90}", "(.*a){20}", "(a*)*" * 60, "([a-z]{1,50} ){1,9}", r"(\d+[.,])*\d+" * 20, "a{1000}{1000}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_pattern_is_refused_or_compiled_in_time(pattern: str) -> None:
    started = time.process_time()
    try:
        chosen = automaton(pattern=pattern)
    except FormError:
        pass
    else:
        assert len(chosen.step_to) <= 100_000
    assert time.process_time() - started < 5


def test_the_digest_tells_languages_apart(tmp_path) -> None:  # type: ignore[no-untyped-def]
    fields = [field(), field(pattern="a"), field("digits"), field(lexicon=("a",)), field(lexicon=("b",))]
    fields += [field("date"), field("date", rules=Rules(date_order="dmy")), field("checkbox")]
    fields += [field("date", rules=Rules(not_before=DAY(1900, 1, 1))), field("digits", rules=Rules(check_digit="luhn"))]
    assert len({language_digest(f) for f in fields}) == len(fields)
    assert language_digest(field("digits")) == language_digest(field("digits", pattern=PATTERNS["digits"]))
    assert language_digest(field("digits")) == language_digest(field("digits", rules=Rules(required=True)))


def test_a_lexicon_that_changes_is_another_language(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "names.txt"
    path.write_text("Anna\n")
    asked = field("name", lexicon=path)
    before = language_digest(asked)
    assert automaton_of(asked, ALPHABET) is automaton_of(asked, ALPHABET)
    path.write_text("Anna\nBertha\n")
    assert language_digest(asked) != before
    assert automaton_of(asked, ALPHABET).accepts("Bertha")
