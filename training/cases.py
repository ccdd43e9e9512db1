"""Fields of every kind in the hands of held-out writers: what a confidence is fitted to and tried on.

A text is asked as any kind of field in whose language it lies, the kind with the fewest cases first, so that one rule
makes dates, names and codes out of whatever corpora there are; free text is made of all of them alike. A small share of
the fields holds something that does not belong there, which no reading of the field can get right.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recognizer.cut import cut_image
from recognizer.form import Field, Kind, Rules
from recognizer.form.kinds import PATTERNS
from recognizer.reading import Crop
from serving.decision.validity import possible_dates
from training.augment import Augment
from training.case_marks import mark_crop
from training.corpora.nonanswers import ILLEGIBLE, STRUCK_OUT, WRONG_CROP, Specimens
from training.corpora.sample import Corpus, Sample

ASKED = ("digits", "number", "amount", "date", "ssn", "phone", "code", "name", "text", "lexicon", "choice")
"""What texts are asked as; `lexicon` is a name that stands in a list."""

MARKS: tuple[Kind, ...] = ("checkbox", "choice_group")
OTHER_SHARE = 0.04
"""How many fields hold something else, as pages do that were filled in one line too low."""

NON_ANSWERS = (STRUCK_OUT, ILLEGIBLE, WRONG_CROP)
SPOILED_SHARE = 0.6
LEXICON_SIZE = 1500
CHOICE_SIZE = 8


@dataclass(frozen=True, kw_only=True)
class Case:
    """One field to be read. `truth` is "" where nothing is written, None where no answer would be right."""

    crop: Crop
    truth: str | None
    writer: str
    source: str


def cases(corpora: Sequence[Corpus], count: int, seed: int) -> Iterator[Case]:
    """About `count` cases of each kind that the corpora have texts of, of marks and blank fields; half as many
    signatures and non-answers.

    The same arguments give the same cases. Fonts count only where nobody's writing is at hand.
    """
    rng, spoil = np.random.default_rng(seed), Augment()
    corpora = [corpus for corpus in corpora if corpus.size]
    spoil.seed(seed)
    blank = [corpus for corpus in corpora if corpus.name == "blank"]
    written = [corpus for corpus in corpora if corpus.name not in ("blank", "fonts")]
    written = written or [corpus for corpus in corpora if corpus.name == "fonts"]
    pool = Pool(written, count, rng)
    for kind, sample, source in pool.drawn():
        image = spoil(sample.image, rng, is_drawn=False) if rng.random() < SPOILED_SHARE else sample.image
        is_other = rng.random() < OTHER_SHARE
        field = pool.field(rng.choice(pool.kinds_without(sample.text)) if is_other else kind, sample.text)
        truth = None if is_other else sample.text
        yield Case(crop=cut_image(image, field, lines=False), truth=truth, writer=sample.writer, source=source)
    yield from _unwritten(blank, written, count, rng, spoil)
    yield from _non_answers(written, count // 2, rng, spoil)
    for number in range(count * len(MARKS)):
        crop, answer = mark_crop(MARKS[number % len(MARKS)], rng)
        yield Case(crop=crop, truth=answer, writer=f"drawn-{number}", source="marks")


def _unwritten(
    blank: Sequence[Corpus], written: Sequence[Corpus], count: int, rng: np.random.Generator, spoil: Augment
) -> Iterator[Case]:
    """Blank fields, and signatures, which are there or not."""
    for corpus in blank:
        for number in range(count + count // 4):
            sample = corpus.draw(int(rng.integers(corpus.size)), rng)
            image = spoil(sample.image, rng, is_drawn=True)
            kind = "signature" if number % 5 == 0 else str(rng.choice(ASKED[:9]))
            crop = cut_image(image, field_of_kind(kind), lines=False)
            yield Case(crop=crop, truth="", writer=sample.writer, source="blank")
    for number in range(count // 2):
        corpus = written[number % len(written)]
        sample = corpus.draw(int(rng.integers(corpus.size)), rng)
        crop = cut_image(sample.image, field_of_kind("signature"), lines=False)
        yield Case(crop=crop, truth="signed", writer=sample.writer, source=corpus.name)


def _non_answers(written: Sequence[Corpus], count: int, rng: np.random.Generator, spoil: Augment) -> Iterator[Case]:
    """Fields whose writing is crossed out or cannot be made out, and crops of something else."""
    specimens = Specimens(written)
    for number in range(count):
        specimen = specimens.of(NON_ANSWERS[number % len(NON_ANSWERS)], rng)
        image = spoil(specimen.image, rng, is_drawn=False) if rng.random() < SPOILED_SHARE else specimen.image
        crop = cut_image(image, field_of_kind(str(rng.choice(ASKED[:9]))), lines=False)
        yield Case(crop=crop, truth=None, writer=f"specimen-{number}", source="non_answers")


class Pool:
    """Draws samples of corpora in turn and deals each to the kind of field that has the fewest."""

    def __init__(self, corpora: Sequence[Corpus], count: int, rng: np.random.Generator) -> None:
        self.corpora, self.count, self.rng = corpora, count, rng
        self.dealt: Counter[str] = Counter()
        self.words = tuple(sorted({text for corpus in corpora for text in _words(corpus, 20 * count, rng)}))

    def drawn(self) -> Iterator[tuple[str, Sample, str]]:
        """(kind, sample, corpus), until every kind has its number or the corpora seem to have no more of it.

        Fields of text hold what all corpora hold, evenly: what other kinds leave over would be long lines alone.
        """
        for number in range(self.count * (1 + 4 * len(ASKED))):
            corpus = self.corpora[number % len(self.corpora)]
            sample = corpus.draw(int(self.rng.integers(corpus.size)), self.rng)
            kinds = ["text"] if number < self.count else self.kinds_with(sample.text)
            open_kinds = [kind for kind in kinds if self.dealt[kind] < self.count]
            if open_kinds:
                kind = min(open_kinds, key=lambda kind: self.dealt[kind])
                self.dealt[kind] += 1
                yield kind, sample, corpus.name

    def kinds_with(self, text: str) -> list[str]:
        """The kinds of field in which the text can stand."""
        kinds = [kind for kind, pattern in PATTERNS.items() if re.fullmatch(pattern, text)]
        if re.fullmatch(r"[0-9]+([/.\- ])[0-9]+\1[0-9]+", text) and _date_order(text) is not None:
            kinds.append("date")
        return [*kinds, "text", *(("lexicon", "choice") if text in self._listed else ())]

    def kinds_without(self, text: str) -> list[str]:
        """The kinds of field in which it cannot: at least lists that lack it."""
        possible = self.kinds_with(text)
        others = [kind for kind in ASKED[:8] if kind not in possible]
        return others or ["lexicon"]

    @property
    def _listed(self) -> frozenset[str]:
        return frozenset(self.words)

    def field(self, kind: str, text: str) -> Field:
        """A field of a kind; lists hold words of the corpora beside the text."""
        if kind not in ("lexicon", "choice"):
            return field_of_kind(kind, text)
        others = [word for word in self.words if word != text]
        size = min(len(others), LEXICON_SIZE if kind == "lexicon" else CHOICE_SIZE - 1)
        listed = [others[int(i)] for i in np.sort(self.rng.choice(len(others), size, replace=False))]
        return _field("name" if kind == "lexicon" else "choice", lexicon=(*listed, text))


def field_of_kind(kind: str, text: str = "") -> Field:
    """A field of a kind without lists; a date's order is the one in which the text is a date."""
    if kind != "date":
        return _field(kind)
    return _field(kind, rules=Rules.model_validate({"date_order": _date_order(text) or "mdy"}))


def _field(kind: str, **settings: object) -> Field:
    return Field(name="held_out", kind=kind, box=(0, 0, 100, 20), printed_box=False, **settings)  # type: ignore[arg-type]


def _date_order(text: str) -> str | None:
    return next((order for order in ("mdy", "dmy", "ymd") if possible_dates(text, order)), None)


def _words(corpus: Corpus, most: int, rng: np.random.Generator) -> set[str]:
    """Words of a corpus that a list could hold."""
    texts = {corpus.draw(int(i), rng).text for i in rng.permutation(corpus.size)[: min(most, LEXICON_SIZE)]}
    return {text for text in texts if len(text) >= 3 and re.fullmatch(PATTERNS["name"], text)}
