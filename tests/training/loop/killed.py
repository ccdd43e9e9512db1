"""A round that is killed, again and again, each time a stage later.

    python -m tests.training.loop.killed FOLDER WORDS...

Each try is a process of its own, forked before anything has threads. It kills itself when it is about to say what
stands in WORDS; the last one lives.
"""

import os
import signal
import sys
from pathlib import Path

from serving.ledger import open_ledger
from tests.training.loop import house
from training.loop import retrain as loop
from training.runlog import RunLog


class Quiet(RunLog):
    """Leaves MLflow alone: importing it takes longer than all of the rest."""

    def send(self, call: object) -> None:
        """Nothing is sent."""


def attempt(folder: Path, words: str | None) -> int:
    """One try, in a process of its own; gives its status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def say(line: str) -> None:
        if words is not None and words in line:
            os.kill(os.getpid(), signal.SIGKILL)

    loop.RunLog = Quiet  # type: ignore[misc, assignment]
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        loop.retrain(house.order(folder, checkpoint_s=0.0), ledger, say)
    os._exit(0)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    print(*(attempt(home, words) for words in [*sys.argv[2:], None]))
