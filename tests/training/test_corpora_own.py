"""A user's own crops: read, split by writer, and explained where they are wrong."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from recognizer.errors import InputError
from tests.training.specimens import drawn, rng
from training.corpora.images import own_corpus

ALPHABET = Alphabet()
SPLITS = ("train", "tune", "test")


def own(folder: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = ("image", "text", "writer")) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        if row["image"].endswith(".png"):
            cv2.imwrite(str(folder / row["image"]), np.full((30, 80), 200, np.uint8))
    with (folder / "my crops.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return folder / "my crops.csv"


def test_own_crops_from_a_csv_split_by_writer(tmp_path: Path) -> None:
    rows = [{"image": f"{i}.png", "text": f"No {i}", "writer": f"w{i % 30}"} for i in range(60)]
    path = own(tmp_path, rows)
    corpora = {split: own_corpus(path, split, ALPHABET) for split in SPLITS}
    assert sum(corpus.size for corpus in corpora.values()) == 60
    assert len({corpus.digest for corpus in corpora.values()}) == 1
    assert {corpus.name for corpus in corpora.values()} == {"own_my_crops"}
    people = {split: {s.writer for s in drawn(c, c.size)} for split, c in corpora.items() if c.size}
    assert sum(len(names) for names in people.values()) == 30


def test_own_crops_moved_elsewhere_are_the_same_and_changed_ones_are_not(tmp_path: Path) -> None:
    rows = [{"image": f"{i}.png", "text": f"No {i}"} for i in range(20)]
    here, there = (own(tmp_path / name, rows, ("image", "text")) for name in ("here", "there"))
    one, other = (own_corpus(path, "train", ALPHABET) for path in (here, there))
    assert (one.digest, one.size) == (other.digest, other.size)
    cv2.imwrite(str(there.parent / "3.png"), np.full((30, 80), 100, np.uint8))
    assert own_corpus(there, "train", ALPHABET).digest != one.digest


def test_own_crops_from_a_folder(tmp_path: Path) -> None:
    for i in range(20):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((30, 80), 200, np.uint8))
        (tmp_path / f"{i}.txt").write_text(f" No  {i}\n")
    corpora = [own_corpus(tmp_path, split, ALPHABET) for split in SPLITS]
    texts = [s.text for corpus in corpora if corpus.size for s in drawn(corpus, corpus.size)]
    assert sorted(texts) == sorted(f"No {i}" for i in range(20))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,word\n1.png,a\n", "lacks the column.* text"),
        ("image,text\nmissing.png,a\n", r"line 2: there is no image .*missing\.png"),
        ("image,text\n,a\n", "line 2: there is no image"),
        ("image,text\n", "holds no labelled crop"),
        ("", "lacks the column"),
    ],
)
def test_a_wrong_list_is_explained(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        own_corpus(tmp_path / "list.csv", "train", ALPHABET)


def test_wrong_sources_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a folder nor a CSV"):
        own_corpus(tmp_path / "nowhere", "train", ALPHABET)
    with pytest.raises(InputError, match="holds no labelled crop"):
        own_corpus(tmp_path, "train", ALPHABET)
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(InputError, match="no image of the same name"):
        own_corpus(tmp_path, "train", ALPHABET)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 9), np.uint8))
    (tmp_path / "a.txt").write_bytes("Zoë".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        own_corpus(tmp_path, "train", ALPHABET)
    (tmp_path / "a.txt").write_text("Ωμέγα")
    with pytest.raises(InputError, match="characters that the model knows"):
        own_corpus(tmp_path, "train", ALPHABET)


def test_a_file_that_is_no_image_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    (tmp_path / "a.txt").write_text("text")
    (corpus,) = [c for c in (own_corpus(tmp_path, split, ALPHABET) for split in SPLITS) if c.size]
    with pytest.raises(InputError, match=r"a\.png cannot be read as an image"):
        corpus.draw(0, rng())
