"""CTC's forward algorithm over a lexicon's tree: every state is one prefix, so one pass gives each entry's mass."""

import numpy as np

from recognizer.decode.kernel import kernel


@kernel
def tree_forward(probs, first_step, step_number, parent, floor):  # type: ignore[no-untyped-def]
    """Masses of all prefixes after the last frame, of which those below `floor` are given up on the way.

    `probs` is (frames, classes), its rows sum to one at most. In a tree step e leads to state e + 1. Every frame is
    scaled to the sum one. Returns the states that are left and their masses, the log of the scale, and a bound on the
    mass that was given up.
    """
    states = len(parent)
    char, blank = np.zeros(states), np.zeros(states)
    next_char, next_blank = np.zeros(states), np.zeros(states)
    alive, next_alive = np.empty(states, np.int64), np.empty(states, np.int64)
    blank[0], alive[0], count = 1.0, 0, 1
    log_scale, dropped = 0.0, 0.0
    for t in range(len(probs)):
        row, found, total = probs[t], 0, 0.0
        for i in range(count):
            state = alive[i]
            before, own = parent[state], step_number[state - 1] if state > 0 else 0
            # The state itself is due here only if its parent, which sees to its children, is gone.
            if state == 0 or char[before] + blank[before] == 0.0:
                one, none = row[own] * char[state] if state > 0 else 0.0, row[0] * (char[state] + blank[state])
                if one + none > floor:
                    next_char[state], next_blank[state], next_alive[found] = one, none, state
                    found += 1
                    total += one + none
                else:
                    dropped += one + none
            after_blank, after_any = blank[state], blank[state] + char[state]
            for to in range(first_step[state] + 1, first_step[state + 1] + 1):
                number = step_number[to - 1]
                into = after_blank if number == own else after_any
                one, none = row[number] * (char[to] + into), row[0] * (char[to] + blank[to])
                if one + none > floor:
                    next_char[to], next_blank[to], next_alive[found] = one, none, to
                    found += 1
                    total += one + none
                else:
                    dropped += one + none
        for i in range(count):
            char[alive[i]], blank[alive[i]] = 0.0, 0.0
        char, next_char = next_char, char
        blank, next_blank = next_blank, blank
        alive, next_alive = next_alive, alive
        count = found
        if not total > 0.0:
            return alive[:0], char[:0], 0.0, dropped
        for i in range(count):
            char[alive[i]] /= total
            blank[alive[i]] /= total
        dropped /= total
        log_scale += np.log(total)
    left = alive[:count].copy()
    return left, char[left] + blank[left], log_scale, dropped
