"""Job and Answer: what an engine is asked about one crop, and what it says. As JSON between processes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Job:
    """One crop to read.

    `image` is a PNG, grey, beside the list of jobs. `kind`, `pattern` and `lexicon` (a file beside it, one entry per
    line) are the field's, `characters` what may stand there ("" for everything), `language` a code of Tesseract's,
    `is_word` whether it is a single word. `trim` is the margin that PP-OCRv6 likes around the ink, as a share of its
    height, None for the crop as it is; `cut_dpi` the resolution of a crop that came from a page, else None.
    """

    id: str
    image: str
    kind: str = "text"
    pattern: str | None = None
    lexicon: str | None = None
    characters: str = ""
    language: str = "eng"
    is_word: bool = False
    trim: float | None = None
    cut_dpi: float | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an engine reads, with its own confidence in [0, 1]; `outcome` other than "text" is a non-answer."""

    text: str
    confidence: float
    outcome: str = "text"


def save_jobs(path: Path, jobs: Sequence[Job]) -> None:
    """Write a list of jobs."""
    path.write_text(json.dumps([asdict(job) for job in jobs], ensure_ascii=False), encoding="utf-8")


def load_jobs(path: Path) -> list[Job]:
    """Read a list of jobs."""
    return [Job(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def save_answers(path: Path, answers: Mapping[str, Answer]) -> None:
    """Write answers by the id of their job."""
    content = {name: asdict(answer) for name, answer in answers.items()}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load_answers(path: Path) -> dict[str, Answer]:
    """Read answers by the id of their job."""
    return {name: Answer(**row) for name, row in json.loads(path.read_text(encoding="utf-8")).items()}
