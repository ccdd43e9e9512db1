"""Empty or marked? Photographed boxes of odk_marks, split by photo.

    python benchmarks/marks.py [--data ../shared/data] [--bundle data/bundle] [--folds 5 --steps 800]

Measures the shipped bundle on the photos that its training left out, and, with --folds, trains a network per fold on
the other photos, so that every photo is tested once. Labels that the set's makers call barely or partly marked are
reported apart: the share of them that is read as marked.
"""

import argparse
import hashlib
from pathlib import Path

import torch

from training.corpora.marks import MarkPhoto, load_mark_photos
from training.fit_marks import DRAWN, THRESHOLD, MarkScore, draw_frames, fit_marks, score_marks
from training.pack import load_networks


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    arguments.add_argument("--folds", type=int, default=0)
    arguments.add_argument("--steps", type=int, default=800)
    options = arguments.parse_args()
    path = options.data / "odk_marks/odk_marks.npz"
    if not path.exists():
        raise SystemExit(f"{path} is not there: this benchmark needs the optional shared data folder")
    torch.set_num_threads(1)
    unseen = load_mark_photos(path, "tune") + load_mark_photos(path, "test")
    show("shipped bundle, photos left out of training", score_marks(load_networks(options.bundle).marks, unseen))
    if options.folds:
        cross_validate(load_mark_photos(path, "train") + unseen, options.folds, options.steps)


def cross_validate(photos: list[MarkPhoto], folds: int, steps: int) -> None:
    scores, drawn = [], draw_frames(DRAWN, 1)
    for fold in range(folds):
        held = [photo for photo in photos if fold_of(photo, folds) == fold]
        rest = [photo for photo in photos if fold_of(photo, folds) != fold]
        scores.append(score_marks(fit_marks(rest, steps, fold, lambda step, metrics: None, drawn), held))
        show(f"fold {fold + 1} of {folds}", scores[-1])
    count = sum(score.count for score in scores)
    right = sum(score.accuracy * score.count for score in scores)
    print(f"all folds: {right:.0f} of {count} clear boxes right, {right / count:.2%}")
    print("worst fold:", f"{min(score.accuracy for score in scores):.2%}")


def fold_of(photo: MarkPhoto, folds: int) -> int:
    return int(hashlib.sha256(photo.photo.encode()).hexdigest(), 16) % folds


def show(name: str, score: MarkScore) -> None:
    print(
        f"{name}: {score.accuracy:.2%} of {score.count} clear boxes right; at {THRESHOLD} "
        f"{score.accepted:.2%} accepted, {score.accepted_wrong:.2%} wrongly",
        flush=True,
    )
    for label, (marked, empty) in sorted(score.accepted_share.items()):
        print(f"  called {label} by the set's makers: accepted as marked {marked:.0%}, as empty {empty:.0%}")


if __name__ == "__main__":
    main()
