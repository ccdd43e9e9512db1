"""The pictures of examples, as the networks see them and as training draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.alphabet import Alphabet, normal_text
from recognizer.page import Quality
from recognizer.reading import Crop
from serving.ledger import Ledger, StoredCrop
from training.cases import Case
from training.corpora.sample import Corpus, Sample
from training.examples.example import Example

NAME = "examples"
UNKNOWN = Quality(
    resolution_dpi=200, sharpness=0.5, contrast=0.9, noise=2.0, skew_deg=0.0, illumination=0.0, clipping=0.0,
    compression=0.0, ink_coverage=0.1, bleed_through=0.0,
)  # fmt: skip
"""Of a crop on which nothing was measured."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """An example with its crop."""

    example: Example
    crop: Crop


def lessons(ledger: Ledger, examples: Sequence[Example]) -> tuple[Lesson, ...]:
    """Examples with their crops, in their order; those whose picture is gone meanwhile are left out."""
    with ledger.lessons_to_read() as asked:
        stored = asked.pictures({each.crop_id: each.field.name for each in examples})
    return tuple(
        Lesson(example=each, crop=crop_of(stored[each.crop_id], each)) for each in examples if each.crop_id in stored
    )


def crop_of(stored: StoredCrop, example: Example) -> Crop:
    """The crop as the door got it."""
    image = cv2.imdecode(np.frombuffer(stored.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return Crop(
        crop_id=stored.crop_id, image=np.asarray(image, np.uint8), dpi=stored.dpi, field=example.field,
        quality=stored.quality or UNKNOWN, steps=stored.steps, marks=stored.marks,
    )  # fmt: skip


def is_line(example: Example, alphabet: Alphabet) -> bool:
    """Whether a reader can learn from it: a line of writing in its alphabet, or a field in which nothing is written."""
    if example.field.is_marks or example.field.kind == "signature":
        return False
    return example.verdict.outcome == "blank" or (example.verdict.outcome == "text" and alphabet.covers(example.text))


def line_corpus(found: Sequence[Lesson], digest: str, *, weighted: bool) -> Corpus:
    """Lines as a corpus. `weighted`: each draw gives one at random by its weight, whatever its number."""
    shares = np.cumsum([each.example.weight for each in found])

    def draw(number: int, rng: np.random.Generator) -> Sample:
        at = int(np.searchsorted(shares, rng.random() * shares[-1], "right")) if weighted else number
        one = found[min(at, len(found) - 1)]
        return Sample(image=one.crop.image, text=normal_text(one.example.text), writer=one.example.page_id)

    pages = len({each.example.page_id for each in found})
    return Corpus(name=NAME, size=len(found), draw=draw, digest=digest, writers=pages)


def example_cases(found: Sequence[Lesson]) -> list[Case]:
    """Examples as fields to be read: what confidence is fitted to. Of a non-answer no text would be right."""
    return [
        Case(crop=each.crop, truth=_truth(each.example), writer=each.example.page_id, source=NAME) for each in found
    ]


def _truth(example: Example) -> str | None:
    if example.verdict.outcome == "text":
        return normal_text(example.text)
    return "" if example.verdict.outcome == "blank" else None
