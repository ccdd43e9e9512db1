"""Field values composed of one writer's single characters: digit strings, dates, codes, alphabets."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from training.corpora import grammar
from training.corpora.sample import Corpus, Sample, Split, digest_of, split_of
from training.corpora.strokes import Stroke, StrokeSet, draw, transform

Writer = dict[str, list[Callable[[], list[Stroke]]]]

# (top, bottom) of a character between the top of the capitals (0) and the base line (1)
PLACES = {
    **dict.fromkeys("acemnorsuvwxz", (0.42, 1.0)),
    **dict.fromkeys("gpqy", (0.42, 1.4)),
    "j": (0.15, 1.4), "t": (0.12, 1.0), "i": (0.12, 1.0), ",": (0.88, 1.2), ".": (0.92, 1.0), "-": (0.52, 0.58),
    "_": (1.02, 1.08), "'": (0.0, 0.25), '"': (0.0, 0.25), "=": (0.42, 0.7), "+": (0.3, 0.85), ":": (0.45, 1.0),
    ";": (0.45, 1.2), "~": (0.45, 0.6), "^": (0.0, 0.25), "`": (0.0, 0.2), "*": (0.1, 0.55), "<": (0.25, 0.9),
    ">": (0.25, 0.9), "(": (-0.05, 1.1), ")": (-0.05, 1.1), "/": (-0.05, 1.08), "$": (-0.08, 1.08),
}  # fmt: skip
WORD_SHARE = 0.3
WIDEST = {"-": 0.5, "_": 0.7, "=": 0.6, "~": 0.6}


def compose(text: str, writer: Writer, rng: np.random.Generator) -> list[Stroke]:
    """Set a text from one writer's characters, with uneven size, base line and gaps. Capitals are 1 high."""
    gap = rng.normal(0.24, 0.13)
    unevenness = abs(rng.normal(0, 0.06))
    pen, strokes = 0.0, []
    for char in text:
        if char == " ":
            pen += rng.uniform(0.35, 0.9)
            continue
        glyph = writer[char][int(rng.integers(len(writer[char])))]()
        top, bottom = PLACES.get(char, (0.0, 1.0))
        extent = np.concatenate(glyph).max(axis=0) + 1e-3
        scale = (bottom - top) * np.exp(rng.normal(0, unevenness + 0.02)) / extent[1]
        scale = min(scale, WIDEST.get(char, 1.1) / extent[0])
        height = extent[1] * scale
        middle = (top + bottom) / 2 + rng.normal(0, unevenness)
        offset = np.array(
            [pen, middle - height / 2 if char in WIDEST else bottom - height + middle - (top + bottom) / 2]
        )
        strokes += [(stroke * scale + offset).astype(np.float32) for stroke in glyph]
        pen += extent[0] * scale + max(gap + rng.normal(0, 0.06), -0.08)
    return strokes


def glyph_corpus(
    sets: Sequence[StrokeSet], split: Split, vocabulary: Sequence[str] = (), size: int = 100_000
) -> Corpus:
    """Texts of random grammars and of a vocabulary, each composed of the characters of one writer of the split.

    Writers count who wrote every digit; without any the corpus is empty.
    """

    def text(rng: np.random.Generator) -> str:
        is_word = vocabulary and rng.random() < WORD_SHARE
        return vocabulary[int(rng.integers(len(vocabulary)))] if is_word else grammar.random_text(rng)

    return _composed("glyphs", sets, split, text, size)


def glyph_number_corpus(sets: Sequence[StrokeSet], split: Split, size: int = 100_000) -> Corpus:
    """The same of the grammars of numbers alone."""
    return _composed("glyph_numbers", sets, split, grammar.random_number, size)


def _composed(
    corpus: str, sets: Sequence[StrokeSet], split: Split, text_of: Callable[[np.random.Generator], str], size: int
) -> Corpus:
    writers = _writers(sets, split)
    names = sorted(name for name, glyphs in writers.items() if sum(d in glyphs for d in "0123456789") == 10)

    def sample(number: int, rng: np.random.Generator) -> Sample:
        name = names[int(rng.integers(len(names)))]
        for _ in range(20):
            text = text_of(rng)
            if all(char == " " or char in writers[name] for char in text):
                break
        else:
            text = grammar.digits(rng)
        strokes = [stroke * 100 for stroke in compose(text, writers[name], rng)]
        return Sample(image=draw(transform(strokes, rng), rng), text=text, writer=name)

    digest = digest_of(np.frombuffer("".join(s.digest for s in sets).encode(), np.uint8))
    return Corpus(name=corpus, size=size if names else 0, draw=sample, digest=digest, writers=len(names))


def _writers(sets: Sequence[StrokeSet], split: Split) -> dict[str, Writer]:
    writers: dict[str, Writer] = defaultdict(lambda: defaultdict(list))
    for strokes in sets:
        for i, (label, writer) in enumerate(zip(strokes.labels, strokes.writers, strict=True)):
            if split_of(writer) == split and len(label) == 1:
                writers[writer][label].append(lambda s=strokes, i=i: s.strokes(i))  # type: ignore[misc]
    return writers


def digit_image_corpus(images: np.ndarray, labels: np.ndarray, writers: np.ndarray, name: str, size: int) -> Corpus:
    """Strings of 1 to 10 digit images, each of one writer, as MNIST has them: (n, 28, 28) uint8, ink light."""
    digest = digest_of(images, labels, writers)
    by_writer = {int(w): np.flatnonzero(writers == w) for w in np.unique(writers)}
    people = [w for w, chosen in by_writer.items() if len(chosen) >= 10]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        writer = people[int(rng.integers(len(people)))]
        chosen = rng.choice(by_writer[writer], int(rng.integers(1, 11)))
        glyphs = [trim(images[i], rng) for i in chosen]
        image = join(glyphs, rng)
        return Sample(image=image, text="".join(str(labels[i]) for i in chosen), writer=str(writer))

    return Corpus(name=name, size=size if people else 0, draw=sample, digest=digest, writers=len(people))


def trim(glyph: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut the empty columns off a digit and scale it a little."""
    columns = np.flatnonzero(glyph.max(axis=0) > 60)
    glyph = glyph[:, columns[0] : columns[-1] + 1] if len(columns) else glyph[:, 10:18]
    scale = 2 * np.exp(rng.normal(0, 0.05))
    return cv2.resize(glyph, None, fx=scale * np.exp(rng.normal(0, 0.06)), fy=scale, interpolation=cv2.INTER_CUBIC)


def join(glyphs: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Set digits side by side on one base line, sometimes touching: (h, w) uint8, paper 255."""
    gap, unevenness = rng.uniform(-1, 18), abs(rng.normal(0, 1.5))
    height = max(glyph.shape[0] for glyph in glyphs) + 16
    ink = np.zeros((height, sum(glyph.shape[1] for glyph in glyphs) + 30 * len(glyphs) + 24), np.uint8)
    pen = 12.0
    for glyph in glyphs:
        top = int(np.clip((height - glyph.shape[0]) / 2 + rng.normal(0, unevenness), 0, height - glyph.shape[0]))
        place = ink[top : top + glyph.shape[0], int(pen) : int(pen) + glyph.shape[1]]
        np.maximum(place, glyph, out=place)
        pen += glyph.shape[1] + max(gap + rng.normal(0, 2), -3)
    return 255 - ink[:, : int(pen) + 12]
