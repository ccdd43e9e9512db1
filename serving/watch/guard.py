"""Guard: what the door does about the components of stacks. An alarm is a row before it has any effect.

The rule: a component that an alarm names is left out, from the next page on and by whoever reads with this ledger,
until a person ends the alarm. What is left has a combiner, a calibration and thresholds of its own, fitted ahead. With
fewer components left than the stack wants, nothing of it is accepted.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from recognizer.reader import Reader
from recognizer.stack import Stack
from serving.ledger import Alarm, Ledger, Prediction
from serving.watch.watch import Finding, Watch

log = logging.getLogger(__name__)

LOOK_BACK = 1_000
"""So many earlier fields a watch begins with: what one short batch after the other has seen counts together."""

MONITORS = {
    "silent": "silent_component",
    "constant": "constant_component",
    "dissent": "dissenting_component",
    "unsure": "unsure_component",
    "too_sure": "too_sure_component",
}
"""The monitors that sound alarms, by the oddity."""


@dataclass
class Watched:
    """A stack as it reads now, and who watches it."""

    whole: Stack
    now: Stack
    watch: Watch


class Guard:
    """Watches every stack that reads, and leaves out what an alarm names."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._watched: dict[str, Watched] = {}
        self._turn: tuple[int, int] | None = None

    def kept(self, reader: Reader) -> Reader:
        """The reader without the components that alarms name; what is no stack stays as it is."""
        if not isinstance(reader, Stack):
            return reader
        with self._ledger.alarms_to_read() as alarms:
            turn = alarms.turn()
            if turn != self._turn:
                self._watched.clear()
                self._turn = turn
            if reader.bundle_id not in self._watched:
                of_components = tuple(
                    each for each in alarms.all({"model": reader.bundle_id}) if "component" in each.slice
                )
                self._watched[reader.bundle_id] = self._begin(reader, of_components)
        return self._watched[reader.bundle_id].now

    def saw(self, read: Iterable[Prediction]) -> tuple[Alarm, ...]:
        """Fresh readings of a page: watch them, and sound what is found. Returns the alarms that are new."""
        told: list[Alarm] = []
        by_id = {each.now.bundle_id: each for each in self._watched.values()}
        for prediction in read:
            watched = by_id.get(prediction.bundle_id)
            found = watched.watch.see(prediction.reading) if watched is not None else ()
            if watched is not None and found:
                del by_id[prediction.bundle_id]  # the rest of the page was still read with what is broken
                told += self._sound(watched.whole.bundle_id, prediction, found)
        return tuple(told)

    def _begin(self, stack: Stack, alarms: tuple[Alarm, ...]) -> Watched:
        named = [each.slice.get("component", "") for each in alarms if each.is_holding]
        out = [name for name in named if name in stack.components]
        now = stack.without(out) if out else stack
        since = max([each.ended_at or each.at for each in alarms], default="")
        watch = Watch(now)
        for prediction in self._ledger.last_readings(now.bundle_id, stack.bundle_id, since, LOOK_BACK):
            watch.see(prediction.reading)
        return Watched(whole=stack, now=now, watch=watch)

    def _sound(self, model: str, prediction: Prediction, found: tuple[Finding, ...]) -> list[Alarm]:
        with self._ledger.alarms() as alarms:
            for each in found:
                alarms.sound(
                    MONITORS[each.oddity], {"model": model, "component": each.component}, evidence=each.evidence,
                    prediction_id=prediction.prediction_id,
                )  # fmt: skip
            told = [a for a in alarms.holding({"model": model}) if a.prediction_id == prediction.prediction_id]
        for alarm in told:
            log.warning(
                "alarm %s: %s of the stack %s is not what it was; it is left out from the next page on",
                alarm.monitor, alarm.slice["component"], model,
            )  # fmt: skip
        return told
