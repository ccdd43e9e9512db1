"""People that are not there: reviewers who err, guess, cut corners, conspire or do harm, by a seed.

What each of them says depends on nothing but the true entry, the field and the generator that is passed in; who
conspires shares wrong answers by way of a secret.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recognizer.errors import UsageError
from recognizer.form import Field
from serving.consensus.answer import Entry, key
from serving.crowds.slip import allowed, scrambled, slip

Manner = Literal["careful", "random", "lazy", "colluding", "malicious"]
Habit = Literal["blank", "start", "repeat"]
TRIES = 20


@dataclass(kw_only=True)
class Worker:
    """A careful person. `error` is the share of fields that are keyed wrong; 0.3-0.7% is what trained people reach.

    `vanishing` is the chance to leave a field unanswered and not come back to it. `start_s` is what a field takes
    before the first key, `key_s` each key, both medians; `spread` is the standard deviation of the logarithm.
    """

    person: str
    error: float = 0.005
    vanishing: float = 0.0
    start_s: float = 2.0
    key_s: float = 0.3
    spread: float = 0.4

    manner: Manner = "careful"

    def entry(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry | None:
        """What this person says of a field of which `true` holds; None if they vanish."""
        return None if rng.random() < self.vanishing else self.says(true, field, rng)

    def says(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry:
        """What they say if they say something."""
        return slip(true, field, rng) if rng.random() < self.error else true

    def seconds(self, true: Entry, field: Field, rng: np.random.Generator) -> float:
        """How long they take for a field, log-normal around a median that grows with what is to be typed."""
        keys = keystrokes(true, field)
        return float((self.start_s + self.key_s * keys) * np.exp(rng.normal(0.0, self.spread)))


@dataclass(kw_only=True)
class Random(Worker):
    """Types something of the right shape without looking."""

    manner: Manner = "random"
    start_s: float = 0.5
    key_s: float = 0.15

    def says(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry:
        """An answer of the true one's shape; of marks and lists any option."""
        if field.options:
            return Entry(text=field.options[int(rng.integers(len(field.options)))].value)
        if field.kind in ("checkbox", "signature"):
            marked = Entry(text="yes" if field.kind == "checkbox" else "signed")
            return marked if rng.random() < 0.5 else Entry(outcome="blank")
        texts = [scrambled(true.text or "0", rng) for _ in range(TRIES)]
        return Entry(text=next((text for text in texts if allowed(text, field)), texts[0]))


@dataclass(kw_only=True)
class Lazy(Worker):
    """Does a share `effort` of the fields as a careful person does; the rest as quickly as goes.

    The habit is to say `blank`, to type no more than the `start`, or to `repeat` what was said last.
    """

    manner: Manner = "lazy"
    effort: float = 0.4
    habit: Habit = "blank"
    start_s: float = 1.0
    last: Entry | None = None

    def says(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry:
        """The careful answer or the habitual one."""
        careful = rng.random() < self.effort
        self.last = super().says(true, field, rng) if careful else self._habitual(true, field)
        return self.last

    def _habitual(self, true: Entry, field: Field) -> Entry:
        if self.habit == "start" and len(true.text) > 3 and not (field.options or field.is_marks):
            return Entry(text=true.text[:3].strip() or true.text[:1])
        if self.habit == "repeat" and self.last is not None:
            return self.last
        return Entry(outcome="blank")


@dataclass(kw_only=True)
class Colluding(Worker):
    """One of a circle that gives the same wrong answers, on the same share `lying` of the fields; else careful."""

    manner: Manner = "colluding"
    circle: str = "circle"
    lying: float = 1.0

    def says(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry:
        """The circle's answer, which follows from its name, the field and what is true."""
        told = repr((self.circle, field.name, key(true, field))).encode()
        agreed = np.random.default_rng(int.from_bytes(hashlib.sha256(told).digest()[:8]))
        return slip(true, field, agreed) if agreed.random() < self.lying else super().says(true, field, rng)


@dataclass(kw_only=True)
class Malicious(Worker):
    """Gives plausible wrong answers to a share `lying` of the fields, alone; else careful."""

    manner: Manner = "malicious"
    lying: float = 0.8

    def says(self, true: Entry, field: Field, rng: np.random.Generator) -> Entry:
        """A slip on purpose, or the careful answer."""
        return slip(true, field, rng) if rng.random() < self.lying else super().says(true, field, rng)


def keystrokes(entry: Entry, field: Field) -> int:
    """The keys that an answer takes: one for what is chosen or is no text; else what is typed, and Enter."""
    chosen = entry.outcome != "text" or field.is_marks or field.kind == "signature" or field.options
    return 1 if chosen else len(entry.text) + 1


def crowd(
    size: int, shares: Mapping[Manner, float], rng: np.random.Generator, *, lying: float = 1.0, vanishing: float = 0.0
) -> tuple[Worker, ...]:
    """`size` people, of whom `shares` are not careful (rounded), in a random order. Careful ones err in 0.3-0.7%.

    `lying` is the share of fields on which colluding people lie (malicious ones: 0.8 of it).
    Raises UsageError where the shares make no crowd.
    """
    counts = {manner: round(share * size) for manner, share in shares.items() if manner != "careful"}
    if size < 1 or min(counts.values(), default=0) < 0 or sum(counts.values()) > size:
        raise UsageError(f"shares {dict(shares)} of {size} people - mend: shares in [0, 1] that sum to 1 at most")
    manners: list[Manner] = [manner for manner, count in counts.items() for _ in range(count)]
    manners += ["careful"] * (size - len(manners))
    order = rng.permutation(size)
    return tuple(_worker(i, manners[n], rng, lying, vanishing) for i, n in enumerate(order))


def _worker(number: int, manner: Manner, rng: np.random.Generator, lying: float, vanishing: float) -> Worker:
    person, error = f"person-{number:02d}", float(rng.uniform(0.003, 0.007))
    habits: tuple[Habit, ...] = ("blank", "start", "repeat")
    if manner == "random":
        return Random(person=person, vanishing=vanishing)
    if manner == "lazy":
        return Lazy(person=person, error=error, vanishing=vanishing, habit=habits[int(rng.integers(3))])
    if manner == "colluding":
        return Colluding(person=person, error=error, vanishing=vanishing, lying=lying)
    if manner == "malicious":
        return Malicious(person=person, error=error, vanishing=vanishing, lying=0.8 * lying)
    return Worker(person=person, error=error, vanishing=vanishing)
