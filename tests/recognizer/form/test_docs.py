"""docs/FORMS.md and docs/form.schema.json say what the code does."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from recognizer.errors import FormError
from recognizer.form import (
    Field,
    FilledCheck,
    Form,
    Kind,
    OrderCheck,
    ReviewPolicy,
    Rules,
    SumCheck,
    json_schema,
    load_form,
)

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/FORMS.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_the_mistakes_shown_are_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "address.yaml"
    wrong = EXAMPLES[0].replace("[80, 300, 400, 64]", "[80, 300, 1400, 64]").replace("not_before", "not_befor")
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(FormError) as caught:
        load_form(path)
    said = str(caught.value).replace(str(path), "    address.yaml")
    assert said in TEXT


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads(example: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")
    assert load_form(path).fields


@pytest.mark.parametrize("model", [Form, Field, Rules, ReviewPolicy, OrderCheck, SumCheck, FilledCheck])
def test_every_setting_is_documented(model: type[Form]) -> None:
    missing = [name for name in model.model_fields if f"`{name}" not in TEXT and name != "folder"]
    assert not missing


def test_every_kind_is_documented() -> None:
    assert [kind for kind in get_args(Kind) if f"| `{kind}` |" not in TEXT] == []


def test_the_schema_in_docs_is_current() -> None:
    written = json.loads((ROOT / "docs/form.schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(), "mend: python -m recognizer.form > docs/form.schema.json"


def test_every_setting_in_the_schema_is_described() -> None:
    schema = json_schema()
    parts = {"Form": schema, **schema["$defs"]}
    bare = [
        f"{name}.{setting}"
        for name, part in parts.items()
        for setting, value in part["properties"].items()
        if "description" not in value
    ]
    assert bare == []
    assert "folder" not in schema["properties"]
