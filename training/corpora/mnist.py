"""MNIST and EMNIST: from the shared data's file with writers, or through torchvision where they can be fetched."""

from pathlib import Path

import numpy as np

from recognizer.errors import InputError
from training.corpora.arrays import load_arrays
from training.corpora.glyphs import digit_image_corpus
from training.corpora.sample import Corpus, Split, split_of


def mnist_writers_corpus(path: Path, split: Split, size: int = 60_000) -> Corpus:
    """Digit strings of one NIST writer each. MNIST's own test set is `test`; a tenth of its writers are `tune`."""
    part = "test" if split == "test" else "train"
    images, labels, writers = load_arrays(path, f"{part}_x", f"{part}_y", f"{part}_writer")
    if split != "test":
        tuned = {int(w) for w in np.unique(writers) if split_of(f"mnist/{w}") == "tune"}
        chosen = np.isin(writers, list(tuned)) == (split == "tune")
        images, labels, writers = images[chosen], labels[chosen], writers[chosen]
    return digit_image_corpus(images, labels, writers, "mnist_strings", size)


def torchvision_corpus(name: str, folder: Path, split: Split, size: int = 60_000) -> Corpus:
    """Digit strings of "mnist" or "emnist" (digits) through torchvision, downloaded into `folder` if need be.

    These sets do not name their writers: a pseudo-writer is 200 consecutive samples, which EMNIST and MNIST keep
    roughly by writer.

    Raises:
        InputError: the files are neither in the folder nor can they be fetched.
    """
    from training.vision import load_torchvision

    datasets = load_torchvision("datasets")
    try:
        if name == "mnist":
            data = datasets.MNIST(folder, train=split != "test", download=True)
        else:
            data = datasets.EMNIST(folder, split="digits", train=split != "test", download=True)
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"{name} is not in {folder} and could not be fetched ({error}). On a machine without internet access put "
            f"torchvision's raw files into {folder / name.upper() / 'raw'}, or train without --{name}."
        ) from error
    images, labels = data.data.numpy(), data.targets.numpy()
    if name == "emnist":
        images = images.transpose(0, 2, 1)  # EMNIST stores its images mirrored along the diagonal
    writers = np.arange(len(images)) // 200
    if split != "test":
        chosen = np.array([split_of(f"{name}/{w}") == split for w in range(writers[-1] + 1)])[writers]
        images, labels, writers = images[chosen], labels[chosen], writers[chosen]
    return digit_image_corpus(images, labels, writers, name, size)
