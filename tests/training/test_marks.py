"""The marks network learns to tell empty from marked in seconds; its data is what it says."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from training.corpora.marks import EMPTY, MARKED, MarkPhoto, drawn_frame, load_mark_photos, photo_frame, photo_of
from training.corpora.sample import split_of
from training.fit_marks import fit_marks, score_marks
from training.net.marks import MARK_CLASSES


def photo(label: str, seed: int, side: int = 40) -> MarkPhoto:
    rng = np.random.default_rng(seed)
    image = rng.normal(210, 4, (side, side)).clip(0, 255).astype(np.uint8)
    low, high = round(0.25 * side), round(0.75 * side)
    cv2.rectangle(image, (low, low), (high, high), 60, 1)
    if label != "empty":
        cv2.line(image, (low + 2, low + 3), (high - 2, high - 3), 40, 2)
        cv2.line(image, (low + 2, high - 3), (high - 2, low + 3), 40, 2)
    return MarkPhoto(image=image, label=label, photo=f"p{seed}")


def test_drawn_frames_are_reproducible_and_have_every_class() -> None:
    frames = [drawn_frame(np.random.default_rng(seed)) for seed in range(120)]
    again = [drawn_frame(np.random.default_rng(seed)) for seed in range(120)]
    assert all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(frames, again, strict=True))
    assert {kind for _, kind in frames} == set(range(len(MARK_CLASSES)))
    ink = {kind: np.median([f[10:22, 10:22].mean() for f, k in frames if k == kind]) for kind in (EMPTY, MARKED)}
    assert ink[MARKED] > 2 * ink[EMPTY] + 10


def test_a_photos_frame_shows_its_box() -> None:
    frame = photo_frame(photo("empty", 1))
    assert frame.shape == (32, 32)
    assert frame[8:24, 8:24].mean() < 0.65 * frame.mean()
    assert not np.array_equal(frame, photo_frame(photo("empty", 1), np.random.default_rng(0)))


@pytest.mark.slow
def test_it_learns_to_tell_empty_from_marked() -> None:
    torch.set_num_threads(1)
    seen: list[tuple[int, dict]] = []
    train = [photo(label, seed) for seed in range(20) for label in ("empty", "X")]
    net = fit_marks(train, 60, 1, lambda step, metrics: seen.append((step, dict(metrics))))
    unseen = [photo(label, seed) for seed in range(100, 120) for label in ("empty", "X")]
    score = score_marks(net, [*unseen, photo("barely", 300), photo("barely", 301)])
    assert score.count == 40
    assert score.accuracy > 0.9
    assert set(score.marked_share) == {"barely"}
    assert seen[-1][0] == 60 and seen[-1][1]["marks.loss"] < 1.0


def test_the_same_seed_gives_the_same_network() -> None:
    torch.set_num_threads(1)
    one, other = (fit_marks([], 3, 5, lambda step, metrics: None).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_crops_of_one_photo_stay_in_one_split(tmp_path: Path) -> None:
    names = [f"a/b/{mark}_empty_cb{i}_image.jpg" for i in range(60) for mark in ("check", "empty", "5")]
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20), 200, np.uint8)).save(buffer, "png")
    blob = buffer.getvalue()
    np.savez(
        tmp_path / "odk.npz",
        blob=np.frombuffer(blob * len(names), np.uint8),
        offset=np.arange(len(names) + 1) * len(blob),
        label=np.array([Path(name).name.split("_")[0] for name in names]),
        path=np.array(names),
    )
    found = {split: load_mark_photos(tmp_path / "odk.npz", split) for split in ("train", "tune", "test")}
    assert sum(len(rows) for rows in found.values()) == 120  # the boxed digits are left out
    for split, rows in found.items():
        assert {row.photo for row in rows} == {photo_of(n) for n in names if split_of(f"odk/{photo_of(n)}") == split}
