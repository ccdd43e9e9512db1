"""Questions as they go out, and what Label Studio makes of them."""

from typing import Any

from recognizer.form import Field, Option, Rules
from serving.crowds.work import Outgoing

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)  # fmt: skip
BOX = (0, 0, 300, 40)


def item(kind: str = "code", task_id: str = "t1", **settings: Any) -> Outgoing:
    field = Field(name=kind, kind=kind, box=BOX, label=kind.title(), **settings)  # type: ignore[arg-type]
    return Outgoing(task_id=task_id, definition=field, label=field.label, png=PNG)


OPTIONS = tuple(Option(value=value, box=(n * 20, 0, 10, 10)) for n, value in enumerate(("monthly", "yearly")))
EVERY_WAY = (
    item("code"),
    item("date", "t2", rules=Rules(date_order="dmy")),
    item("checkbox", "t3"),
    item("choice_group", "t4", options=OPTIONS),
    item("choice_group", "t5", options=OPTIONS, multiple=True),
    item("choice", "t6", lexicon=("CO", "VT")),
    item("signature", "t7"),
)


def annotated(task_id: str, text: str | None = None, **settings: Any) -> dict[str, Any]:
    """A task of Label Studio's export with one annotation, as version 1.13 writes it."""
    annotation = {
        "id": 7, "completed_by": 3, "was_cancelled": False, "ground_truth": False, "lead_time": 4.25,
        "created_at": "2026-11-25T09:00:00.000000Z", "updated_at": "2026-11-25T09:00:05.000000Z",
        "result": [] if text is None else [typed(text)], "draft_created_at": None, "parent_prediction": None,
    }  # fmt: skip
    data = {"image": "data:image/png;base64,AAAA", "question": "Policy number", "penfield_task": task_id}
    return {"id": 11, "data": data, "meta": {}, "predictions": [], "drafts": [], "annotations": [annotation | settings]}


def typed(text: str) -> dict[str, Any]:
    return {
        "value": {"text": [text]}, "id": "iCqe7Qx", "from_name": "answer", "to_name": "image", "type": "textarea",
        "origin": "manual",
    }  # fmt: skip


def chosen(*values: str, name: str = "answer") -> dict[str, Any]:
    return {"value": {"choices": list(values)}, "id": "x", "from_name": name, "to_name": "image", "type": "choices"}
