"""Label Studio's formats: what goes out says nothing of a reading, and what comes back in any of its forms is read."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from recognizer.errors import InputError
from serving.consensus import Entry
from serving.crowds.label_studio import annotations, configuration, load_annotations, task, write_projects
from tests.serving.crowds.items import EVERY_WAY, PNG, annotated, chosen, item, typed

NON_ANSWERS = {"blank", "illegible", "struck_out", "wrong_crop", "ambiguous"}


@pytest.mark.parametrize("each", EVERY_WAY, ids=lambda each: each.task_id)
def test_every_kind_has_a_configuration_that_asks_for_an_answer_or_a_reason(each: Any) -> None:
    root = ElementTree.fromstring(configuration(each))
    names = {control.get("name"): control for control in root.iter() if control.get("name")}
    assert set(names) == {"image", "answer", "otherwise"}
    assert all(control.get("toName") == "image" for name, control in names.items() if name != "image")
    assert names["answer"].get("required") == "true"  # and is hidden, so not asked for, once there is a reason
    hidden = next(view for view in root.iter("View") if view.get("visibleWhen"))
    assert names["answer"] in list(hidden) and hidden.get("whenTagName") == "otherwise"
    reasons = {choice.get("alias") for choice in names["otherwise"].iter("Choice")}
    assert reasons == NON_ANSWERS - ({"blank"} if each.definition.kind == "checkbox" else set())


def test_marks_are_chosen_and_texts_are_typed() -> None:
    controls = {each.task_id: ElementTree.fromstring(configuration(each)) for each in EVERY_WAY}
    assert [name for name, root in controls.items() if root.find(".//TextArea") is not None] == ["t1", "t2", "t6"]
    listed = controls["t4"].find(".//Choices[@name='answer']")
    several = controls["t5"].find(".//Choices[@name='answer']")
    assert listed is not None and (listed.get("value"), listed.get("choice")) == ("$options", "single-radio")
    assert several is not None and several.get("choice") == "multiple"
    assert task(EVERY_WAY[3], "u")["data"]["options"] == [{"value": "monthly"}, {"value": "yearly"}]


def test_a_task_is_blind(tmp_path: Path) -> None:
    assert write_projects(EVERY_WAY, tmp_path, "tasks") == {
        "checkbox": 1, "choice_group": 1, "choice_group_several": 1, "choice_typed": 1, "code": 1, "date": 1,
        "signature": 1,
    }  # fmt: skip
    for folder in tmp_path.iterdir():
        for each in json.loads((folder / "tasks.json").read_text()):
            assert set(each) == {"data"}
            assert set(each["data"]) <= {"image", "question", "penfield_task", "options"}
            assert each["data"]["image"].startswith("data:image/png;base64,iVBOR")


def test_pictures_may_lie_beside(tmp_path: Path) -> None:
    write_projects([item("code")], tmp_path, "tasks", images_at="/data/local-files/?d=crowd/")
    (each,) = json.loads((tmp_path / "code" / "tasks.json").read_text())
    assert each["data"]["image"] == "/data/local-files/?d=crowd/code/images/t1.png"
    assert (tmp_path / "code" / "images" / "t1.png").read_bytes() == PNG


def one(exported: dict[str, Any]) -> Entry:
    found = annotations([exported])
    assert not found.complaints and len(found.answers) == 1, found
    return found.answers[0].entry


def test_answers_of_every_kind() -> None:
    assert one(annotated("t", " F757558 ")) == Entry(text="F757558")
    assert one(annotated("t", result=[chosen("monthly", "yearly")])) == Entry(text="monthly|yearly")
    assert one(annotated("t", result=[chosen("yes")])) == Entry(text="yes")
    assert one(annotated("t", result=[chosen("The box is empty")])) == Entry(text="no")
    for reason in ("illegible", "Nobody can read it"):
        assert one(annotated("t", result=[chosen(reason, name="otherwise")])) == Entry(outcome="illegible")


def test_who_when_and_how_long() -> None:
    (answer,) = annotations([annotated("t", "a")]).answers
    assert (answer.worker, answer.seconds, answer.answer_id) == ("3", 4.25, "7")
    assert answer.edition == "2026-11-25T09:00:05.000000Z"
    whole = {"id": 3, "email": "ann@example.org", "first_name": "Ann", "last_name": ""}
    assert annotations([annotated("t", "a", completed_by=whole)]).answers[0].worker == "3"
    assert annotations([annotated("t", "a", completed_by={"email": "ann@x"})]).answers[0].worker == "ann@x"
    assert annotations([annotated("t", "a", lead_time=None)]).answers[0].seconds == 0.0


def test_several_annotators_and_those_who_skip() -> None:
    exported = annotated("t", "a")
    exported["annotations"] += [
        exported["annotations"][0] | {"id": 8, "completed_by": 4, "result": [typed("b")]},
        exported["annotations"][0] | {"id": 9, "completed_by": 5, "result": [], "was_cancelled": True},
    ]
    found = annotations([exported, annotated("u") | {"annotations": []}])
    assert [(answer.worker, answer.entry.text) for answer in found.answers] == [("3", "a"), ("4", "b")]
    assert found.skipped == 1 and not found.complaints


def test_the_flat_export_says_the_same() -> None:
    flat = {
        "image": "x", "question": "Policy number", "penfield_task": "t", "id": 11, "answer": "F757558", "annotator": 3,
        "annotation_id": 7, "created_at": "2026-11-25T09:00:00.000000Z", "updated_at": "2026-11-25T09:00:05.000000Z",
        "lead_time": 4.25,
    }  # fmt: skip
    assert annotations([flat]).answers == annotations([annotated("t", "F757558")]).answers
    several = flat | {"answer": {"choices": ["monthly", "yearly"]}}
    assert annotations([several]).answers[0].entry == Entry(text="monthly|yearly")
    del flat["answer"]
    assert annotations([flat | {"otherwise": "blank"}]).answers[0].entry == Entry(outcome="blank")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"result": []}, "without text"),
        ({"result": [typed("a"), chosen("blank", name="otherwise")]}, "leave one of the two out"),
        ({"result": [chosen("blank", "illegible", name="otherwise")]}, "several reasons"),
        ({"result": [chosen("bored", name="otherwise")]}, "unknown outcome"),
        ({"result": [typed("a") | {"value": {"text": ["a", "b"]}}]}, "several texts"),
        ({"completed_by": None}, "who made it"),
        ({"completed_by": True}, "who made it"),
    ],
)
def test_what_makes_no_sense_is_said_and_the_rest_is_taken(settings: dict[str, Any], why: str) -> None:
    found = annotations([annotated("t", "a", **settings), annotated("u", "b")])
    assert [answer.task_id for answer in found.answers] == ["u"]
    (complaint,) = found.complaints
    assert why in complaint.why and complaint.place == "annotation 7"


def test_tasks_that_are_not_ours_are_refused() -> None:
    strange = annotated("t", "a")
    strange["data"] = {"text": "another project"}
    assert "not one of ours" in annotations([strange]).complaints[0].why


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"[1]", b"\xff\xfe", b'"x"'])
def test_other_files_get_a_clear_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(InputError, match="mend: export the project as JSON"):
        load_annotations(tmp_path / "x.json")
    with pytest.raises(InputError, match="cannot be read"):
        load_annotations(tmp_path / "none.json")
