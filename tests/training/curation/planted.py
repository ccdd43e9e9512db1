"""Writing with planted duplicates, labels with planted errors: what curation has to find."""

import cv2
import numpy as np

from recognizer.line import line_image
from training.corpora.fonts import answer
from training.curation.suspects import Judged
from training.samples.pen import random_hand, write


def scanned_again(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same paper on another day: a little turned, another size, brightness, grain and compression."""
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 0.4)), float(rng.uniform(0.93, 1.07)))
    image = cv2.warpAffine(image, turn, (width, height), borderValue=255)
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.9))).astype(np.float32)
    image = 255 - (255 - image) * rng.uniform(0.75, 1.0) - rng.uniform(0, 12) + rng.normal(0, 5, image.shape)
    packed = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)


def planted_lines(seed: int, count: int = 150, planted: int = 15) -> tuple[list[np.ndarray], set[tuple[int, int]]]:
    """Lines in many hands, and the pairs of them that show the same writing.

    Some texts stand there twice in different hands, and some hands wrote several texts: these are no duplicates.
    """
    rng = np.random.default_rng(seed)
    images, text, hand = [], answer(rng), random_hand(rng)
    for _ in range(count):
        if rng.random() < 0.8:
            text = answer(rng)
        if rng.random() < 0.7:
            hand = random_hand(rng)
        images.append(
            np.pad(write(text, hand.font, rng, float(rng.uniform(22, 40)), hand=hand), 8, constant_values=255)
        )
    originals = rng.choice(count, planted, replace=False)
    images += [scanned_again(images[i], rng) for i in originals]
    lines = [line for image in images if (line := line_image(image)) is not None]
    assert len(lines) == count + planted
    return lines, {(int(i), count + n) for n, i in enumerate(originals)}


def planted_labels(seed: int, count: int = 1000, errors: float = 0.03) -> tuple[list[Judged], set[str]]:
    """Labels of fields of three kinds, some wrong, and whose. The model's confidences mean what they say."""
    rng = np.random.default_rng(seed)
    found, wrong = [], set()
    for number in range(count):
        kind = ("digits", "name", "checkbox")[number % 3]
        true, other = ("yes", "no") if kind == "checkbox" else (f"{kind} {number}", f"{kind} {number}x")
        if kind == "checkbox" and rng.random() < 0.5:
            true, other = other, true
        sure = float(1 - rng.beta(0.5, 5))
        read = true if rng.random() < sure else other
        probabilities = {read: sure, (other if read == true else true): (1 - sure) * rng.uniform(0.5, 1)}
        given = true
        if rng.random() < errors:
            given = other if rng.random() < 0.5 or kind == "checkbox" else f"{true} slip"
            wrong.add(str(number))
        found.append(Judged(crop_id=str(number), kind=kind, field=kind, given=given, probabilities=probabilities))
    return found, wrong
