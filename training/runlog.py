"""A training's run in MLflow: written as training goes on, and never the reason for training to stop."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from recognizer.errors import PenfieldError
from serving.tracking import Tracking

EXPERIMENT = "training"


class RunLog:
    """Sends what it is told to one MLflow run and appends metrics to a file; an unreachable store is tried again.

    What could not be sent stays in memory and goes with the next call; `log.jsonl` in the training's folder has every
    metric in any case, and gives an interrupted training back its curves.
    """

    def __init__(
        self, store: Path, folder: Path, key: str, params: Mapping[str, object], say: Callable[[str], None]
    ) -> None:
        self._store, self._key, self._params, self._say = store, key, dict(params), say
        self._file = folder / "log.jsonl"
        self._tracking: Tracking | None = None
        self._run_id = ""
        self._waiting: list[Callable[[Tracking, str], object]] = []
        self._curves: dict[str, dict[int, float]] = defaultdict(dict)
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                self._take_up(line)

    @property
    def points(self) -> dict[str, list[tuple[int, float]]]:
        """Every metric's (step, value), by step; what was trained again after an interruption counts once."""
        return {name: sorted(values.items()) for name, values in self._curves.items()}

    def _take_up(self, line: str) -> None:
        with suppress(ValueError, KeyError):  # the last line of a training that was killed
            metrics = json.loads(line)
            step = int(metrics.pop("step"))
            for name, value in metrics.items():
                self._curves[name][step] = float(value)

    def observe(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write metrics down: on the screen, in the file, in MLflow."""
        line = json.dumps({"step": step} | {name: round(value, 5) for name, value in metrics.items()})
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._say(line)
        for name, value in metrics.items():
            self._curves[name][step] = value
        points = [(name, value, step) for name, value in metrics.items()]
        at_ms = int(time.time() * 1000)
        self.send(lambda tracking, run: tracking.log_curves(run, points, at_ms=at_ms))

    def send(self, call: Callable[[Tracking, str], object]) -> None:
        """Do something with the run, now or when the store can be reached again."""
        self._waiting.append(call)
        try:
            tracking = self._opened()
            self._waiting = [each for each in self._waiting if not self._sent(each, tracking)]
        except PenfieldError as error:
            self._say(f"MLflow waits ({error}); {len(self._waiting)} entries are kept")

    def _sent(self, call: Callable[[Tracking, str], object], tracking: Tracking) -> bool:
        """Whether the store took an entry; raises PenfieldError at once where it cannot be reached at all."""
        try:
            call(tracking, self._run_id)
        except Exception as error:  # whatever MLflow raises, training goes on
            tracking.store.probe()
            self._say(f"MLflow did not take an entry, which is kept: {error}")
            return False
        return True

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
