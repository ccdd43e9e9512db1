"""The loop as a schedule: a round now and then, in one process that may be killed at any time."""

import time
from collections.abc import Callable

from recognizer.errors import PenfieldError
from serving.ledger import Ledger
from training.loop.order import RetrainOrder
from training.loop.retrain import Say, retrain
from training.loop.round import Round


def again_and_again(
    order: RetrainOrder,
    ledger: Ledger,
    pause_s: float,
    say: Say,
    show: Callable[[Round], None],
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """A round, a pause, and so on for ever. What fails is said, and tried again after the pause: a damaged file, say,
    that somebody mends meanwhile."""
    while True:
        try:
            show(retrain(order, ledger, say))
        except PenfieldError as error:
            say(f"this round failed, the next is in {pause_s:,.0f} s: {error}")
        wait(pause_s)
