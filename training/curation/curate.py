"""Curate: look through the ledger for what to label next, which labels look wrong, and what is there twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recognizer.alphabet import normal_text
from recognizer.line import line_image
from recognizer.reading import Reading
from serving.ledger import Ledger, Prediction, StoredCrop
from serving.ledger.statement import FieldUse
from training.curation.duplicates import duplicates
from training.curation.embed import embeddings
from training.curation.suspects import Judged, Suspect, suspects
from training.curation.worth import Candidate, Pick, picks
from training.examples import Example, gather

POOL = 5000
"""So many fields that nobody has keyed are looked at, the latest."""
START_S, KEY_S = 2.0, 0.3
"""What keying takes where no vote of the kind tells: before the first key, and each."""
LEAST_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One field of the result: where it is, what models read, what people say (""), its picture (None: not shown)."""

    use: FieldUse
    reads: tuple[str, ...]
    given: str
    png: bytes | None


@dataclass(frozen=True, kw_only=True)
class Curated:
    """What was found. Suspects and groups of near-duplicates name fields in `fields` by crop; `contradicting` are the
    groups whose labels differ."""

    known_at: str
    pool: int
    labelled: int
    picks: tuple[Pick, ...]
    suspects: tuple[Suspect, ...]
    groups: tuple[tuple[str, ...], ...]
    contradicting: tuple[tuple[str, ...], ...]
    fields: Mapping[str, Shown]


def curate(ledger: Ledger, bundle: Path, top: int = 200) -> Curated:
    """Find what is worth labelling, what looks mislabelled, and what is there twice. `bundle` gives the embedding.

    Nothing is read anew: doubt and disagreement come from the predictions that the ledger has. Raises BundleError.
    """
    examples = gather(ledger)
    known = {each.crop_id: each for each in examples.items}
    with ledger.lessons_to_read() as lessons:
        open_ids = lessons.unsettled(POOL)
        uses = {use.crop_id: use for use in reversed(lessons.truth.uses_of([*known, *open_ids]))}
        open_ids = [crop_id for crop_id in open_ids if crop_id in uses]
        stored = lessons.pictures({crop_id: uses[crop_id].field for crop_id in (*known, *open_ids)})
        said, seconds = lessons.said_of([*known, *open_ids]), lessons.seconds()
    lines = _lines(stored)
    wanted = _picks(open_ids, uses, said, seconds, lines, list(known), bundle, top)
    wrong = suspects([_judged(each, said.get(each.crop_id, [])) for each in examples.items])[:top]
    groups = [tuple(list(lines)[i] for i in group) for group in duplicates(list(lines.values()))]
    differing = [group for group in groups if len({_given(known[i]) for i in group if i in known}) > 1]
    named = {*(pick.candidate.crop_id for pick in wanted), *(each.judged.crop_id for each in wrong)}
    shown = named.union(*groups) if groups else named
    return Curated(
        known_at=examples.known_at, pool=len(open_ids), labelled=len(known), picks=tuple(wanted),
        suspects=tuple(wrong), groups=tuple(groups), contradicting=tuple(differing),
        fields={i: _shown(uses[i], said.get(i, []), known.get(i), stored[i]) for i in sorted(shown)},
    )  # fmt: skip


def _lines(stored: Mapping[str, StoredCrop]) -> dict[str, np.ndarray]:
    """Line images by crop; of marks and empty fields there are none."""
    found = {}
    for crop_id, crop in stored.items():
        if not crop.marks:
            line = line_image(np.asarray(cv2.imdecode(np.frombuffer(crop.png, np.uint8), cv2.IMREAD_GRAYSCALE)))
            if line is not None:
                found[crop_id] = line
    return found


def _picks(
    open_ids: Sequence[str],
    uses: Mapping[str, FieldUse],
    said: Mapping[str, Sequence[Prediction]],
    seconds: Mapping[str, float],
    lines: Mapping[str, np.ndarray],
    known: Sequence[str],
    bundle: Path,
    top: int,
) -> list[Pick]:
    found = [candidate(uses[i], said.get(i, ()), seconds) for i in open_ids]
    embedded = [i for i in (*open_ids, *known) if i in lines]
    rows = embeddings(bundle, [lines[i] for i in embedded]) if embedded else np.zeros((0, 1), np.float32)
    place = dict(zip(embedded, rows, strict=True))
    nowhere = np.zeros(rows.shape[1], np.float32)
    places = np.array([place.get(i, nowhere) for i in open_ids]).reshape(len(open_ids), -1)
    return picks(found, places, np.array([place[i] for i in known if i in place]), top)


def candidate(use: FieldUse, said: Sequence[Prediction], seconds: Mapping[str, float]) -> Candidate:
    """A field that nobody has keyed, judged by what models said of it."""
    latest = {each.bundle_id: each.reading for each in said}
    own = latest.get(use.bundle_id)
    others = [reading for bundle, reading in latest.items() if bundle != use.bundle_id]
    answer = answer_of(own.outcome, own.text) if own else answer_of(use.reading.outcome, use.reading.text)
    against = [reading.confidence for reading in others if answer_of(reading.outcome, reading.text) != answer]
    guess = START_S + KEY_S * (len(use.reading.text) + 1)
    return Candidate(
        crop_id=use.crop_id,
        doubt=1.0 - (use.reading.confidence or 0.0),
        disagreement=max(against, default=0.0),
        seconds=max(LEAST_S, seconds.get(use.kind, guess)),
    )


def _judged(example: Example, said: Sequence[Prediction]) -> Judged:
    """An example with what models held of it before its label was known: whoever came later may have learned it."""
    before = [each.reading for each in said if each.created_at < example.verdict.known_at]
    mean: dict[str, float] = {}
    for reading in before:
        for answer, sure in answers(reading).items():
            mean[answer] = mean.get(answer, 0.0) + sure / len(before)
    return Judged(
        crop_id=example.crop_id, kind=example.use.kind, field=example.use.field, given=_given(example),
        probabilities=mean,
    )  # fmt: skip


def answers(reading: Reading) -> dict[str, float]:
    """Answers with their confidences: that of the reading and those of its alternatives."""
    found = {answer_of("text" if other.text else "blank", other.text): other.confidence
             for other in reading.alternatives}  # fmt: skip
    return {**found, answer_of(reading.outcome, reading.text): reading.confidence}


def answer_of(outcome: str, text: str) -> str:
    """An answer as it is compared: the normalized text, or the name of the non-answer."""
    return normal_text(text) if outcome == "text" else f"<{outcome}>"


def _given(example: Example) -> str:
    return answer_of(example.verdict.outcome, example.text)


def _shown(use: FieldUse, said: Sequence[Prediction], example: Example | None, stored: StoredCrop) -> Shown:
    from serving.ledger.masking import masked

    hidden = use.is_sensitive
    reads = dict.fromkeys(answer_of(each.reading.outcome, each.reading.text) for each in said)
    given = _given(example) if example is not None else ""
    return Shown(
        use=use,
        reads=tuple(masked(read, use.kind) if hidden and not read.startswith("<") else read for read in reads),
        given=masked(given, use.kind) if hidden and not given.startswith("<") else given,
        png=None if hidden else stored.png,
    )
