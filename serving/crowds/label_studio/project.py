"""What goes to Label Studio: tasks, and a labelling configuration for each way to answer. See https://labelstud.io/tags."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from serving.batch.records import write_whole
from serving.crowds.work import NON_ANSWERS, Outgoing

CROWD = "label-studio"
TASK = "penfield_task"
ANSWER, OTHERWISE = "answer", "otherwise"
MARKED = {"yes": "The box is marked", "no": "The box is empty", "signed": "Somebody signed"}


def project_of(item: Outgoing) -> str:
    """The project that a question belongs to: one for each way to answer, since a project has one configuration."""
    kind = item.definition.kind
    if item.choices and kind not in ("checkbox", "signature"):
        return f"{kind}_several" if item.definition.multiple else kind
    return f"{kind}_typed" if kind == "choice" else kind


def configuration(item: Outgoing) -> str:
    """The labelling configuration of a question's project, XML."""
    kind = item.definition.kind
    choice = "multiple" if item.definition.multiple else "single-radio"
    if not item.choices:
        answer = (
            f'    <TextArea name="{ANSWER}" toName="image" rows="1" maxSubmissions="1" editable="true"\n'
            '      required="true" requiredMessage="Type what is written, or choose below why you cannot"\n'
            f"      placeholder={quoteattr(f'{item.hint}; then Enter')}/>"
        )
    elif kind in ("checkbox", "signature"):
        listed = "".join(f"\n      <Choice value={quoteattr(MARKED[v])} alias={quoteattr(v)}/>" for v in item.choices)
        answer = (
            f'    <Choices name="{ANSWER}" toName="image" choice="single-radio" required="true"\n'
            f'      requiredMessage="Choose one, or choose below why you cannot">{listed}\n    </Choices>'
        )
    else:
        answer = (
            f'    <Choices name="{ANSWER}" toName="image" value="$options" choice="{choice}" required="true"\n'
            '      requiredMessage="Choose, or choose below why you cannot"/>'
        )
    otherwise = "".join(
        f"\n    <Choice value={quoteattr(words)} alias={quoteattr(name)}/>"
        for name, words in NON_ANSWERS.items()
        if (kind, name) != ("checkbox", "blank")  # that is what "no" says
    )
    return (
        "<View>\n"
        '  <Header value="$question" size="4"/>\n'
        '  <Image name="image" value="$image" zoom="true" zoomControl="true" rotateControl="true"/>\n'
        f'  <View visibleWhen="choice-unselected" whenTagName="{OTHERWISE}">\n{answer}\n  </View>\n'
        f'  <Choices name="{OTHERWISE}" toName="image" choice="single" showInline="true">{otherwise}\n'
        "  </Choices>\n</View>\n"
    )


def task(item: Outgoing, image: str) -> dict[str, Any]:
    """A task as Label Studio imports it; `image` is a URL or a data URI. It holds no reading and no purpose."""
    data: dict[str, Any] = {"image": image, "question": f"{item.label}: {item.hint}", TASK: item.task_id}
    if item.choices:
        data["options"] = [{"value": value} for value in item.choices]
    return {"data": data}


def data_uri(png: bytes) -> str:
    """A picture that needs no place to lie."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def write_projects(items: Iterable[Outgoing], out: Path, name: str, images_at: str | None = None) -> dict[str, int]:
    """Write `PROJECT/NAME.json` and `PROJECT/labelling-config.xml` for each way to answer; gives tasks per project.

    Pictures lie in the tasks, or, where `images_at` says under which address they will be served, in `images/`.
    """
    projects: dict[str, list[Outgoing]] = defaultdict(list)
    for item in items:
        projects[project_of(item)].append(item)
    for project, those in projects.items():
        folder = out / project
        folder.mkdir(parents=True, exist_ok=True)
        tasks = [task(item, _image(item, folder, images_at)) for item in those]
        write_whole(folder / f"{name}.json", json.dumps(tasks, ensure_ascii=False, indent=1).encode())
        write_whole(folder / "labelling-config.xml", configuration(those[0]).encode())
    return {project: len(those) for project, those in sorted(projects.items())}


def _image(item: Outgoing, folder: Path, images_at: str | None) -> str:
    if images_at is None:
        return data_uri(item.png)
    path = Path("images") / f"{item.task_id}.png"
    (folder / "images").mkdir(exist_ok=True)
    write_whole(folder / path, item.png)
    return f"{images_at.rstrip('/')}/{folder.name}/{path.as_posix()}"
