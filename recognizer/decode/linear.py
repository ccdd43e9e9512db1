"""CTC's backward algorithm over a lattice, and the forward one along a prefix, in plain probabilities.

Every frame is scaled so that the largest value is one; what is smaller than `TINY` beside it becomes zero.
"""

import numpy as np

from recognizer.decode.kernel import kernel

TINY = 1e-290
"""Smaller numbers lose digits, and make processors slow."""


@kernel
def backward(probs, first_step, step_number, step_node, first_node, node_number, node_same, accepting, depth):  # type: ignore[no-untyped-def]
    """Masses of all endings, from the last frame to the first.

    `probs` is (frames, classes) and is scaled in place; only states that can be reached within t frames are worked on.
    Returns ahead, (frames + 1, nodes): the mass of all ways to end that begin after t frames in
    node n; the mass of all texts in the scaled frames, and the log of the scale.
    """
    frames = len(probs)
    ahead = np.zeros((frames + 1, len(node_number)))
    blank = np.zeros(len(accepting))
    flow, below = np.zeros(len(step_number)), np.zeros(len(step_number))
    reached = np.searchsorted(depth, frames, side="right")
    for state in range(reached):
        if accepting[state]:
            blank[state] = 1.0
            ahead[frames, first_node[state] : first_node[state + 1]] = 1.0
    log_scale = 0.0
    for t in range(frames - 1, -1, -1):
        row, after, here, top = probs[t], ahead[t + 1], ahead[t], 0.0
        reached = np.searchsorted(depth, t, side="right")
        for state in range(reached):
            total = row[0] * blank[state]
            for step in range(first_step[state], first_step[state + 1]):
                flow[step] = row[step_number[step]] * after[step_node[step]]
                below[step] = total
                total += flow[step]
            blank[state] = total if total > TINY else 0.0
            top = max(top, total)
            above, at = 0.0, first_step[state + 1] - 1
            for node in range(first_node[state + 1] - 1, first_node[state] - 1, -1):
                out, same = total, node_same[node]
                if same >= 0:  # without the step over the same class; by sums, as a difference would cancel
                    while at > same:
                        above += flow[at]
                        at -= 1
                    out = below[same] + above
                out += row[node_number[node]] * after[node]
                here[node] = out if out > TINY else 0.0
                top = max(top, out)
        if not top > TINY:
            return ahead, 0.0, 0.0
        here[: first_node[reached]] /= top
        blank[:reached] /= top
        row /= top
        log_scale += np.log(top)
    return ahead, blank[0], log_scale


@kernel
def start(probs, ahead, mass, numbers, nodes):  # type: ignore[no-untyped-def]
    """The empty prefix as `extend` takes it, and for each step that may follow the mass of all texts that begin with
    it, divided by `mass`. Steps go over the classes `numbers` to `nodes`.
    """
    forward, masses = np.zeros((2, len(probs) + 1)), np.zeros(len(numbers))
    blanks = 1.0
    for t in range(len(probs)):
        forward[1, t] = blanks / mass
        for i in range(len(numbers)):
            masses[i] += forward[1, t] * probs[t, numbers[i]] * ahead[t + 1, nodes[i]]
        blanks *= probs[t, 0]
    forward[1, -1] = blanks / mass
    return forward, masses


@kernel
def extend(probs, ahead, before, last, chosen, numbers, nodes, worth, grown, masses):  # type: ignore[no-untyped-def]
    """The forward algorithm along a prefix that grows by the class `chosen`.

    `before` is (2, frames + 1): the mass of the prefix without it after t frames, ending in its last class `last` or
    in a blank. Steps over the classes `numbers` to `nodes` may follow; those over a class that is not `worth` it count
    as impossible. Writes the same for the grown prefix, and for each step the mass of all texts that go on with it.
    """
    grown[:, 0], masses[:] = 0.0, 0.0
    kept = np.empty(len(masses), np.int64)
    count = 0
    for i in range(len(masses)):
        if worth[numbers[i]]:
            kept[count] = i
            count += 1
    for t in range(len(probs)):
        into = before[1, t] + (before[0, t] if chosen != last else 0.0)
        grown[0, t + 1] = probs[t, chosen] * (grown[0, t] + into)
        grown[1, t + 1] = probs[t, 0] * (grown[0, t] + grown[1, t])
        ends = grown[0, t] + grown[1, t]
        if ends > 0.0:
            for place in range(count):
                i = kept[place]
                number = numbers[i]
                mass = ends if number != chosen else grown[1, t]
                masses[i] += mass * probs[t, number] * ahead[t + 1, nodes[i]]
