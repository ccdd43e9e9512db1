"""Photographed check boxes: read by Penfield alone, as the peers read no marks."""

from collections.abc import Sequence
from pathlib import Path

import cv2

from recognizer.bundle import load_bundle
from recognizer.clean import measure_field
from recognizer.confidence import claim_of
from recognizer.engine import Engine
from recognizer.form import Field
from recognizer.reading import Crop, Reading
from serving.promise import Promise, promise_of
from training.corpora.marks import CLEAR_LABELS, MARKED, MarkPhoto, load_mark_photos

FIELD = Field(name="mark", kind="checkbox", box=(0, 0, 100, 100))
ZOOM = 4
"""Enlarged, so that a box in whole pixels is fine enough."""


def mark_crop(photo: MarkPhoto) -> Crop:
    """The crop of one photo: the set's 40 px photos show the box in their middle half, the smaller ones are the box."""
    height, width = photo.image.shape
    share = 0.55 if (height, width) == (40, 40) else 0.85
    image = cv2.resize(photo.image, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_LINEAR)
    box = tuple(round(ZOOM * v) for v in (width * (1 - share) / 2, height * (1 - share) / 2, width * share,
                                          height * share))  # fmt: skip
    return Crop(crop_id=photo.photo, image=image, dpi=200.0, field=FIELD, quality=measure_field(image, 200.0),
                marks=(box,))  # fmt: skip


def mark_lines(data: Path, bundle: Path) -> list[str]:
    """Two sentences on the boxes of photos that training left out: the clear ones, and the unclear ones."""
    path = data / "odk_marks/odk_marks.npz"
    photos = load_mark_photos(path, "tune") + load_mark_photos(path, "test")
    engine = Engine(load_bundle(bundle))
    promise = promise_of(bundle)
    readings = [engine.read(mark_crop(photo)) for photo in photos]
    pairs = list(zip(photos, readings, strict=True))
    return ["", clear_line([pair for pair in pairs if pair[0].label in CLEAR_LABELS]), "",
            unclear_line([pair for pair in pairs if pair[0].label not in CLEAR_LABELS], promise)]  # fmt: skip


def clear_line(pairs: Sequence[tuple[MarkPhoto, Reading]]) -> str:
    """How many clear boxes are read right."""
    right = sum(reading.text == ("yes" if CLEAR_LABELS[photo.label] == MARKED else "no") for photo, reading in pairs)
    return f"Marks (odk_marks, photos left out of training): {right} of {len(pairs)} clear boxes right; aim 99.5%."


def unclear_line(pairs: Sequence[tuple[MarkPhoto, Reading]], promise: Promise) -> str:
    """What becomes of the boxes that the set's makers call barely or partly marked: accepted, or shown to a person."""
    told = []
    for label in sorted({photo.label for photo, _ in pairs}):
        readings = [reading for photo, reading in pairs if photo.label == label]
        accepted = [reading.text for reading in readings if is_accepted(reading, promise)]
        told.append(f"{label} {len(readings)}: accepted as marked {accepted.count('yes')}, as empty "
                    f"{accepted.count('no')}, shown to a person {len(readings) - len(accepted)}")  # fmt: skip
    return f"Unclear marks, by the set's labels: {'; '.join(told)}."


def is_accepted(reading: Reading, promise: Promise) -> bool:
    """Whether nobody would look at it."""
    threshold = promise.threshold(claim_of(FIELD, reading.outcome), None).value
    return reading.outcome == "text" and threshold is not None and reading.confidence >= threshold
