from itertools import pairwise

import cv2
import numpy as np
import pytest

from recognizer.clean import has_ink, remove_lines

DPI = 200
GROWN = 4


class Drawn:
    """A field at 200 dpi: strokes over a printed box, drawn four times as large, so that which is which is known."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = np.random.default_rng(seed)
        self.width, self.height = int(rng.integers(160, 520)), int(rng.integers(56, 84))
        self.margin = self.height // 10 + int(rng.integers(2, 8))
        self.turn_rad = np.radians(rng.uniform(-1.5, 1.5))
        self.comb = int(rng.choice([0, 0, self.width // 40])) or None
        lines, strokes = self._lines(), self._strokes()
        line_dark, pen_dark = rng.choice([1, 1, rng.uniform(0.3, 0.8)]), rng.uniform(0.6, 1)
        dark = np.maximum(lines * line_dark, strokes * pen_dark)
        noise = rng.normal(0, rng.uniform(0, 4), dark.shape)
        self.image = np.clip(250 - dark * 230 + noise, 0, 255).astype(np.uint8)
        self.line_only = (lines > 0.5) & (strokes < 0.05) & (self.image < 215)
        self.stroke = (strokes > 0.5) & (self.image < 190)
        shift = rng.integers(-4, 5, 2)
        self.box = (self.margin + int(shift[0]), self.margin + int(shift[1]), self.width, self.height)

    def _canvas(self) -> np.ndarray:
        rows, columns = self.height + 2 * self.margin, self.width + 2 * self.margin
        return np.zeros((rows * GROWN, columns * GROWN), np.uint8)

    def _shrunk(self, canvas: np.ndarray) -> np.ndarray:
        return cv2.resize(canvas, None, fx=1 / GROWN, fy=1 / GROWN, interpolation=cv2.INTER_AREA) / 255.0

    def _lines(self) -> np.ndarray:
        canvas, w, h = self._canvas(), self.width, self.height
        thickness, broken = self.rng.uniform(1, 4), self.rng.random() < 0.3
        ends = [((0, 0), (w, 0)), ((0, h), (w, h)), ((0, 0), (0, h)), ((w, 0), (w, h))]
        ends += [((w * i / self.comb, 0), (w * i / self.comb, h)) for i in range(1, self.comb or 0)]
        for first, last in np.array(ends, float):
            pieces = np.linspace(first, last, max(2, int(np.abs(last - first).sum() // 20) + 1))
            for a, b in pairwise(pieces):
                if not (broken and self.rng.random() < 0.12):
                    cv2.line(canvas, self._at(a), self._at(b), 255, max(1, round(thickness * GROWN)))
        return self._shrunk(canvas)

    def _at(self, point: np.ndarray) -> tuple[int, int]:
        cos, sin = np.cos(self.turn_rad), np.sin(self.turn_rad)
        middle = np.array([self.width, self.height]) / 2
        x, y = (np.array([[cos, sin], [-sin, cos]]) @ (point - middle) + middle + self.margin) * GROWN
        return round(x), round(y)

    def _strokes(self) -> np.ndarray:
        canvas, rng = self._canvas(), self.rng
        pen = round(rng.uniform(2, 6) * GROWN)
        cells = max(2, self.width // 40)
        for cell in range(cells):
            left, wide = (cell + 0.15) * self.width / cells, 0.7 * self.width / cells
            if rng.random() < 0.2:  # a 1
                points = np.array([[left + wide / 2, 0.1 * self.height], [left + wide / 2, 0.9 * self.height]])
                points[1, 0] += rng.uniform(-4, 4)
            else:
                count = int(rng.integers(3, 6))
                points = np.c_[left + rng.random(count) * wide, rng.uniform(0.08, 0.92, count) * self.height]
            if rng.random() < 0.25:  # over the edge
                points[:, 1] += rng.uniform(-0.3, 0.3) * self.height
            cv2.polylines(canvas, [((points + self.margin) * GROWN).round().astype(np.int32)], False, 255, pen)
        return self._shrunk(canvas)


def test_lines_go_and_strokes_stay() -> None:
    removed, kept = [], []
    for seed in range(120):
        drawn = Drawn(seed)
        cleaned, _ = remove_lines(drawn.image, DPI, box=drawn.box, comb=drawn.comb)
        removed.append((cleaned[drawn.line_only] > 215).mean())
        kept.append((cleaned[drawn.stroke] < 190).mean())
    assert np.median(removed) >= 0.97 and np.mean(removed) >= 0.97
    assert np.median(kept) >= 0.97 and np.percentile(kept, 10) >= 0.96


def box_field(thickness: int = 3) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    image = np.full((90, 300), 250, np.uint8)
    cv2.rectangle(image, (12, 12), (287, 77), 40, thickness)
    return image, (12, 12, 276, 66)


def test_empty_box_becomes_a_blank_field() -> None:
    image, box = box_field()
    cleaned, step = remove_lines(image, DPI, box=box)
    assert step.name == "remove_lines" and step.measured["lines"] == 4
    assert cleaned.min() > 215
    assert has_ink(cleaned, DPI, box).is_blank


def test_a_1_beside_the_edge_is_not_a_line() -> None:
    for x in (17, 20, 24, 276, 280):
        image, box = box_field()
        cv2.line(image, (x, 22), (x, 68), 40, 3)
        cleaned, _ = remove_lines(image, DPI, box=box)
        assert (cleaned[26:64, x] < 128).mean() > 0.95, x


def test_a_1_is_kept_where_no_box_is_printed() -> None:
    image = np.full((90, 300), 250, np.uint8)
    cv2.line(image, (14, 20), (16, 68), 40, 3)
    cleaned, step = remove_lines(image, DPI, box=(12, 12, 276, 66))
    assert step.measured["lines"] == 0
    assert np.array_equal(cleaned, image)


def test_top_bar_that_touches_the_line_survives() -> None:
    for y in (14, 15, 16):
        image, box = box_field()
        cv2.polylines(image, [np.array([[100, y], [140, y], [118, 66]])], False, 40, 4)
        cleaned, _ = remove_lines(image, DPI, box=box)
        bar = cleaned[10:20, 104:136] < 128
        assert bar.any(axis=0).mean() > 0.9, y
        assert bar.sum(axis=0).mean() >= 2, y


def test_crossing_stroke_is_kept_whole() -> None:
    for lean in (-25, 0, 25):
        image, box = box_field(4)
        cv2.line(image, (150, 40), (150 + lean, 88), 40, 4)
        cleaned, _ = remove_lines(image, DPI, box=box)
        count, _, stats, _ = cv2.connectedComponentsWithStats((cleaned < 128).astype(np.uint8))
        assert count == 2 and stats[1, cv2.CC_STAT_HEIGHT] > 45


def test_baseline_without_a_box() -> None:
    image = np.full((80, 400), 245, np.uint8)
    cv2.line(image, (0, 60), (399, 62), 90, 2)
    cv2.putText(image, "Main St", (40, 58), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 40, 3, cv2.LINE_AA)
    cleaned, step = remove_lines(image, DPI, box=None)
    assert step.measured["lines"] == 1
    assert cleaned[56:66, 300:].min() > 200
    assert (cleaned[20:56] < 128).sum() > 0.98 * (image[20:56] < 128).sum()


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (400, 5), (20, 20)])
def test_tiny_crops(shape: tuple[int, int]) -> None:
    for box in (None, (0, 0, shape[1], shape[0]), (-5, -5, 50, 50)):
        cleaned, _ = remove_lines(np.zeros(shape, np.uint8), DPI, box=box, comb=3)
        assert cleaned.shape == shape
        has_ink(cleaned, DPI)
