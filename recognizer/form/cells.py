"""What stands in each cell of a field's comb, and what of its definition is left where only some cells are shown."""

from itertools import groupby

import numpy as np

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton
from recognizer.errors import FormError
from recognizer.form.language import automaton_of
from recognizer.form.model import Field, ReviewPolicy, Rules

ALPHABET = Alphabet()
LONGEST_LABEL = 450


def cells_of(field: Field) -> tuple[str, ...] | None:
    """The characters that may stand in each cell of the comb, from left to right.

    None where cells and signs do not go together: nothing says where one sign ends and the next begins (no comb), a
    value need not fill the comb, or something else than letters and digits may stand in a cell.
    """
    if field.comb is None or field.lexicon is not None or field.is_marks or field.options:
        return None
    try:
        automaton = automaton_of(field, ALPHABET)
    except FormError:
        return None
    if automaton.shortest != field.comb:
        return None
    cells = _characters(automaton, field.comb)
    return cells if all(cell.isalnum() for cell in cells) else None


def narrowed(field: Field, first: int, end: int) -> Field:
    """The field of which only the cells from `first` (counted from 0) to before `end` are shown: a field of its own,
    with their part of the pattern, and a label that says so. Raises ValueError where the field has no such cells."""
    cells = cells_of(field)
    if cells is None or not 0 <= first < end <= len(cells):
        raise ValueError(f"the field {field.name} has no cells {first} to {end}")
    shown = cells[first:end]
    digits = all(cell.isdigit() for cell in shown)
    label = (field.label or field.name.replace("_", " "))[:LONGEST_LABEL]
    word = "digits" if digits else "signs"
    where = f"{word} {first + 1} to {end}" if end - first > 1 else f"{word[:-1]} {end}"
    return Field(
        name=field.name,
        kind="digits" if digits else "code",
        box=field.box,
        label=f"{label}: {where} of {len(cells)}",
        printed_box=field.printed_box,
        pattern="".join(f"[{cell}]{{{len(list(some))}}}" for cell, some in groupby(shown)),
        rules=Rules(),
        review=ReviewPolicy(),
    )


def _characters(automaton: Automaton, length: int) -> tuple[str, ...]:
    """The characters at each place of the language's texts of this length."""
    steps = [_steps(automaton, state) for state in range(len(automaton.accepting))]
    reached = [{0}]
    for _ in range(length):
        reached.append({to for state in reached[-1] for _, to in steps[state]})
    alive = {state for state in reached[-1] if automaton.accepting[state]}
    found: list[str] = []
    for place in range(length - 1, -1, -1):
        here = [(state, number) for state in reached[place] for number, to in steps[state] if to in alive]
        found.append(automaton.text(sorted({number for _, number in here})))
        alive = {state for state, _ in here}
    return tuple(reversed(found))


def _steps(automaton: Automaton, state: int) -> list[tuple[int, int]]:
    begin, end = automaton.first_step[state : state + 2]
    pairs = np.stack([automaton.step_class[begin:end], automaton.step_to[begin:end]], axis=1)
    return [(int(number), int(to)) for number, to in pairs]
