"""Check digits: machines of the digit strings whose last digit fits the others. Other characters do not count.

| method | where | the sum that must be divisible by ten |
| --- | --- | --- |
| `luhn` | payment cards, national identity numbers | digits, every second from the right doubled, less 9 if over 9 |
| `gtin` | EAN, UPC, GLN, ISBN-13 | digits times 1 and 3 in turn, from the right |
| `aba` | US bank routing numbers | digits times 3, 7 and 1 in turn, from the left |
"""

from collections.abc import Callable
from typing import Literal

from recognizer.automaton.machine import Machine, explore

CheckDigit = Literal["luhn", "gtin", "aba"]

State = tuple[int, ...]


def check_digit_machine(method: CheckDigit, characters: str) -> Machine:
    """The machine of all texts with at least one digit whose digits pass the check."""
    begin, after, passes = METHODS[method]

    def steps_of(state: State) -> list[tuple[int, State]]:
        return [(i, after(state, ord(c) - 48) if c in "0123456789" else state) for i, c in enumerate(characters)]

    return explore(begin, steps_of, lambda state: state != begin and passes(state))


def _from_right(heavy: Callable[[int], int]) -> Callable[[State, int], State]:
    """Sums, modulo ten, in which the last digit counts simply and in which it counts by `heavy`; each step swaps."""
    return lambda state, digit: ((state[1] + digit) % 10, (state[0] + heavy(digit)) % 10, 1)


def _doubled(digit: int) -> int:
    return 2 * digit - 9 * (digit > 4)


def _aba(state: State, digit: int) -> State:
    place = state[1] % 3
    return (state[0] + (3, 7, 1)[place] * digit) % 10, place + 1


METHODS: dict[CheckDigit, tuple[State, Callable[[State, int], State], Callable[[State], bool]]] = {
    "luhn": ((0, 0, 0), _from_right(_doubled), lambda state: state[0] == 0),
    "gtin": ((0, 0, 0), _from_right(lambda digit: 3 * digit), lambda state: state[0] == 0),
    "aba": ((0, 0), _aba, lambda state: state[0] == 0),
}
