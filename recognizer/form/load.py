"""Load a form definition, or say everything that is wrong with it: file, line, field and mend."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recognizer.errors import FormError
from recognizer.form.check import check_checks, check_fields
from recognizer.form.complaint import Complaint, Place
from recognizer.form.explain import explain
from recognizer.form.model import Field, Form, PageSize
from recognizer.form.register import check_registration
from recognizer.form.source import Source, read_source


def load_form(path: Path) -> Form:
    """The form that the YAML file at `path` defines; `form.folder` is the folder it lies in.

    Raises InputError where there is no such file, and one FormError with a line for every mistake, each like
    `FILE:LINE: field 'dob': box: width must be > 0 - mend: ...`.
    """
    source = read_source(path)
    folder = path.resolve().parent
    complaints = [*source.complaints]
    if not isinstance(source.data, dict):
        raise FormError(f"{path}:1: not a form definition - mend: start from the example in docs/FORMS.md")
    if source.data.pop("folder", None) is not None:
        complaints.append(Complaint(place=("folder",), what="unknown setting", mend="remove it"))
    try:
        form = Form.model_validate({**source.data, "folder": folder})
    except ValidationError as error:
        complaints += explain(error, source.data)
        complaints += check_fields(_sound_fields(source.data), _sound_page(source.data), folder)
    else:
        complaints += check_fields(dict(enumerate(form.fields)), form.page, folder)
        complaints += check_registration(form)
        complaints += check_checks(form.checks, form.fields)
    if complaints:
        raise FormError(_report(source, complaints))
    return form


def _sound_fields(data: dict[str, Any]) -> dict[int, Field]:
    """The fields that are right each on its own, so that one wrong field does not hide the mistakes of others."""
    listed = data.get("fields")
    sound = {}
    for number, raw in enumerate(listed if isinstance(listed, list) else []):
        try:
            sound[number] = Field.model_validate(raw)
        except ValidationError:
            continue
    return sound


def _sound_page(data: dict[str, Any]) -> PageSize | None:
    try:
        return PageSize.model_validate(data.get("page"))
    except ValidationError:
        return None


def _report(source: Source, complaints: list[Complaint]) -> str:
    lines = {(source.line(each.place), _sentence(source.data, each)) for each in complaints}
    return "\n".join(f"{source.path}:{line}: {sentence}" for line, sentence in sorted(lines))


def _sentence(data: dict[str, Any], complaint: Complaint) -> str:
    place = _named(data, complaint.place)
    return f"{': '.join([*place, complaint.what])} - mend: {complaint.mend}"


def _named(data: dict[str, Any], place: Place) -> list[str]:
    """("fields", 3, "box") as ["field 'dob'", "box"]."""
    words: list[str] = []
    if len(place) >= 2 and place[0] == "fields":
        listed = data.get("fields")
        number = int(place[1])
        raw = listed[number] if isinstance(listed, list) and number < len(listed) else None
        name = raw.get("name") if isinstance(raw, dict) else None
        words.append(f"field {name!r}" if isinstance(name, str) else f"field number {number + 1}")
        place = place[2:]
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return [*words, text] if text else words
