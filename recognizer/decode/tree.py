"""CTC's forward algorithm over a lexicon's tree: every state is one prefix, so one pass gives each entry's mass."""

import numpy as np

from recognizer.decode.kernel import kernel


@kernel
def tree_forward(probs, first_step, step_class, parent, floor):  # type: ignore[no-untyped-def]
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
            # The state itself is due here only if its parent, which sees to its children, is gone.
            start = first_step[state] + 1
            orphan = state == 0 or char[parent[state]] + blank[parent[state]] == 0.0
            for to in range(start - 1 if orphan else start, first_step[state + 1] + 1):
                at = state if to < start else to
                number = step_class[at - 1] if at > 0 else 0
                before = parent[at]
                into = 0.0
                if at > 0:
                    into = blank[before]
                    if before == 0 or step_class[before - 1] != number:
                        into += char[before]
                one = row[number] * (char[at] + into) if at > 0 else 0.0
                none = row[0] * (char[at] + blank[at])
                if one + none > floor:
                    next_char[at], next_blank[at] = one, none
                    next_alive[found] = at
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
