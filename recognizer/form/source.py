"""The YAML text of a form definition, as plain data that remembers its line numbers."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from recognizer.errors import FormError, InputError
from recognizer.form.complaint import Complaint, Place

MAX_BYTES = 1_000_000
MAX_VALUES = 50_000
"""Counted with every alias written out, so that a few lines of nested aliases cannot fill the memory."""
MAX_DEPTH = 12

PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))


@dataclass(kw_only=True)
class Source:
    """A definition as it stands in its file.

    `data` are dicts, lists and scalars; `lines` the line of every setting, counted from 1; `complaints` what YAML
    alone shows to be wrong, such as a key that is there twice.
    """

    path: Path
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a setting or, where it is missing, of what it should stand in."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_source(path: Path) -> Source:
    """Read a definition. Raises InputError where there is no such file, FormError where it is not usable YAML."""
    text = _text(path)
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # YAML allows it
            root = yaml.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FormError(f"{path}:{line}: not valid YAML: {error.problem} - mend: correct this line's syntax") from error
    except (YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FormError(f"{path}:1: not valid YAML: {reason[:200]} - mend: write it as plain YAML") from error
    if root is None:
        raise FormError(f"{path}:1: the file is empty - mend: start from the example in docs/FORMS.md")
    source = Source(path=path)
    source.data = _Walk(source, yaml.constructor).value(root, ())
    return source


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror} - mend: name a form definition (YAML)") from error
    if len(data) > MAX_BYTES:
        raise FormError(f"{path}:1: larger than {MAX_BYTES:,} bytes - mend: is this a form definition?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FormError(f"{path}:{line}: not UTF-8 text - mend: save the file with the encoding UTF-8") from error


class _Walk:
    """Turns a tree of YAML nodes into plain data; `place` is the way from the root."""

    def __init__(self, source: Source, constructor: Any) -> None:
        self.source = source
        self.constructor = constructor
        self.count = 0

    def value(self, node: Node, place: Place) -> Any:
        self.count += 1
        if self.count > MAX_VALUES or len(place) > MAX_DEPTH:
            raise FormError(
                f"{self.source.path}:{node.start_mark.line + 1}: too many values or too deeply nested "
                f"(aliases count as often as they are used) - mend: write the settings out without anchors"
            )
        self.source.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            here, line = (*place, key), key_node.start_mark.line + 1
            if key in found:
                what = f"is there twice, in lines {self.source.lines[here]} and {line}"
                self.source.complaints.append(Complaint(place=here, what=what, mend="keep one of the two"))
                continue
            self.source.lines[here] = line
            found[key] = self.value(value_node, here)
        return found

    def _scalar(self, node: Node, place: Place) -> Any:
        if str(node.tag) in PLAIN:
            try:
                return self.constructor.construct_object(node)
            except (YAMLError, ValueError, OverflowError):
                pass
        what = f"the value {str(node.value)[:40]!r} is not plain text, a number or a date"
        self.source.complaints.append(Complaint(place=place, what=what, mend="put it in quotes, without a tag"))
        return str(node.value)
