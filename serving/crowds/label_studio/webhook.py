"""What Label Studio's webhook posts when somebody annotates: https://labelstud.io/guide/webhook_reference"""

from collections.abc import Mapping
from typing import Any

from recognizer.errors import InputError
from serving.crowds.label_studio.annotations import Annotations, annotations

ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED")
"""What tells of answers. Whatever else is posted is fine and says nothing to us: a deleted annotation was said once."""


def posted(body: Any) -> Annotations:
    """The answers in one request of the webhook; none where it tells of something else. Raises InputError."""
    if not isinstance(body, dict) or not isinstance(body.get("action"), str):
        raise InputError("not a request of Label Studio's webhook: it names no action")
    if body["action"] not in ACTIONS:
        return Annotations(answers=(), skipped=0, complaints=())
    made, tasks = _listed(body.get("annotation")), _listed(body.get("task"))
    if not made or not tasks:
        raise InputError("no annotation or no task - mend: have the webhook send its payload")
    return annotations(_tasks(made, tasks))


def _listed(value: object) -> list[Mapping[str, Any]]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _tasks(made: list[Mapping[str, Any]], tasks: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each annotation with the task that it names; where it names none, with the only one."""
    by_id = {task.get("id"): task for task in tasks}
    only = tasks[0] if len(tasks) == 1 else {}
    whole = [(by_id.get(item["task"], {}) if item.get("task") is not None else only, item) for item in made]
    return [{"data": task.get("data"), "annotations": [item]} for task, item in whole]
