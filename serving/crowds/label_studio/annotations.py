"""What comes from Label Studio: annotations in its exports (JSON, JSON-MIN) and in its webhook's requests.

The format: https://labelstud.io/guide/task_format
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import InputError, UsageError
from serving.consensus.answer import Entry
from serving.crowds.label_studio.project import ANSWER, MARKED, OTHERWISE, TASK
from serving.crowds.work import NON_ANSWERS, Answer, Complaint


@dataclass(frozen=True, kw_only=True)
class Annotations:
    """What a file or a request of Label Studio says: answers; how many tasks were skipped; what makes no sense."""

    answers: tuple[Answer, ...]
    skipped: int
    complaints: tuple[Complaint, ...]


class _Nonsense(Exception):
    """What is wrong with one annotation."""


class _Skipped(Exception):
    """The annotator skipped the task."""


def load_annotations(path: Path) -> Annotations:
    """Read an export of Label Studio: JSON, or JSON-MIN. Raises InputError where it is neither."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not JSON - mend: export the project as JSON") from error
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise InputError(f"{path}: not a list of tasks - mend: export the project as JSON")
    return annotations(data)


def annotations(tasks: Iterable[Mapping[str, Any]]) -> Annotations:
    """The answers in tasks as Label Studio exports them, whole (`annotations`) or flat (JSON-MIN)."""
    answers, complaints, skipped = [], [], 0
    for number, (place, annotation, data) in enumerate(_each(tasks), start=1):
        try:
            answers.append(_answer(place or f"annotation {number}", annotation, data))
        except _Skipped:
            skipped += 1
        except _Nonsense as error:
            complaints.append(Complaint(place=place or f"annotation {number}", why=str(error)))
    return Annotations(answers=tuple(answers), skipped=skipped, complaints=tuple(complaints))


def _each(tasks: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for item in tasks:
        if "annotations" not in item:
            yield _place(item.get("annotation_id")), _flat(item), item
            continue
        data = item.get("data")
        listed = item["annotations"] if isinstance(item["annotations"], list) else []
        for annotation in listed:
            if isinstance(annotation, dict):
                yield _place(annotation.get("id")), annotation, data if isinstance(data, dict) else {}


def _place(number: object) -> str:
    return f"annotation {number}" if number is not None else ""


def _flat(item: Mapping[str, Any]) -> dict[str, Any]:
    """A task of JSON-MIN as an annotation."""
    result = []
    for name in (ANSWER, OTHERWISE):
        said = item.get(name)
        if said not in (None, "", [], {}):
            result.append({"from_name": name, "value": said})
    named = {"id": "annotation_id", "completed_by": "annotator"}
    same = ("created_at", "updated_at", "lead_time")
    return {"result": result} | {name: item.get(key) for name, key in named.items()} | {n: item.get(n) for n in same}


def _answer(place: str, annotation: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
    if annotation.get("was_cancelled"):
        raise _Skipped
    task_id = data.get(TASK)
    if not isinstance(task_id, str) or not task_id:
        raise _Nonsense(f"its task has no {TASK}: it is not one of ours")
    number = annotation.get("id")
    return Answer(
        task_id=task_id,
        worker=_worker(annotation.get("completed_by")),
        entry=_entry(annotation.get("result")),
        place=place,
        seconds=_seconds(annotation.get("lead_time")),
        answer_id=str(number)[:64] if number is not None else "",
        edition=str(annotation.get("updated_at") or annotation.get("created_at") or "")[:64],
    )


def _worker(completed_by: object) -> str:
    """The annotator's number, which exports and webhooks have in common; failing that, the address."""
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("id") or completed_by.get("email")
    if isinstance(completed_by, bool) or not isinstance(completed_by, int | str) or not str(completed_by).strip():
        raise _Nonsense("it does not say who made it (completed_by) - mend: export the project as JSON")
    return str(completed_by).strip()


def _seconds(lead_time: object) -> float:
    fits = isinstance(lead_time, int | float) and not isinstance(lead_time, bool) and 0 <= lead_time < 1e6
    return float(lead_time) if fits else 0.0  # type: ignore[arg-type]


def _entry(result: object) -> Entry:
    said = {ANSWER: [], OTHERWISE: []}  # type: dict[str, list[str]]
    for item in result if isinstance(result, list) else []:
        if isinstance(item, dict) and item.get("from_name") in said:
            said[item["from_name"]] += _texts(item.get("value"))
    if said[ANSWER] and said[OTHERWISE]:
        raise _Nonsense("it has an answer and says why there is none - mend: leave one of the two out")
    if len(said[OTHERWISE]) > 1:
        raise _Nonsense("it gives several reasons why there is no answer - mend: leave one")
    try:
        if said[OTHERWISE]:
            return Entry(outcome=_outcome(said[OTHERWISE][0]))  # type: ignore[arg-type]
        return Entry(text="|".join(said[ANSWER]))
    except UsageError as error:
        raise _Nonsense(str(error)) from error


def _texts(value: object) -> list[str]:
    """The texts in a result's value: a text, a list of them, or either within `text` or `choices`."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), list) and len(value["text"]) > 1:
            raise _Nonsense("it has several texts - mend: leave one")
        value = next((value[name] for name in ("text", "choices") if name in value), None)
    listed = value if isinstance(value, list) else [value]
    unmarked = {words: name for name, words in MARKED.items()}
    texts = [text.strip() for text in listed if isinstance(text, str)]
    return [unmarked.get(text, text) for text in texts if text]


def _outcome(said: str) -> str:
    """The outcome that a choice stands for, by its alias or by its words."""
    return next((name for name, words in NON_ANSWERS.items() if said in (name, words)), said)
