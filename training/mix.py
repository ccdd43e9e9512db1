"""Which corpora the shipped model learns from, in which proportions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from recognizer.alphabet import Alphabet
from recognizer.errors import InputError
from training.corpora.blank import blank_corpus
from training.corpora.fonts import font_corpus
from training.corpora.glyphs import glyph_corpus, glyph_number_corpus
from training.corpora.images import image_corpus
from training.corpora.mnist import mnist_writers_corpus
from training.corpora.phrases import phrase_corpus
from training.corpora.sample import Corpus, Split, split_of
from training.corpora.strokes import StrokeSet, load_strokes, stroke_corpus
from training.corpora.typed import typed_corpus

Mix = Sequence[tuple[Corpus, float, bool]]
"""(corpus, weight, whether its samples are drawn from strokes)."""

WEIGHTS = {
    "glyphs": 0.18, "mnist_strings": 0.08, "unipen_7": 0.26, "unipen_8": 0.15, "phrases": 0.08, "dhsd": 0.11,
    "copiste": 0.10, "tables_dec": 0.03, "fonts": 0.04, "blank": 0.02,
}  # fmt: skip
NUMBER_WEIGHTS = {
    "mnist_strings": 0.42, "typed": 0.18, "glyph_numbers": 0.18, "fonts": 0.06, "unipen_8": 0.05, "unipen_7": 0.04,
    "tables_dec": 0.03, "dhsd": 0.02, "blank": 0.02,
}  # fmt: skip
"""For the network of numbers, which learns from words only that they are none."""
DRAWN = {"glyphs", "glyph_numbers", "unipen_7", "unipen_8", "phrases", "fonts", "blank"}


def shared_corpora(folder: Path, split: Split, alphabet: Alphabet) -> list[Corpus]:
    """Every corpus of text of the optional shared data folder that is there.

    Raises:
        InputError: there is no such folder, none of the known sets is in it, or one is damaged.
    """
    if not any(folder.glob("*/*.npz")):
        raise InputError(
            f"{folder} is not a folder with training data - mend: it should hold unipen/unipen_7.npz, dhsd/dhsd.npz "
            "and the like; your own labelled crops go with --own"
        )
    corpora = []
    unipen = {path.stem: load_strokes(path) for path in sorted((folder / "unipen").glob("*.npz"))}
    singles = [unipen[name] for name in ("unipen_1a", "unipen_1b", "unipen_1c", "unipen_1d") if name in unipen]
    if singles:
        vocabulary = [
            text for name in ("unipen_7", "unipen_8") if name in unipen for text in texts(unipen[name], split)
        ]
        corpora.append(glyph_corpus(singles, split, vocabulary))
    if "unipen_7" in unipen:
        corpora.append(phrase_corpus(unipen["unipen_7"], split, alphabet))
    corpora += [stroke_corpus(unipen[name], split, alphabet) for name in ("unipen_7", "unipen_8") if name in unipen]
    if (mnist := folder / "mnist_writers/mnist_writers.npz").exists():
        corpora.append(mnist_writers_corpus(mnist, split))
    for name in ("dhsd", "copiste", "tables_dec"):
        if (path := folder / name / f"{name}.npz").exists():
            corpora.append(image_corpus(path, split, alphabet))
    return corpora


def number_corpora(folder: Path, split: Split) -> list[Corpus]:
    """Corpora of the optional shared data folder that only the network of numbers learns from."""
    corpora = []
    if (mnist := folder / "mnist_writers/mnist_writers.npz").exists():
        corpora.append(typed_corpus(mnist, split))
    singles = [folder / f"unipen/unipen_{part}.npz" for part in ("1a", "1d")]
    if all(path.exists() for path in singles):
        corpora.append(glyph_number_corpus([load_strokes(path) for path in singles], split))
    return corpora


def texts(strokes: StrokeSet, split: Split, longest: int = 40) -> list[str]:
    """What the writers of a split wrote, as often as they did."""
    pairs = zip(strokes.labels, strokes.writers, strict=True)
    return [text for text, writer in pairs if 0 < len(text) <= longest and split_of(writer) == split]


def drawn_corpora(split: Split) -> list[Corpus]:
    """The corpora that need no data at all."""
    return [font_corpus(split), blank_corpus(split)]


def weighted(corpora: Sequence[Corpus], weights: Mapping[str, float] = WEIGHTS) -> Mix:
    """Corpora with the weights of the shipped model; one that no mix knows counts as a tenth."""
    known = {*WEIGHTS, *NUMBER_WEIGHTS} - set(weights)
    counted = [corpus for corpus in corpora if corpus.name not in known]
    return [(corpus, weights.get(corpus.name, 0.1), corpus.name in DRAWN) for corpus in counted]
