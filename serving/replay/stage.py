"""Stages of a replay, in their order, and what came of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from serving.ledger.origin import Origin, Replayed
from serving.ledger.values import Prediction

T = TypeVar("T")

STAGES = ("record", "scan", "form", "page", "crop", "language", "reading", "decision")
"""What the ledger holds; the file's bytes; the definition and its files; the page as prepared; the field's pixels; what
may stand there; what the model says; what was decided."""

State = Literal["identical", "differs", "missing", "left out"]
"""`missing`: it cannot be made again. `left out`: it was not tried, because something before it is missing, or because
there is nothing to make again."""


class Otherwise(Exception):
    """A stage does not come out as recorded. `code` is short and stable, `why` a sentence for people."""

    def __init__(self, state: State, code: str, why: str) -> None:
        super().__init__(why)
        self.state, self.code, self.why = state, code, why


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What came of one stage; `why` may say something of an identical one too."""

    name: str
    state: State
    code: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A prediction, and what came of each stage of making it again. `now` is what was read, where something was."""

    prediction_id: str
    origin: Origin | None
    stages: tuple[Stage, ...]
    now: Prediction | None = None

    @property
    def first(self) -> Stage | None:
        """The first stage that is not as recorded; None where all are."""
        return next((stage for stage in self.stages if stage.state in ("differs", "missing")), None)

    @property
    def is_identical(self) -> bool:
        """Whether all came out as recorded."""
        return self.first is None

    @property
    def replayed(self) -> Replayed:
        """The same in short, for the ledger."""
        first = self.first
        if first is None:
            return Replayed(prediction_id=self.prediction_id, stage=None, code=None)
        return Replayed(prediction_id=self.prediction_id, stage=first.name, code=first.code)


class Course:
    """Goes through the stages of one replay and keeps what came of them."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    def go(self, name: str, work: Callable[[], tuple[T, str]]) -> T | None:
        """Do the work of a stage, which returns what it made and a word on it; None where it came out otherwise."""
        try:
            made, word = work()
        except Otherwise as other:
            self.stages.append(Stage(name=name, state=other.state, code=other.code, why=other.why))
            return None
        self.stages.append(Stage(name=name, state="identical", why=word))
        return made

    def leave(self, name: str, why: str) -> None:
        """Leave a stage out."""
        self.stages.append(Stage(name=name, state="left out", why=why))
