"""The fields that all engines are shown: of the optional shared data folder, by writers of the test split."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.peers.job import Job
from recognizer.alphabet import Alphabet, normal_text
from recognizer.form import load_form
from recognizer.page import Page
from recognizer.prepare import Preparer
from training.corpora.images import image_corpus
from training.corpora.mnist import mnist_writers_corpus
from training.corpora.sample import Corpus
from training.corpora.strokes import load_strokes, stroke_corpus

SEED = 20261124
DIGITS = "0123456789"
NIST_FORM = Path(__file__).resolve().parents[2] / "data" / "forms" / "nist_hsf.yaml"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table: jobs with what is really written there and by whom."""

    name: str
    title: str
    jobs: tuple[Job, ...]
    texts: tuple[str, ...]
    writers: tuple[str, ...]


def draw_rows(data: Path, folder: Path, share: float = 1.0) -> list[Row]:
    """Draw all rows and write their crops as PNG files into `folder`; `share` of the samples, at least 20 a row.

    Raises:
        InputError: a set is missing or damaged.
    """
    (folder / "crops").mkdir(parents=True, exist_ok=True)
    alphabet = Alphabet()

    def row(corpus: Corpus, title: str, most: int, **asked: object) -> Row:
        return draw_row(corpus, title, folder, min(most, max(20, round(share * most))), **asked)

    digits = mnist_writers_corpus(data / "mnist_writers/mnist_writers.npz", "test")
    streets = image_corpus(data / "dhsd/dhsd.npz", "test", alphabet)
    words, texts = (load_strokes(data / f"unipen/unipen_{part}.npz") for part in "78")
    french = image_corpus(data / "copiste/copiste.npz", "test", alphabet)
    # None of the register's few pages falls into the test split.
    cells = image_corpus(data / "tables_dec/tables_dec.npz", "tune", alphabet)
    street_row = row(streets, "street names", streets.size, language="deu", trim=0.05)
    # Each `trim` is the best for PP-OCRv6 of 0.05, 0.15, 0.3 and none, on writers of the tune split.
    return [
        row(
            digits,
            "strings of 1-10 MNIST test digits",
            1000,
            kind="digits",
            pattern=r"\d{1,10}",
            characters=DIGITS,
            trim=0.3,
        ),
        street_row,
        with_lexicon(street_row, street_names(data), folder),
        row(stroke_corpus(words, "test", alphabet), "English words (unipen 7)", 1000, is_word=True, trim=0.3),
        row(stroke_corpus(texts, "test", alphabet), "names, addresses, amounts (unipen 8)", 1000, trim=0.15),
        row(french, "French lines (copiste)", french.size, language="fra"),
        row(cells, "register cells (tables_dec, tune split)", cells.size, language="deu"),
        *page_rows(data / "forms/nist_hsf", folder),
    ]


def draw_row(corpus: Corpus, title: str, folder: Path, count: int, **asked: object) -> Row:
    """Draw `count` samples of a corpus, all of them different where there are as many."""
    rng = np.random.default_rng(SEED)
    name, jobs, samples = corpus.name, [], []
    for i in rng.permutation(corpus.size)[:count]:
        samples.append(corpus.draw(int(i), rng))
        image = f"crops/{name}-{i}.png"
        Image.fromarray(samples[-1].image).save(folder / image)
        jobs.append(Job(id=f"{name}/{i}", image=image, **asked))  # type: ignore[arg-type]
    return Row(
        name=name,
        title=title,
        jobs=tuple(jobs),
        texts=tuple(sample.text for sample in samples),
        writers=tuple(sample.writer for sample in samples),
    )


def street_names(data: Path) -> list[str]:
    """Every name of the set, whoever wrote it."""
    with np.load(data / "dhsd/dhsd.npz", allow_pickle=False) as file:
        return sorted({normal_text(str(label)) for label in file["label"]} - {""})


def with_lexicon(row: Row, entries: Sequence[str], folder: Path) -> Row:
    """The same crops, read with a lexicon."""
    name = f"{row.name}_lexicon"
    (folder / f"{name}.txt").write_text("\n".join(entries) + "\n", encoding="utf-8")
    jobs = tuple(replace(job, id=f"{name}/{job.id}", lexicon=f"{name}.txt") for job in row.jobs)
    return replace(row, name=name, title=f"{row.title}, lexicon of {len(entries):,}", jobs=jobs)


def page_rows(page: Path, folder: Path) -> list[Row]:
    """The boxes of NIST's page as Penfield cuts them: 28 of digits, two of an alphabet."""
    form = load_form(NIST_FORM)
    with Image.open(page / "page.png") as image:
        scanned = Page(image=np.asarray(image.convert("L")), scan_digest="nist_hsf", page_no=1, dpi=300)
    values = json.loads((page / "truth.json").read_text(encoding="utf-8"))["rows"]
    truth = {f"r{r}c{c}": value for r, line in enumerate(values, 1) for c, value in enumerate(line, 1)}
    crops = [crop for crop in Preparer([form])(scanned).crops if crop.field.name in truth]
    rows = []
    for name, title, wanted in (
        ("nist_digits", "NIST's page, digit boxes", True),
        ("nist_letters", "NIST's page, alphabets", False),
    ):
        chosen = [crop for crop in crops if truth[crop.field.name].isdigit() == wanted]
        jobs = []
        for crop in chosen:
            path = f"crops/nist-{crop.field.name}.png"
            Image.fromarray(crop.image).save(folder / path)
            jobs.append(Job(id=f"{name}/{crop.field.name}", image=path, kind=crop.field.kind, cut_dpi=crop.dpi,
                            pattern=crop.field.pattern, characters=characters_of(truth[crop.field.name])))  # fmt: skip
        texts = tuple(truth[crop.field.name] for crop in chosen)
        rows.append(Row(name=name, title=title, jobs=tuple(jobs), texts=texts, writers=("one",) * len(jobs)))
    return rows


def characters_of(text: str) -> str:
    """The whitelist that a field of this text would have: digits, or the letters of its case."""
    if text.isdigit():
        return DIGITS
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters.upper() if text.isupper() else letters
