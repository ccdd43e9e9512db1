"""What the documents say of the house is true."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import grimp
import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from recognizer import errors
from serving.commands.told import EXIT_CODES, INTERRUPTED
from training.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def rooms() -> dict[str, str]:
    """Module to room, from the table."""
    rows = re.findall(r"^\| (\w+) \| (`(?:recognizer|serving|training)[^|]*) \|", ARCHITECTURE, re.MULTILINE)
    return {module: room for room, modules in rows for module in re.findall(r"`([\w.]+)`", modules)}


def arrows() -> set[tuple[str, str]]:
    """Room to room, from the diagram."""
    lines = re.findall(r"^    (\w+) --> ([\w &]+)$", ARCHITECTURE, re.MULTILINE)
    return {(room, other) for room, others in lines for other in others.split(" & ")}


def room_of(module: str) -> str | None:
    named = rooms()
    while module and module not in named:
        module = module.rpartition(".")[0]
    return named.get(module)


@cache
def imports() -> frozenset[tuple[str, str]]:
    graph = grimp.build_graph("recognizer", "serving", "training", cache_dir=None)
    return frozenset((m, other) for m in graph.modules for other in graph.find_modules_directly_imported_by(m))


def reachable(start: str) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        here = waiting.pop()
        new = {other for room, other in arrows() if room == here} - found
        found |= new
        waiting += new
    return found


def test_every_module_has_a_room_and_every_room_its_modules() -> None:
    files = [
        path.relative_to(ROOT)
        for floor in ("recognizer", "serving", "training")
        for path in (ROOT / floor).rglob("*.py")
    ]
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}
    assert {m for m in modules if room_of(m) is None} == {"recognizer", "serving", "training"}
    assert set(rooms()) <= modules
    assert set(rooms().values()) == {room for arrow in arrows() for room in arrow}


def test_every_arrow_of_the_diagram_is_an_import() -> None:
    real = {(room_of(module), room_of(other)) for module, other in imports()}
    assert arrows() <= real


def test_no_import_goes_against_the_diagram() -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in sorted(imports())
        if room_of(module) and room_of(other) and room_of(module) != room_of(other)
        and room_of(other) not in reachable(room_of(module) or "")
    ]  # fmt: skip
    assert wrong == []
    assert [room for room in set(rooms().values()) if room in reachable(room)] == []


def command_at(words: list[str]) -> tuple[object, list[str]]:
    """The command that the words name, and the words that are left."""
    command: object = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]  # type: ignore[attr-defined]
    return command, words


def told_commands(document: str) -> list[list[str]]:
    """The words of every command of ours in the document's blocks and between backquotes."""
    blocks = re.findall(r"```(?:bash|sh|console)?\n(.*?)```", document, re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"`((?:penfield|make) [^`]+)`", document)
    return [shlex.split(line, comments=True) for line in lines if re.match("(penfield|make) ", line)]


@pytest.mark.parametrize("document", ["README.md", "docs/FORMS.md", "docs/ARCHITECTURE.md", "CHANGELOG.md"])
def test_every_command_that_is_told_exists(document: str) -> None:
    for words in told_commands((ROOT / document).read_text(encoding="utf-8")):
        if words[0] == "penfield":
            command, rest = command_at(words[1:])
            known = {"--help"} | {option for param in command.params for option in param.opts}  # type: ignore[attr-defined]
            assert not hasattr(command, "commands") or not rest or rest[0].startswith("-"), words
            assert {word for word in rest if word.startswith("--")} <= known, words
        if words[0] == "make":
            for target in [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)]:
                assert has_target(target), words


def has_target(name: str) -> bool:
    if name.startswith("bench-"):
        return (ROOT / "benchmarks" / f"{name.removeprefix('bench-').replace('-', '_')}.py").exists()
    return re.search(rf"^{name}:", MAKEFILE, re.MULTILINE) is not None


def test_make_names_every_target() -> None:
    told = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert {"setup", "demo", "test", "check", "recognize", "ui", "train"} <= set(targets)
    assert not [target for target in targets if f"make {target} " not in told]
    assert "make bench-alignment" in told


def test_links_lead_somewhere() -> None:
    for document in ("README.md", "docs/ARCHITECTURE.md", "docs/FORMS.md", "docs/GLOSSARY.md"):
        text, folder = (ROOT / document).read_text(encoding="utf-8"), (ROOT / document).parent
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert link.startswith("http") or (folder / link).exists(), f"{document}: {link}"
        for path in re.findall(r"`((?:data|docs|serving|training|tests|benchmarks)/[\w/.-]+)`", text):
            assert (ROOT / path).exists(), f"{document}: {path}"


def test_the_picture_is_small_enough() -> None:
    assert 20_000 < (ROOT / "docs" / "images" / "page.png").stat().st_size < 300_000


def test_exit_codes_are_documented() -> None:
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    for code in codes | {0, 7, INTERRUPTED}:
        assert re.search(rf"^\| {code} \|", README, re.MULTILINE), f"README: exit code {code}"
        assert re.search(rf"\b{code} [\w-]", EXIT_CODES), f"--help: exit code {code}"


def test_columns_are_documented() -> None:
    from serving.batch.records import FIXED
    from serving.intake.field_list import ANSWERS, REQUIRED
    from serving.ledger.frames import PREDICTION_COLUMNS

    for name in (*FIXED, *REQUIRED, *ANSWERS, *PREDICTION_COLUMNS):
        assert f"`{name}`" in README, name


def needed(requirements: list[str]) -> set[str]:
    """The names of all installed packages that these need, directly or not."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        asked = waiting.pop()
        name, extras = canonicalize_name(asked.name), {"", *asked.extras}
        if extras <= found.get(name, set()):
            continue
        found[name] = found.get(name, set()) | extras
        try:
            inner = [Requirement(text) for text in distribution(name).requires or ()]
        except PackageNotFoundError:  # an extra that is not installed here
            continue
        waiting += [r for r in inner if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in found[name])]
    return set(found)


OF_RAPIDOCR = {"colorlog", "omegaconf", "pyclipper", "shapely", "tqdm"}
"""What the extra `peer` pulls in: pinned, but not found where it is not installed."""


def test_everything_needed_is_pinned_and_nothing_else() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    pins = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    extras = [text for group in PROJECT["optional-dependencies"].values() for text in group]
    assert needed(PROJECT["dependencies"] + extras) - set(pins) == set()
    assert set(pins) - needed(PROJECT["dependencies"] + extras) - {"psycopg-binary"} - OF_RAPIDOCR == set()


def setup_with(folder: Path, python: str) -> str:
    """What `make setup` says in a checkout of its own, with a python that this script stands in for."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    stand_in = folder / "python"
    stand_in.write_text(f"#!/bin/sh\n{python}\n")
    stand_in.chmod(0o755)
    done = subprocess.run(["make", "setup", f"PYTHON={stand_in}"], cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0 and not (folder / ".venv").exists()
    return done.stdout


def test_setup_says_what_is_missing(tmp_path: Path) -> None:
    assert "needs Python 3.11 or newer" in setup_with(tmp_path, "exit 1")
    assert "apt-get install -y python3-venv" in setup_with(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')


def test_ci_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    commands = script.read_text().splitlines()
    assert os.access(script, os.X_OK)
    assert {"make test", "make check"} <= set(commands)
    assert "make demo" in README and "make test" in README


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()
