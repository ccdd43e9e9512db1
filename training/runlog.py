"""A training's run in MLflow: written as training goes on, and never the reason for training to stop."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from recognizer.errors import PenfieldError
from serving.tracking import Tracking

EXPERIMENT = "training"


class RunLog:
    """Sends what it is told to one MLflow run and appends metrics to a file; an unreachable store is tried again.

    What could not be sent stays in memory and goes with the next call; `log.jsonl` in the training's folder has every
    metric in any case.
    """

    def __init__(
        self, store: Path, folder: Path, key: str, params: Mapping[str, object], say: Callable[[str], None]
    ) -> None:
        self._store, self._key, self._params, self._say = store, key, dict(params), say
        self._file = folder / "log.jsonl"
        self._tracking: Tracking | None = None
        self._run_id = ""
        self._waiting: list[Callable[[Tracking, str], object]] = []
        self.points: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def observe(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write metrics down: on the screen, in the file, in MLflow."""
        line = json.dumps({"step": step} | {name: round(value, 5) for name, value in metrics.items()})
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._say(line)
        for name, value in metrics.items():
            self.points[name].append((step, value))
        points = [(name, value, step) for name, value in metrics.items()]
        at_ms = int(time.time() * 1000)
        self.send(lambda tracking, run: tracking.log_curves(run, points, at_ms=at_ms))

    def send(self, call: Callable[[Tracking, str], object]) -> None:
        """Do something with the run, now or when the store can be reached again."""
        self._waiting.append(call)
        try:
            tracking = self._opened()
            while self._waiting:
                self._waiting[0](tracking, self._run_id)
                self._waiting.pop(0)
        except PenfieldError as error:
            self._say(f"MLflow waits ({error}); {len(self._waiting)} entries are kept")

    def _opened(self) -> Tracking:
        if self._tracking is None:
            tracking = Tracking(self._store)
            self._run_id = tracking.open_run(EXPERIMENT, self._key, name=self._key, params=self._params)
            self._tracking = tracking
        return self._tracking

    @property
    def is_complete(self) -> bool:
        """Whether MLflow has everything."""
        return not self._waiting
