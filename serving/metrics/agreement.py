"""Whether people say the same, of each other and of what is known."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, get_args

from recognizer.form import Field
from serving.consensus import Entry, key, part_of
from serving.consensus.answer import Key, Said
from serving.ledger.numbers import Numbers
from serving.ledger.parts import CropPart
from serving.truth.agreement import Fields, of_part

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How often first votes agree; void votes count nowhere.

    Of `pairs` fields two people spoke; the first two said the same of `agreed`. Of `beside_machine` fields that a model
    had read, the first vote said the same as it of `with_machine`: doubtful fields and audits, so it is no accuracy.
    `alpha` is Krippendorff's (nominal, all votes of fields with several), None where nothing could disagree.
    """

    pairs: int
    agreed: int
    beside_machine: int
    with_machine: int
    alpha: float | None

    @property
    def share(self) -> float | None:
        """Of first two votes, the share that agree."""
        return self.agreed / self.pairs if self.pairs else None

    @property
    def machine_share(self) -> float | None:
        """Of first votes, the share that agree with the machine."""
        return self.with_machine / self.beside_machine if self.beside_machine else None


class Keys:
    """What counts in a comparison of two answers, by the latest definition of the field."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._fields = Fields(numbers.truth.form_definition)
        self._known: dict[tuple[str | None, str, str], Field | None] = {}
        self._parts: dict[str, CropPart] = {}

    def know(self, rows: Iterable[Any]) -> None:
        """Look up which crops of these rows are parts of others, all at once."""
        self._parts |= self._numbers.truth.parts.known({row.crop_id for row in rows})

    @cached_property
    def _forms(self) -> dict[str, str]:
        return self._numbers.forms()

    def of(self, row: Any, outcome: str, text: str) -> Key:
        """The key of an answer to the field of a task; letter by letter where nobody knows the field."""
        place = row.form, row.field, row.kind
        if place not in self._known:
            self._known[place] = self._fields.named(self._forms.get(row.form or ""), row.field, row.kind)
        field, part = self._known[place], self._parts.get(row.crop_id)
        field = of_part(field, part) if field is not None and part is not None else field
        if field is None or outcome not in get_args(Said) or (outcome == "text") != bool(text.strip()):
            return outcome, text
        return key(Entry(text=text, outcome=outcome), field)  # type: ignore[arg-type]  # one of Said, as asked above

    def machine(self, row: Any) -> tuple[str, str] | None:
        """What the machine read where a vote was cast; None where it read nothing, or nobody can tell of a part."""
        if row.machine_outcome is None or row.machine_outcome == "unaligned":
            return None
        part = self._parts.get(row.crop_id)
        if part is None or row.machine_outcome not in get_args(Said):
            return row.machine_outcome, row.machine_text
        there = part_of(_entry(row.machine_outcome, row.machine_text), part.first_sign, part.signs, part.of_signs)
        return None if there is None else (there.outcome, there.text)


def agreements(votes: Sequence[Any], keys: Keys) -> dict[str, Agreement]:
    """By kind, and of all under `ALL`; `votes` as `Numbers.votes` gives them."""
    keys.know(votes)
    units: dict[str, list[list[Key]]] = defaultdict(list)
    machine: dict[str, list[bool]] = defaultdict(list)
    for _, rows in groupby(votes, key=lambda row: row.task_id):
        said = list({row.person_id: row for row in rows}.values())  # of everybody the last word, as in consensus
        first = said[0]
        if (read := keys.machine(first)) is not None:
            same = _same(keys, first, read)
            for name in (first.kind, ALL):
                machine[name].append(same)
        if len(said) > 1:
            unit = [keys.of(row, row.outcome, row.text) for row in said]
            for name in (first.kind, ALL):
                units[name].append(unit)
    return {
        name: Agreement(
            pairs=len(units[name]),
            agreed=sum(unit[0] == unit[1] for unit in units[name]),
            beside_machine=len(machine[name]),
            with_machine=sum(machine[name]),
            alpha=alpha(units[name]),
        )
        for name in {ALL, *units, *machine}
    }


def gold_answers(answers: Sequence[Any], keys: Keys) -> tuple[int, int]:
    """How many answers to gold there are, and how many are right."""
    keys.know(answers)
    right = [_same(keys, row, (row.true_outcome, row.true_text)) for row in answers]
    return len(right), sum(right)


def _entry(outcome: str, text: str) -> Entry:
    return Entry(text=text, outcome=outcome)  # type: ignore[arg-type]  # one of Said, as was asked


def _same(keys: Keys, row: Any, other: tuple[str, str]) -> bool:
    return (row.outcome, row.text) == other or keys.of(row, row.outcome, row.text) == keys.of(row, *other)


def alpha(units: Sequence[Sequence[Key]]) -> float | None:
    """Krippendorff's alpha for nominal data: 1 - observed over expected disagreement (Krippendorff, *Content
    Analysis*, 2004, chapter 11). Each unit has at least two answers. None where all answers are the same: nothing could
    disagree by chance.
    """
    totals = Counter(answer for unit in units for answer in unit)
    n = totals.total()
    apart_by_chance = n * n - sum(count * count for count in totals.values())
    if not apart_by_chance:
        return None
    apart = 0.0
    for unit in units:
        counts = Counter(unit).values()
        apart += (len(unit) ** 2 - sum(count * count for count in counts)) / (len(unit) - 1)
    return 1 - (n - 1) * apart / apart_by_chance
