"""From bundles to a stack: what `penfield stack fit` does."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from recognizer.alphabet import Alphabet
from recognizer.errors import UsageError
from recognizer.stack.bundle import PEERS, load_components, members_key, write_stack
from serving.promise.labels import FILE, packed, save_labels
from training.cases import ASKED, MARKS, cases
from training.corpora.sample import Corpus
from training.order import TrainOrder, corpora_of
from training.stacks.fit import Fitted, fit_stack, hear

LEAST = 2
"""With fewer components left, none could be watched: all goes to people."""


@dataclass(frozen=True, kw_only=True)
class StackOrder:
    """Which bundles and peers are to be combined, on which data, and where the stack goes.

    About `count` cases of every kind fit it, and as many become labels. Bundles are named by their folders' names.
    """

    bundles: tuple[Path, ...]
    out: Path
    peers: tuple[str, ...] = ()
    shared: Path | None = None
    own: tuple[Path, ...] = ()
    count: int = 2000
    seed: int = 2
    least: int = LEAST


def make_stack(order: StackOrder, say: Callable[[str], None], tune: Sequence[Corpus] | None = None) -> str:
    """Fit a stack and write it; returns its id. `tune` are corpora of writers that no component was trained on.

    Raises UsageError for components that make no stack, BundleError for one that is missing or damaged, and InputError
    for data that cannot be read.
    """
    cv2.setNumThreads(1)
    named = _named(order)
    components = load_components(named, order.peers)
    corpora = list(tune) if tune is not None else _corpora(order)
    kinds = (*ASKED, *MARKS, "signature")
    say(f"{', '.join(components)} read fields of writers that none of them was trained on")
    heard = hear(components, cases(corpora, 2 * order.count, order.seed), kinds)
    say(f"{len(heard):,} fields were read; fitting weights, calibration and promise of every set of components")
    fitted = fit_stack(components, heard, kinds, order.least)
    stack_id = write_stack(order.out, named, fitted.stack, _label_files(fitted), _manifest(order, corpora, fitted))
    say(f"stack {stack_id} in {order.out}")
    return stack_id


def _named(order: StackOrder) -> dict[str, Path]:
    names = [
        re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_") or "bundle" for folder in order.bundles
    ]
    if len(names) + len(order.peers) < 2:
        raise UsageError("one model is no stack - mend: name two bundles, or one and --peer rapidocr")
    if not names:
        raise UsageError("a stack needs a bundle of Penfield's - mend: name its folder")
    twice = {name for name in names if names.count(name) > 1}
    if twice or set(names) & set(PEERS):
        raise UsageError(f"components are named by their folders, and {', '.join(twice or PEERS)} is taken - mend: "
                         "rename a folder")  # fmt: skip
    strange = sorted(set(order.peers) - set(PEERS))
    if strange:
        raise UsageError(f"no peer is called {', '.join(strange)} - mend: there is {', '.join(PEERS)}")
    if not 1 <= order.least <= len(names) + len(order.peers):
        raise UsageError(f"--least {order.least} - mend: from 1 to the number of components")
    return dict(zip(names, order.bundles, strict=True))


def _corpora(order: StackOrder) -> list[Corpus]:
    asked = TrainOrder(folder=order.out, bundle=order.out, store=order.out, shared=order.shared, own=order.own)
    return corpora_of(asked, "tune", Alphabet())


def _label_files(fitted: Fitted) -> dict[str, bytes]:
    whole = fitted.stack.members
    return {
        f"{members_key(members)}+{FILE}": packed(labels)
        for members, labels in fitted.labels.items()
        if members != whole
    }


def _manifest(order: StackOrder, corpora: Sequence[Corpus], fitted: Fitted) -> dict[str, Any]:
    return {
        "data": {
            c.name: {"digest": c.digest, "samples": c.size, "writers": c.writers, "split": "tune"} for c in corpora
        },
        "fitted": {"count": order.count, "seed": order.seed},
        "promise": save_labels(order.out, fitted.labels[fitted.stack.members]),
    }
