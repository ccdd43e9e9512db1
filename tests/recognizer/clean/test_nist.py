"""On the real NIST page of the optional shared data folder, whose box lines are rough, bent and of uneven thickness."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.clean import has_ink, measure, remove_lines, text_turns, unreadable

SCAN = Path(__file__).parents[4] / "shared" / "data" / "forms" / "nist_hsf" / "page.png"
DPI = 300

pytestmark = pytest.mark.skipif(not SCAN.exists(), reason="the optional shared data folder is not there")


@pytest.fixture(scope="module")
def scan() -> np.ndarray:
    return cv2.imread(str(SCAN), cv2.IMREAD_GRAYSCALE)


def boxes(scan: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The printed boxes, by what long lines enclose."""
    ink = (scan < 128).astype(np.uint8)
    lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((60, 1), np.uint8))
    lines |= cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, 60), np.uint8))
    enclosed = 1 - cv2.dilate(lines, np.ones((7, 7), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    found = [
        (int(x) - 6, int(y) - 6, int(w) + 12, int(h) + 12)
        for x, y, w, h, area in stats[1:]
        if 60 < h < 160 and w > 80 and area > 0.7 * w * h and y < 2100
    ]
    return sorted(found, key=lambda box: (round(box[1] / 60), box[0]))


def test_page_is_readable_and_upright(scan: np.ndarray) -> None:
    quality = measure(scan, DPI)
    assert unreadable(quality) is None
    assert quality.skew_deg == pytest.approx(0.25, abs=0.1)
    assert text_turns(scan, DPI)[0] == 0


def test_box_lines_go_and_writing_stays(scan: np.ndarray) -> None:
    written, lines, rests, kept = [], [], [], []
    for x, y, w, h in boxes(scan):
        top, left, margin = max(0, y - h // 8), max(0, x - h // 8), h // 8
        crop = scan[top : y + h + margin, left : x + w + margin]
        box = (x - left, y - top, w, h)
        cleaned, step = remove_lines(crop, DPI, box=box)
        lines.append(step.measured["lines"])
        written.append(not has_ink(cleaned, DPI, box).is_blank)
        inner = (slice(box[1] + 16, box[1] + h - 16), slice(box[0] + 16, box[0] + w - 16))
        kept.append((cleaned[inner] < 128).sum() / max(1, (crop[inner] < 128).sum()))
        edge = np.zeros(crop.shape, bool)
        edge[box[1] : box[1] + h, box[0] : box[0] + w] = True
        edge[box[1] + 12 : box[1] + h - 12, box[0] + 12 : box[0] + w - 12] = False
        rests.append((cleaned[edge] < 128).sum() / (crop[edge] < 128).sum())
    assert len(written) == 33
    assert written == [False] * 3 + [True] * 30
    assert np.mean(np.equal(lines, 4)) >= 0.97
    assert np.median(rests) < 0.02 and np.percentile(rests, 90) < 0.06
    assert min(k for k, w in zip(kept, written, strict=True) if w) > 0.995
