"""Course: what one reader of a bundle learns, and teaching it. Each reader learns for itself, from its own mix."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice

from recognizer.alphabet import NUMERALS, Alphabet
from recognizer.bundle import GENERAL
from training.batches import Batches
from training.designs import NUMBERS, SHIPPED, design
from training.evaluate import Miss, Score, evaluate, held_out
from training.fit import FitSettings, Training, fit, flat
from training.fit_outcomes import fit_outcomes
from training.mix import NUMBER_WEIGHTS, WEIGHTS, Mix, weighted
from training.order import Sources, TrainOrder, single
from training.pack import LineNet
from training.pictures import batch_picture, png
from training.quantize import Pair
from training.runlog import RunLog

GOING_ON = 0.3
"""Of a course's learning rate, for weights that have learned before: with half of it the loss rose to three times."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a reader learns: its alphabet, design, corpora by weight, and how fast."""

    name: str
    design: str
    alphabet: Alphabet
    weights: Mapping[str, float]
    learning_rate: float

    def named(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """Metrics of this reader under their names in MLflow: those of the general one are plain."""
        return {name if self.name == GENERAL else f"{self.name}.{name}": value for name, value in metrics.items()}


COURSES = (
    Course(name="numbers", design=NUMBERS, alphabet=Alphabet(characters=NUMERALS), weights=NUMBER_WEIGHTS,
           learning_rate=2.5e-3),
    Course(name=GENERAL, design=SHIPPED, alphabet=Alphabet(), weights=WEIGHTS, learning_rate=2e-3),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Taught:
    """A reader that has learned: its net, lines of tune writers, and how it came to be as the manifest tells it."""

    net: LineNet
    tune: Mapping[str, list[Pair]]
    facts: Mapping[str, object]
    misses: tuple[Miss, ...]


def settings_of(course: Course, order: TrainOrder, *, goes_on: bool) -> FitSettings:
    """How a course is taught; a reader that has learned before learns more slowly, or it would forget."""
    minutes = order.settings.minutes if course.name == GENERAL else order.number_minutes
    return replace(order.settings, minutes=minutes, learning_rate=course.learning_rate * (GOING_ON if goes_on else 1.0))


def teach(course: Course, order: TrainOrder, sources: Sources, start: LineNet | None, log: RunLog) -> Taught:
    """Train a reader, or go on where that was interrupted; then its outcome head."""
    mix = weighted(sources["train"], course.weights)
    settings = settings_of(course, order, goes_on=start is not None)
    training = Training(design(course.design, len(course.alphabet)), settings, order.folder / course.name)
    if not training.resume() and start is not None:
        training.begin_with(start.text)
    _show(course, mix, settings.seed, log)
    tune = held_out((corpus for corpus, _, _ in weighted(sources["tune"], course.weights)), order.held_out)
    fit(training, mix, course.alphabet, tune, lambda step, metrics: log.observe(step, course.named(metrics)))
    net = _with_outcomes(course, training, order, sources, log)
    test = held_out((corpus for corpus, _, _ in weighted(sources["test"], course.weights)), 2 * order.held_out)
    scores, misses = evaluate(net.text, course.alphabet, test)
    log.observe(training.step, course.named({f"test.{name}": value for name, value in flat(scores).items()}))
    return Taught(net=net, tune=tune, facts=_facts(training, scores), misses=tuple(misses))


def _show(course: Course, mix: Mix, seed: int, log: RunLog) -> None:
    first = list(islice(Batches(mix, course.alphabet, seed, 0), 12))
    name = "augmented_batch.png" if course.name == GENERAL else f"augmented_batch_{course.name}.png"
    log.send(lambda t, run: t.log_bytes(run, name, png(batch_picture(first))))


def _with_outcomes(course: Course, training: Training, order: TrainOrder, sources: Sources, log: RunLog) -> LineNet:
    text = training.average.cpu().eval()
    train, tune = (
        [*(corpus for corpus, _, _ in weighted(sources[split], course.weights)), *single(order, split)]
        for split in ("train", "tune")
    )
    head = fit_outcomes(
        text, train, tune, lambda step, metrics: log.observe(step, course.named(metrics)),
        count=order.outcomes, seed=order.settings.seed,
    )  # fmt: skip
    return LineNet(course.alphabet, text, head.eval())


def _facts(training: Training, scores: Mapping[str, Score]) -> dict[str, object]:
    """Settings, amount of training, and scores on test writers by the best path, without any language."""
    return {
        "settings": asdict(training.settings),
        "steps": training.step,
        "samples": training.samples,
        "minutes": round(training.seconds / 60, 1),
        "test": {source: asdict(score) for source, score in scores.items()},
    }
