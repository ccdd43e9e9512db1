"""Page functions for the workshop's child process, each odd in its own way."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from recognizer.errors import FormError, ScanRejected
from recognizer.page import Page

Work = Callable[[Page], object]


def make_mean() -> Work:
    return _mean


def make_odd(kind: str, page_no: int | None) -> Work:
    """A worker that misbehaves on one page, or on every page."""
    return partial(_odd, kind, page_no)


def make_eater(diary: str) -> Work:
    """A worker that eats memory and writes down how many bytes it has got."""
    return partial(_eat, diary=Path(diary))


def make_nothing() -> Work:
    raise FormError("form.yaml: line 3: 'boxx' is no setting; did you mean 'box'?")


def _mean(page: Page) -> float:
    return float(page.image.mean())


def _odd(kind: str, page_no: int | None, page: Page) -> object:
    if page_no in (None, page.page_no):
        return ODD[kind](page)
    return page.page_no


def _eat(page: Page, diary: Path | None = None) -> object:
    eaten = []
    for _ in range(200):
        eaten.append(np.ones(2**24, np.uint8))
        if diary:
            with diary.open("a") as lines:  # whole lines: the end may come while one is written
                lines.write(f"{len(eaten) * 2**24}\n")
    return len(eaten)


def _bite(page: Page) -> object:
    return len(np.empty(2**34, np.uint8))


def _crash(page: Page) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _be_killed(page: Page) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(page: Page) -> None:
    time.sleep(60)


def _stumble(page: Page) -> None:
    raise KeyError("corner")


def _refuse(page: Page) -> None:
    raise ScanRejected("too_small", "not for me")


def _report(page: Page) -> dict[str, object]:
    import sys

    import cv2

    return {"pid": os.getpid(), "modules": set(sys.modules), "threads": cv2.getNumThreads(), "at": time.monotonic()}


def _return_image(page: Page) -> Page:
    return page


ODD: dict[str, Callable[[Page], object]] = {
    "eat": _eat,
    "bite": _bite,
    "crash": _crash,
    "be_killed": _be_killed,
    "hang": _hang,
    "stumble": _stumble,
    "refuse": _refuse,
    "report": _report,
    "return_image": _return_image,
}
