"""The same as linear.py and tree.py in log space, where nothing underflows: ten times slower, for the few outputs whose
masses plain numbers cannot hold."""

import numpy as np

from recognizer.decode.kernel import kernel


@kernel
def plus(one, other):  # type: ignore[no-untyped-def]
    """The log of the sum of two numbers that are given by their logs."""
    low, high = min(one, other), max(one, other)
    return high if low == -np.inf else high + np.log1p(np.exp(low - high))


@kernel
def backward(log_probs, first_step, step_number, step_node, first_node, node_number, node_same, accepting, depth):  # type: ignore[no-untyped-def]
    """As `linear.backward`, but for the scale: the log masses of all endings, and of all texts."""
    frames = len(log_probs)
    ahead = np.full((frames + 1, len(node_number)), -np.inf)
    blank = np.full(len(accepting), -np.inf)
    flow, below = np.zeros(len(step_number)), np.zeros(len(step_number))
    reached = np.searchsorted(depth, frames, side="right")
    for state in range(reached):
        if accepting[state]:
            blank[state] = 0.0
            ahead[frames, first_node[state] : first_node[state + 1]] = 0.0
    for t in range(frames - 1, -1, -1):
        row, after, here = log_probs[t], ahead[t + 1], ahead[t]
        reached = np.searchsorted(depth, t, side="right")
        for state in range(reached):
            total = row[0] + blank[state]
            for step in range(first_step[state], first_step[state + 1]):
                flow[step] = row[step_number[step]] + after[step_node[step]]
                below[step] = total
                total = plus(total, flow[step])
            blank[state] = total
            above, at = -np.inf, first_step[state + 1] - 1
            for node in range(first_node[state + 1] - 1, first_node[state] - 1, -1):
                out, same = total, node_same[node]
                if same >= 0:
                    while at > same:
                        above = plus(above, flow[at])
                        at -= 1
                    out = plus(below[same], above)
                here[node] = plus(out, row[node_number[node]] + after[node])
    return ahead, blank[0]


@kernel
def extend(log_probs, ahead, before, last, chosen, numbers, nodes, grown, masses):  # type: ignore[no-untyped-def]
    """As `linear.extend`, in logs."""
    grown[:, 0], masses[:] = -np.inf, -np.inf
    for t in range(len(log_probs)):
        into = plus(before[0, t], before[1, t]) if chosen != last else before[1, t]
        grown[0, t + 1] = log_probs[t, chosen] + plus(grown[0, t], into)
        ends = plus(grown[0, t], grown[1, t])
        grown[1, t + 1] = log_probs[t, 0] + ends
        if ends > -np.inf:
            for i in range(len(masses)):
                mass = ends if numbers[i] != chosen else grown[1, t]
                masses[i] = plus(masses[i], mass + log_probs[t, numbers[i]] + ahead[t + 1, nodes[i]])


@kernel
def tree_forward(log_probs, step_number, parent):  # type: ignore[no-untyped-def]
    """As `tree.tree_forward`, for all states: the log probability of the text that leads to each."""
    states = len(parent)
    char, blank = np.full(states, -np.inf), np.full(states, -np.inf)
    blank[0] = 0.0
    for t in range(len(log_probs)):
        row = log_probs[t]
        for state in range(states - 1, 0, -1):  # from the leaves: what comes before a state is still the last frame's
            number, before = step_number[state - 1], parent[state]
            into = blank[before]
            if before == 0 or step_number[before - 1] != number:
                into = plus(into, char[before])
            blank[state] = row[0] + plus(char[state], blank[state])
            char[state] = row[number] + plus(char[state], into)
        blank[0] += row[0]
    for state in range(states):
        char[state] = plus(char[state], blank[state])
    return char
