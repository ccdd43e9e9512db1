"""Penfield itself: a bundle's engine on crops of fields."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.peers.job import Answer, Job
from recognizer.bundle import load_bundle
from recognizer.clean import measure_field
from recognizer.cut import cut_image
from recognizer.engine import Engine
from recognizer.form import Field
from recognizer.reading import Crop, Reading


class Penfield:
    """The engine, which reads a page of crops at once where it can."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        cv2.setNumThreads(1)
        self._engine = Engine(load_bundle(bundle))
        self._folder = folder

    def prepare(self, job: Job, image: np.ndarray) -> Crop:
        """The crop of a field that was cut already, or that of a page as it is."""
        return crop_of(job, image, self._folder)

    def read(self, prepared: Sequence[Crop]) -> list[Answer]:
        """Read crops together, or one by one where the engine offers no more."""
        read_all = getattr(self._engine, "read_all", None)
        readings = read_all(prepared) if read_all else [self._engine.read(crop) for crop in prepared]
        return [answer_of(reading) for reading in readings]


def crop_of(job: Job, image: np.ndarray, folder: Path) -> Crop:
    """What is to be read of a job's (h, w) uint8 image; its lexicon lies in `folder`."""
    height, width = image.shape
    lexicon = folder / job.lexicon if job.lexicon else None
    asked = {"kind": job.kind, "pattern": job.pattern, "lexicon": lexicon, "box": (0, 0, width, height)}
    field = Field.model_validate({"name": "crop", "printed_box": False, **asked})
    if job.cut_dpi is None:
        return cut_image(image, field, lines=False)
    return Crop(crop_id=job.id, image=image, dpi=job.cut_dpi, field=field, quality=measure_field(image, job.cut_dpi))


def answer_of(reading: Reading) -> Answer:
    """A reading that is no text is a non-answer: it says nothing, with its outcome."""
    return Answer(text=reading.text, confidence=reading.confidence, outcome=reading.outcome)
