"""Scanned handwriting: labelled images in an .npz file, or a folder or CSV of a user's own crops."""

import csv
import hashlib
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.alphabet import Alphabet, normal_text
from recognizer.errors import InputError
from training.corpora.arrays import load_arrays
from training.corpora.sample import Corpus, Sample, Split, digest_of, split_of


def image_corpus(path: Path, split: Split, alphabet: Alphabet, longest: int = 110) -> Corpus:
    """Labelled images of one split of an .npz file in the shared data's format; struck-out lines are left out.

    Raises InputError for a file that cannot be read.
    """
    arrays = load_arrays(path, "blob", "offset", "label", "writer")
    blob, offset = arrays[:2]
    labels, writers = [normal_text(str(label)) for label in arrays[2]], [str(writer) for writer in arrays[3]]
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

    people = len({writers[i] for i in chosen})
    prose = tuple(labels[i] for i in chosen)
    return Corpus(name=name, size=len(chosen), draw=sample, digest=digest_of(*arrays), writers=people, prose=prose)


def own_corpus(source: Path, split: Split, alphabet: Alphabet) -> Corpus:
    """A user's own labelled crops: a CSV with columns image, text and optionally writer, or a folder of images.

    In a folder the text of `NAME.png` stands in `NAME.txt`. Without a writer each image counts as its own. Texts that
    the alphabet cannot write are left out.

    Raises:
        InputError: the source is not there, is empty, lacks columns, or names an image or text that cannot be read.
    """
    known = [row for row in own_rows(source) if alphabet.covers(row[1])]
    if not known:
        raise InputError(f"{source}: no text in it consists of characters that the model knows")
    rows = [row for row in known if split_of(f"own/{row[2]}") == split]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        path, text, writer = rows[number]
        try:
            with Image.open(path) as image:
                return Sample(image=np.asarray(image.convert("L")), text=text, writer=writer)
        except OSError as error:
            raise InputError(f"{path} cannot be read as an image: {error}") from error

    name = "own_" + re.sub(r"[^0-9A-Za-z_.-]+", "_", source.stem)
    people = len({writer for _, _, writer in rows})
    prose = tuple(text for _, text, _ in rows)
    return Corpus(name=name, size=len(rows), draw=sample, digest=_digest(known), writers=people, prose=prose)


def own_rows(source: Path) -> list[tuple[Path, str, str]]:
    """(image, text, writer) of a user's own crops. Raises InputError that says what is missing, and where."""
    if source.is_dir():
        rows = [(_image_beside(path), _text(path)) for path in sorted(source.rglob("*.txt"))]
        named = [(image, text, str(image.relative_to(source))) for image, text in rows]
    elif source.is_file():
        named = _listed(source)
    else:
        raise InputError(f"{source} is neither a folder nor a CSV file with columns image,text[,writer]")
    if not named:
        raise InputError(f"{source} holds no labelled crop: NAME.png with NAME.txt beside it, or rows image,text")
    return named


def _listed(source: Path) -> list[tuple[Path, str, str]]:
    rows = []
    reader = csv.DictReader(io.StringIO(_text(source, raw=True)))
    missing = {"image", "text"} - set(reader.fieldnames or ())
    if missing:
        raise InputError(f"{source} lacks the column(s) {', '.join(sorted(missing))}")
    for row in reader:
        image = source.parent / (row["image"] or "")
        if not image.is_file():
            raise InputError(f"{source}: line {reader.line_num}: there is no image {image}")
        rows.append((image, normal_text(row["text"] or ""), row.get("writer") or row["image"]))
    return rows


def _text(path: Path, *, raw: bool = False) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text - mend: save it with the encoding UTF-8") from error
    return text if raw else normal_text(text)


def _image_beside(text: Path) -> Path:
    for suffix in (".png", ".jpg", ".jpeg", ".tif", ".tiff"):
        if (image := text.with_suffix(suffix)).exists():
            return image
    raise InputError(f"{text} has no image of the same name beside it")


def _digest(rows: list[tuple[Path, str, str]]) -> str:
    """Digest of images, texts and writers, wherever they lie."""
    sha = hashlib.sha256()
    for path, text, writer in rows:
        sha.update(f"{hashlib.sha256(path.read_bytes()).hexdigest()}\t{text}\t{writer}\n".encode())
    return sha.hexdigest()[:16]
