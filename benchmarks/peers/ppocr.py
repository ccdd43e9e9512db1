"""PP-OCRv6's recognition model through rapidocr, with a mask of characters or a lexicon where the field has one."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from rapidocr import RapidOCR

from benchmarks.peers.job import Answer, Job
from benchmarks.peers.trie import Trie
from benchmarks.peers.trim import trimmed

ONE_THREAD = {f"EngineConfig.onnxruntime.{name}_op_num_threads": 1 for name in ("intra", "inter")}


class PPOCR:
    """rapidocr's recognizer on whole crops; detection is left out, as each crop is one line."""

    def __init__(self, folder: Path) -> None:
        cv2.setNumThreads(1)
        engine = RapidOCR(params={"Global.log_level": "error", **ONE_THREAD})
        self._recognizer = engine._load_rec_model()
        self._characters = list(self._recognizer.postprocess_op.character)
        self._numbers = {char: i for i, char in enumerate(self._characters) if i}
        self._folder = folder
        self._tries = cache(self._trie)

    def prepare(self, job: Job, image: np.ndarray) -> tuple[Job, np.ndarray]:
        """The crop in colour, as rapidocr takes it, with the margin at which it reads such crops best."""
        image = image if job.trim is None else trimmed(image, job.trim)
        return job, cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)

    def read(self, prepared: Sequence[tuple[Job, np.ndarray]]) -> list[Answer]:
        """One crop at a time, which on one thread is as fast as rapidocr's batches and needs no padding."""
        return [self._answer(job, self.probabilities(image)) for job, image in prepared]

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """(frames, classes) of an (h, w, 3) crop, scaled by rapidocr to its height and to no less than its width."""
        _, height, width = self._recognizer.rec_image_shape
        ratio = max(width / height, image.shape[1] / image.shape[0])
        return self._recognizer.session(self._recognizer.resize_norm_img(image, ratio)[None])[0]

    def _answer(self, job: Job, probs: np.ndarray) -> Answer:
        if job.lexicon:
            text, posterior = self._tries(job.lexicon).best(probs)
            return Answer(text=text, confidence=posterior)
        if job.characters:
            return self._greedy(probs, [0, *(self._numbers[char] for char in job.characters)])
        ((text, score),), _ = self._recognizer.postprocess_op(probs[None])
        return Answer(text=text, confidence=score)

    def _greedy(self, probs: np.ndarray, allowed: list[int]) -> Answer:
        """The best path among the allowed classes, as rapidocr decodes; confidence is its mean over characters."""
        masked = np.zeros_like(probs)
        masked[:, allowed] = probs[:, allowed]
        ((text, score),), _ = self._recognizer.postprocess_op(masked[None])
        return Answer(text=text, confidence=score)

    def _trie(self, lexicon: str) -> Trie:
        entries = (self._folder / lexicon).read_text(encoding="utf-8").splitlines()
        return Trie(entries, self._numbers)
