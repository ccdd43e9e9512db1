"""A folder for people with a spreadsheet: `tasks.csv` and pictures out, `answers.csv` back in."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from recognizer.errors import InputError, UsageError
from serving.batch.records import harmless, write_whole
from serving.consensus.answer import Entry, Said
from serving.crowds.work import NON_ANSWERS, Answer, Outgoing

CROWD = "csv"
TASK_COLUMNS = ("task", "image", "question", "kind", "hint", "choices")
ANSWER_COLUMNS = ("task", "worker", "answer", "outcome", "seconds")
NEEDED = ("task", "worker", "answer")
MOST_COMPLAINTS = 20
HOW = """Each line of tasks.csv is one question about one picture in images/.

Write one line for each answer into answers.csv:
  task     as in tasks.csv
  worker   a name for the person who answers; the same person, the same name
  answer   what is written, letter by letter; of "choices" one, or several with | between them
  outcome  empty where there is an answer; else one of
{outcomes}
  seconds  how long it took, if you know

Keep columns as text: spreadsheets like to take 0123 for 123 and 1/2 for a date.
"""


def write_folder(items: Sequence[Outgoing], out: Path) -> None:
    """Write tasks.csv, the pictures, an answers.csv with its columns alone (where there is none), and how to do it."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    rows = [list(TASK_COLUMNS)]
    for item in items:
        image = f"images/{item.task_id}.png"
        write_whole(out / image, item.png)
        field = item.definition
        cells = (item.task_id, image, item.label, field.kind, item.hint, "|".join(item.choices))
        rows.append([str(harmless(cell)) for cell in cells])
    write_whole(out / "tasks.csv", _csv(rows))
    outcomes = "\n".join(f"             {name:<12} {words}" for name, words in NON_ANSWERS.items())
    write_whole(out / "HOW.txt", HOW.format(outcomes=outcomes).encode())
    if not (out / "answers.csv").exists():
        write_whole(out / "answers.csv", _csv([list(ANSWER_COLUMNS)]))


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def load_answers(path: Path, known: Iterable[str] | None = None) -> tuple[Answer, ...]:
    """Read answers.csv, with commas, semicolons or tabs. `known`: the tasks that there are.

    Raises InputError that lists every line which makes no sense; then none is taken.
    """
    text = _text(path)
    tasks = None if known is None else frozenset(known)
    answers, complaints = [], []
    for line, cells in _rows(path, text):
        try:
            answers.append(_answer(line, cells, tasks))
        except (UsageError, ValueError) as error:
            complaints.append(f"{path}: line {line}: {error}")
    complaints += _twice(path, answers)
    if complaints:
        more = len(complaints) - MOST_COMPLAINTS
        told = complaints[:MOST_COMPLAINTS] + ([f"{path}: and {more} more"] if more > 0 else [])
        raise InputError("\n".join(told))
    return tuple(answers)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text - mend: save it with the encoding UTF-8") from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="", strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        missing = [name for name in NEEDED if name not in columns]
        unknown = [name for name in columns if name not in ANSWER_COLUMNS]
        if missing or unknown:
            wrong = f"no column {', '.join(missing)}" if missing else f"no such column: {', '.join(unknown)}"
            raise InputError(f"{path}: {wrong} - mend: begin with a line {','.join(ANSWER_COLUMNS)}")
        for cells in reader:
            if None in cells:
                raise InputError(f"{path}: line {reader.line_num}: more cells than columns - mend: quote the answer")
            if any(cell.strip() for cell in cells.values()):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"{path}: after line {reader.line_num}: {error} - mend: are quotes closed?") from error


def _answer(line: int, cells: Mapping[str, str], tasks: frozenset[str] | None) -> Answer:
    told = {name: cells.get(name, "").strip() for name in ANSWER_COLUMNS}
    if not told["task"] or not told["worker"]:
        raise UsageError(f"no {'worker' if told['task'] else 'task'} - mend: say which")
    if tasks is not None and told["task"] not in tasks:
        raise UsageError("no such task was handed out - mend: copy the task from tasks.csv")
    outcome = told["outcome"].lower()
    if outcome and outcome not in get_args(Said):
        raise UsageError(f"no such outcome - mend: leave it empty, or one of {', '.join(NON_ANSWERS)}")
    if not outcome and not told["answer"]:
        raise UsageError("neither an answer nor an outcome - mend: if nothing is written there, its outcome is blank")
    entry = Entry(text=told["answer"], outcome=outcome or "text")  # type: ignore[arg-type]
    return Answer(
        task_id=told["task"],
        worker=told["worker"],
        entry=entry,
        place=f"line {line}",
        seconds=_seconds(told["seconds"]),
    )


def _seconds(text: str) -> float:
    if not text:
        return 0.0
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < 1e6:
        raise UsageError("seconds are no number - mend: a number, or leave it empty")
    return seconds


def _twice(path: Path, answers: Sequence[Answer]) -> list[str]:
    """Whoever answers a task twice, and otherwise, has not answered it."""
    first: dict[tuple[str, str], Answer] = {}
    wrong = []
    for answer in answers:
        before = first.setdefault((answer.task_id, answer.worker), answer)
        if before.entry != answer.entry:
            wrong.append(f"{path}: {answer.place}: this worker answered the task otherwise in {before.place}")
    return wrong
