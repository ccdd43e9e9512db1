"""Scanned handwriting: labelled images in an .npz file, or a folder or CSV of a user's own crops."""

import csv
import io
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.alphabet import Alphabet, normal_text
from recognizer.errors import InputError
from training.corpora.sample import Corpus, Sample, Split, digest_of, split_of


def image_corpus(path: Path, split: Split, alphabet: Alphabet, longest: int = 110) -> Corpus:
    """Labelled images of one split of an .npz file in the shared data's format; struck-out lines are left out."""
    with np.load(path, allow_pickle=False) as file:
        blob, offset = file["blob"], file["offset"]
        labels = [normal_text(str(label)) for label in file["label"]]
        writers = [str(writer) for writer in file["writer"]]
    name = path.stem
    chosen = [
        i
        for i, (text, writer) in enumerate(zip(labels, writers, strict=True))
        if text
        and len(text) <= longest
        and alphabet.covers(text)
        and not (">" in text and "<" in text)  # the sets' sign for words struck out
        and split_of(f"{name}/{writer}") == split
    ]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        i = chosen[number]
        with Image.open(io.BytesIO(blob[offset[i] : offset[i + 1]].tobytes())) as image:
            return Sample(image=np.asarray(image.convert("L")), text=labels[i], writer=writers[i])

    digest, people = digest_of(blob), len({writers[i] for i in chosen})
    return Corpus(name=name, size=len(chosen), draw=sample, digest=digest, writers=people)


def own_corpus(source: Path, split: Split, alphabet: Alphabet) -> Corpus:
    """A user's own labelled crops: a CSV with columns image, text and optionally writer, or a folder of images.

    In a folder the text of `NAME.png` stands in `NAME.txt`. Without a writer each image counts as its own.

    Raises:
        InputError: the source is not there, lacks columns, or names an image or text that cannot be read.
    """
    rows = [row for row in own_rows(source) if split_of(f"own/{row[2]}") == split and alphabet.covers(row[1])]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        path, text, writer = rows[number]
        try:
            with Image.open(path) as image:
                return Sample(image=np.asarray(image.convert("L")), text=text, writer=writer)
        except OSError as error:
            raise InputError(f"{path} cannot be read as an image: {error}") from error

    content = np.frombuffer("\0".join(f"{p}\t{t}\t{w}" for p, t, w in rows).encode(), np.uint8)
    people = len({writer for _, _, writer in rows})
    return Corpus(name=source.stem, size=len(rows), draw=sample, digest=digest_of(content), writers=people)


def own_rows(source: Path) -> list[tuple[Path, str, str]]:
    """(image, text, writer) of a user's own crops. Raises InputError with what is missing."""
    if source.is_dir():
        texts = sorted(source.rglob("*.txt"))
        pairs = [(_image_beside(path), path) for path in texts]
        return [(image, normal_text(text.read_text("utf-8")), str(image)) for image, text in pairs]
    if not source.is_file():
        raise InputError(f"{source} is neither a folder nor a CSV file with columns image,text[,writer]")
    with source.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"image", "text"} - set(reader.fieldnames or ())
        if missing:
            raise InputError(f"{source} lacks the column(s) {', '.join(sorted(missing))}")
        return [
            (source.parent / row["image"], normal_text(row["text"]), row.get("writer") or row["image"])
            for row in reader
        ]


def _image_beside(text: Path) -> Path:
    for suffix in (".png", ".jpg", ".jpeg", ".tif", ".tiff"):
        if (image := text.with_suffix(suffix)).exists():
            return image
    raise InputError(f"{text} has no image of the same name beside it")
