"""Every mistake in a form definition is named with file, line, setting and mend."""

import random
from pathlib import Path

import pytest

from recognizer.errors import FormError, InputError, PenfieldError
from recognizer.form import load_form

FORMS = Path(__file__).parents[3] / "data/forms"

GOOD = """\
name: sample
page: {width: 1000, height: 800, dpi: 100}
registration:
  method: boxes
  boxes: [[10, 10, 900, 50], [10, 70, 900, 50], [10, 130, 900, 50]]
fields:
  - name: dob
    kind: date
    box: [100, 200, 300, 60]
    rules: {not_before: 1900-01-01}
  - name: state
    kind: choice
    box: [100, 300, 100, 60]
    lexicon: states.txt
  - name: code
    kind: code
    box: [100, 400, 300, 60]
    pattern: '[A-Z]\\d{2}'
    lexicon: [A12, B34]
  - name: pay
    kind: choice_group
    box: [100, 500, 300, 60]
    options:
      - {value: monthly, box: [110, 510, 30, 30]}
      - {value: "yes", box: [210, 510, 30, 30]}
"""

MISTAKES = [
    # (what to replace, by what, line of the mistake, words that the complaint must have)
    ("name: sample", "name: My Form", 1, ["name", "'My Form'", "lower-case"]),
    ("name: sample", "nam: sample", 1, ["nam", "unknown setting", "did you mean 'name'"]),
    ("name: sample", "folder: /etc\nname: sample", 1, ["folder", "unknown setting", "remove"]),
    ("name: sample", "zzz: 1\nname: sample", 1, ["zzz", "use one of: name, title"]),
    ("dpi: 100}", "dpi: 10}", 2, ["page.dpi", "greater than or equal to 50"]),
    ("page: {width: 1000, height: 800, dpi: 100}\n", "", 1, ["page", "is missing", "add `page:`"]),
    ("method: boxes", "method: box", 4, ["registration.method", "'box'", "did you mean 'boxes'"]),
    ("[10, 10, 900, 50]", "[10, 10, 1900, 50]", 5, ["registration.boxes[1]", "outside the page", "1000 x 800"]),
    ("  boxes: [[10, 10, 900, 50], [10, 70, 900, 50], [10, 130, 900, 50]]", "  boxes: [[1, 2, 3]]", 5, ["not a box"]),
    ("name: dob", "name: state", 11, ["another field 'state'", "a name of its own"]),
    ("name: dob", "name: Dob", 7, ["field 'Dob'", "cannot be a name"]),
    ("name: dob", "name: 7", 7, ["field number 1", "7 is not text", '"7"']),
    ("kind: date", "kind: dat", 8, ["field 'dob'", "no kind", "did you mean 'date'"]),
    ("kind: date", "kind: date\n    kind: name", 8, ["field 'dob'", "twice, in lines 8 and 9", "keep one"]),
    ("[100, 200, 300, 60]", "[100, 200, 0, 60]", 9, ["field 'dob': box: width must be > 0"]),
    ("[100, 200, 300, 60]", "[100, 200, 300, -60]", 9, ["field 'dob': box: height must be > 0"]),
    ("[100, 200, 300, 60]", "[100, 200, 300]", 9, ["field 'dob'", "not a box", "[x, y, width, height]"]),
    ("[100, 200, 300, 60]", "[100, 780, 300, 60]", 9, ["field 'dob'", "outside the page"]),
    ("not_before: 1900-01-01", "min_value: 3", 10, ["rules.min_value", "no sense for the kind date", "remove it"]),
    ("not_before: 1900-01-01", "not_befor: 1900-01-01", 10, ["did you mean 'not_before'"]),
    ("not_before: 1900-01-01", "not_before: 1900-13-01", 10, ["rules.not_before"]),
    ("not_before: 1900-01-01", "not_before: 2001-01-01, not_after: 2000-01-01", 10, ["greater than not_after"]),
    ("not_before: 1900-01-01", "date_order: mdz", 10, ["rules.date_order", "'mdz'"]),
    ("states.txt", "nowhere.txt", 14, ["field 'state'", "nowhere.txt", "No such file", "correct the path"]),
    ("states.txt", "empty.txt", 14, ["empty.txt", "no entries"]),
    ("states.txt", "twice.txt", 14, ["line 3", "'AL' is already in line 1"]),
    ("states.txt", "latin.txt", 14, ["line 2", "not UTF-8"]),
    ("    lexicon: states.txt\n", "", 11, ["a choice needs options or a lexicon"]),
    ("lexicon: states.txt", "lexicon: {a: b}", 14, ["field 'state'", "lexicon"]),
    ("lexicon: states.txt", "lexicon: states.txt\n    pattern: a", 15, ["pattern", "no sense for the kind choice"]),
    ("lexicon: states.txt", "options: [{value: a, box: [110, 310, 20, 20]}]", 14, ["choice_group"]),
    ("[A-Z]\\d{2}", "[A-Z", 18, ["field 'code'", "not a regular expression", "missing ]"]),
    ("[A-Z]\\d{2}", "(A)\\1", 18, ["backreferences are not possible"]),
    ("[A-Z]\\d{2}", "(?=A)A12", 18, ["look-ahead and look-behind are not possible"]),
    ("[A-Z]\\d{2}", "A++", 18, ["'A++'"]),
    ("[A-Z]\\d{2}", "((a{100}){100}){100}", 18, ["field 'code'", "pattern"]),
    ("kind: choice\n", "kind: text\n    pattern: .*\n", 13, ["field 'state'", "pattern", "accepts every text"]),
    ("kind: choice\n", "kind: text\n    pattern: '.{0,900}'\n", 13, ["field 'state'", "pattern"]),
    ("kind: date\n", "kind: date\n    pattern: '[a-z]+'\n", 9, ["field 'dob'", "exclude each other"]),
    ("kind: code\n", "kind: code\n    rules: {check_digit: gtin}\n", 19, ["field 'code'", "no entry fits"]),
    ("not_before: 1900-01-01", "check_digit: luhn", 10, ["rules.check_digit", "no sense for the kind date"]),
    ("[A12, B34]", "[A12, b34]", 19, ["1 of 2 entries", "'b34'"]),
    ("[A12, B34]", "[A12, B34, A12]", 19, ["entry 3", "already in entry 1"]),
    ("kind: choice_group", "kind: choice_group\n    lexicon: [a]", 22, ["no sense for the kind choice_group"]),
    ("[110, 510, 30, 30]", "[90, 510, 30, 30]", 24, ["options[1].box", "outside the field's box", "enlarge"]),
    ("value: monthly", 'value: "yes"', 25, ["options[2].value", "'yes' is there twice"]),
    ("      - {value: monthly, box: [110, 510, 30, 30]}\n", "", 20, ["at least two options"]),
    ("{value: monthly, ", "{", 24, ["options[1].value", "is missing"]),
    ("value: monthly", "value: 12", 24, ['put it in quotes: "12"']),
    ("value: monthly", "value: !!python/name:os.system x", 24, ["options[1].value", "in quotes"]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "states.txt").write_text("AL\nAK\n")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "twice.txt").write_text("AL\nAK\nAL\n")
    (tmp_path / "latin.txt").write_bytes("Wien\nKöln\n".encode("latin-1"))
    return tmp_path


def complaint(folder: Path, text: str | bytes) -> str:
    path = folder / "form.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(FormError) as caught:
        load_form(path)
    return str(caught.value)


def test_the_good_form_loads(folder: Path) -> None:
    path = folder / "form.yaml"
    path.write_text(GOOD)
    form = load_form(path)
    assert [field.name for field in form.fields] == ["dob", "state", "code", "pay"]
    assert form.folder == folder
    assert form.fields[3].options[1].value == "yes"


CHECK_MISTAKES = [
    ("{rule: order, earlier: dob, later: dbo}", ["checks[1]", "no field 'dbo'", "did you mean 'dob'"]),
    ("{rule: order, earlier: dob, later: code}", ["checks[1]", "'code'", "of the kind code", "date"]),
    ("{rule: order, earlier: dob, later: dob}", ["checks[1]", "names a field twice"]),
    ("{rule: ordr, earlier: dob, later: dob}", ["checks[1].rule", "'ordr' is no rule", "did you mean 'order'"]),
    ("{earlier: dob, later: dob}", ["checks[1].rule", "is missing"]),
    ("{rule: order, earlier: dob}", ["checks[1].later", "is missing"]),
    ("{rule: order, earlier: dob, latr: dob}", ["checks[1].latr", "unknown setting", "did you mean 'later'"]),
    ("{rule: sum, of: [], equals: code}", ["checks[1].of"]),
    ("{rule: sum, of: [dob], equals: code}", ["'dob'", "of the kind date", "amount"]),
]


@pytest.mark.parametrize(("check", "words"), CHECK_MISTAKES)
def test_a_mistake_in_a_check_is_named(folder: Path, check: str, words: list[str]) -> None:
    message = complaint(folder, f"{GOOD}checks:\n  - {check}\n")
    line = GOOD.count("\n") + 2
    assert all(word in message for word in [f"{folder / 'form.yaml'}:{line}: ", *words]), message


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_a_mistake_is_named_with_line_and_mend(folder: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in GOOD
    message = complaint(folder, GOOD.replace(old, new, 1))
    first = [each for each in message.splitlines() if all(word in each for word in words)]
    assert first, message
    assert first[0].startswith(f"{folder / 'form.yaml'}:{line}: "), message
    assert " - mend: " in first[0]


def test_all_mistakes_are_said_at_once(folder: Path) -> None:
    text = GOOD.replace("kind: date", "kind: dat").replace("states.txt", "nowhere.txt").replace("[A-Z]", "[A-Z")
    message = complaint(folder, text)
    assert [int(line.split(":")[1]) for line in message.splitlines()] == [8, 14, 18]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"- 1\n", "not a form definition"),
        (b"name: [", ":1: not valid YAML"),
        (b"a: 1\nb: 'x\n", "not valid YAML"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML"),
        (b"a: \x00\n", "not valid YAML"),
        ("name: Köln\n".encode("utf-16"), "not UTF-8"),
        ("a: 1\nname: Köln\n".encode("latin-1"), ":2: not UTF-8"),
        (b"a: &x [*x]\n", "too deeply nested"),
        (b"[" * 30_000, "form.yaml:1: "),
        (b"#" * 2_000_000, "larger than"),
        (b"a: 1" + b"0" * 9_000 + b"\n", "form.yaml:1: a"),
    ],
)
def test_what_is_not_usable_yaml(folder: Path, data: bytes, words: str) -> None:
    message = complaint(folder, data)
    assert words in message
    assert "- mend: " in message


def test_an_alias_bomb_is_refused_without_unfolding_it(folder: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert "aliases" in complaint(folder, "\n".join(["a0: &a0 [x, x]", *levels]))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(InputError, match="mend"):
            load_form(path)


def test_a_blank_page_must_be_an_image_of_the_same_shape(folder: Path) -> None:
    from PIL import Image

    start = GOOD.index("  method: boxes")
    end = GOOD.index("fields:")
    text = GOOD[:start] + "  method: blank_page\n  image: blank.png\n" + GOOD[end:]
    assert "form.yaml:5: registration.image" in complaint(folder, text)
    (folder / "blank.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    assert "cannot be opened as an image" in complaint(folder, text)
    Image.new("L", (800, 1000)).save(folder / "blank.png")
    assert "another shape" in complaint(folder, text)
    Image.new("L", (2000, 1600)).save(folder / "blank.png")
    assert load_form(folder / "form.yaml").registration.method == "blank_page"


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ("[{kind: square, center: [50, 50], size: 20}]", "at least 3 squares"),
        ("[{kind: aruco, center: [50, 50], size: 20}]", "without its id"),
        ("[{kind: aruco, center: [50, 50], size: 20, id: 1, dictionary: DICT_9}]", "no dictionary 'DICT_9'"),
        ("[{kind: qr, center: [50, 50], size: 20}]", "without its text"),
        ("[{kind: qr, center: [995, 50], size: 20, text: a}]", "outside the page"),
        ("[{kind: cross, center: [50, 50], size: 20}]", "'cross' is not possible"),
        ("[]", "at least 1 item"),
    ],
)
def test_marks_are_checked(folder: Path, marks: str, words: str) -> None:
    start, end = GOOD.index("  method: boxes"), GOOD.index("fields:")
    message = complaint(folder, f"{GOOD[:start]}  method: marks\n  marks: {marks}\n{GOOD[end:]}")
    assert words in message
    assert message.startswith(f"{folder / 'form.yaml'}:5: registration.marks")


def test_whatever_is_changed_the_answer_is_a_form_or_a_form_error(folder: Path) -> None:
    """Tokens of the definition are exchanged for junk; nothing but the house's own errors may come out."""
    chance = random.Random(7)
    junk = [
        "[]",
        "{}",
        "null",
        "-1",
        "1e999",
        "''",
        "[1, 2, 3, 4]",
        "{a: 1}",
        "0x10",
        "true",
        "? x",
        "&a",
        "*a",
        "~",
        "fields",
    ]
    tokens = GOOD.split(" ")
    path = folder / "form.yaml"
    for _ in range(300):
        changed = list(tokens)
        for _ in range(chance.randint(1, 2)):
            changed[chance.randrange(len(changed))] = chance.choice(junk)
        path.write_text(" ".join(changed))
        try:
            load_form(path)
        except PenfieldError as error:
            assert all(" - mend: " in line and line.startswith(f"{path}:") for line in str(error).split("\n"))


@pytest.mark.parametrize("name", ["insurance_application", "nist_hsf"])
def test_the_forms_that_ship_load(name: str) -> None:
    assert load_form(FORMS / f"{name}.yaml").name == name
