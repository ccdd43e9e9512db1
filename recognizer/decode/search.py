"""Best-first search for the most probable texts, by exact prefix masses (Graves, 2006, chapter 7) in an automaton.

The mass of a prefix, the sum over all texts of the language that begin with it, bounds each of them: when no prefix
that is left has more than the best text found, that text is the best of all.
"""

import math
from dataclasses import dataclass

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import linear, logspace
from recognizer.decode.kernel import kernel
from recognizer.decode.lattice import Lattice
from recognizer.decode.masses import Masses

EXPANSIONS = 400
WORK = 8_000_000
"""Products of two numbers: some ten milliseconds."""
LEAST = math.log(1e-6)
"""Log posterior: further texts with less are not looked for."""

Text = tuple[int, ...]

# What is known of a prefix: the one that it grew from, its last class, its state, and since when it has waited.
PARENT, LAST, STATE, SINCE = range(4)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Texts with their posteriors, best first; whether the first is proved to be the best."""

    texts: tuple[Text, ...]
    posteriors: tuple[float, ...]
    is_exact: bool


def find_texts(masses: Masses, automaton: Automaton, lattice: Lattice, count: int) -> Found:
    """The `count` texts with the largest masses, those below `LEAST` excepted."""
    least = LEAST if masses.in_logs else math.exp(LEAST)
    steps = (automaton.first_step, lattice.step_number, automaton.step_to, lattice.step_node, automaton.accepting)
    texts, lengths, ends, is_exact = _search(
        masses.probs, masses.ahead, masses.forward, masses.first, masses.most, steps,
        (least, EXPANSIONS, WORK // masses.cost, count), masses.in_logs,
    )  # fmt: skip
    classes = lattice.classes[texts].tolist()
    return Found(
        texts=tuple(tuple(text[:length]) for text, length in zip(classes, lengths.tolist(), strict=True)),
        posteriors=tuple(min(1.0, math.exp(masses.log_sum(*end))) for end in ends),
        is_exact=is_exact,
    )


@kernel
def _search(probs, ahead, forward_0, first, most, steps, limits, in_logs):  # type: ignore[no-untyped-def]
    """Follow the best prefix to its end, then the best of those that were passed by, until none can be better.

    Returns texts as numbers (n, frames), their lengths, their masses as (n, 2) parts, and whether the first is proved
    to be the best. Masses are only compared, so that it does not matter whether they are logs. `left` holds those of
    each prefix's steps, of which the taken ones are struck out; `waiting` the best of each that may be taken up again.
    """
    least, expansions, work, count = limits
    frames, nothing = len(probs), -np.inf if in_logs else 0.0
    room = expansions + frames + 2
    facts, waiting = np.zeros((room, 4), np.int64), np.full(room, nothing)
    forward, left = np.empty((room, 2, frames + 1)), np.empty((room, np.diff(steps[0]).max()))
    found, best = np.zeros(count, np.int64), np.full(count, nothing)
    forward[0], left[0, : len(first)] = forward_0, first
    have = _keep(0, facts, forward, steps[4], found, best, 0, in_logs)
    prefix, made, waited, spent = 0, 1, 0, frames * (len(first) + 8)
    while True:
        cutoff = _cutoff(best, have, least, nothing)
        may_go_on = made < expansions and spent < work if have else made < expansions + frames
        width, grown = _width(steps, facts, prefix), -1
        if width and may_go_on and left[prefix, :width].max() > cutoff:
            step, grown = np.argmax(left[prefix, :width]), made
            worth = cutoff if have == count else least
            _grow(prefix, step, grown, probs, ahead, most, worth, steps, facts, forward, left, in_logs)
            left[prefix, step] = nothing
            made, spent = made + 1, spent + frames * (_width(steps, facts, grown) + 8)
            have = _keep(grown, facts, forward, steps[4], found, best, have, in_logs)
            cutoff = _cutoff(best, have, least, nothing)
        if width and left[prefix, :width].max() > cutoff:
            waited += 1
            waiting[prefix], facts[prefix, SINCE] = left[prefix, :width].max(), waited
        prefix = grown
        if grown < 0:
            prefix = _next(waiting[:made], facts)
            if not (may_go_on and waiting[prefix] > cutoff):
                break
            waiting[prefix] = nothing
    texts, lengths = _texts(found[:have], facts, frames)
    ends = np.empty((have, 2))
    for place in range(have):
        ends[place] = forward[found[place], :, frames]
    return texts, lengths, ends, have > 0 and best[0] >= max(waiting[:made].max(), least)


@kernel
def _cutoff(best, have, least, nothing):  # type: ignore[no-untyped-def]
    """What a text must have to be worth finding; never more than the best so far."""
    if have == 0:
        return nothing
    least = min(least, best[0])
    return least if have < len(best) else max(least, best[have - 1])


@kernel
def _width(steps, facts, prefix):  # type: ignore[no-untyped-def]
    """How many steps lead on from a prefix."""
    return steps[0][facts[prefix, STATE] + 1] - steps[0][facts[prefix, STATE]]


@kernel
def _grow(prefix, step, grown, probs, ahead, most, worth, steps, facts, forward, left, in_logs):  # type: ignore[no-untyped-def]
    """Make the prefix `grown`: an older one and one of its steps."""
    edge = steps[0][facts[prefix, STATE]] + step
    number, state = steps[1][edge], steps[2][edge]
    facts[grown, PARENT], facts[grown, LAST], facts[grown, STATE] = prefix, number, state
    begin, end = steps[0][state], steps[0][state + 1]
    numbers, nodes, last = steps[1][begin:end], steps[3][begin:end], facts[prefix, LAST]
    masses = left[grown, : end - begin]
    if in_logs:
        logspace.extend(probs, ahead, forward[prefix], last, number, numbers, nodes, forward[grown], masses)
    else:
        linear.extend(
            probs, ahead, forward[prefix], last, number, numbers, nodes, most > worth, forward[grown], masses
        )  # fmt: skip


@kernel
def _keep(prefix, facts, forward, accepting, found, best, have, in_logs):  # type: ignore[no-untyped-def]
    """Keep a prefix where it is a text and among the best; returns how many there are by now."""
    if not accepting[facts[prefix, STATE]]:
        return have
    char, blank = forward[prefix, 0, -1], forward[prefix, 1, -1]
    mass = logspace.plus(char, blank) if in_logs else char + blank
    if not mass > (-np.inf if in_logs else 0.0):
        return have
    place = have
    while place > 0 and mass >= best[place - 1]:
        if mass == best[place - 1] and not _is_before(prefix, found[place - 1], facts):
            break
        place -= 1
    if place == len(best):
        return have
    have = min(have + 1, len(best))
    best[place + 1 : have], found[place + 1 : have] = best[place : have - 1].copy(), found[place : have - 1].copy()
    best[place], found[place] = mass, prefix
    return have


@kernel
def _is_before(one, other, facts):  # type: ignore[no-untyped-def]
    """Whether a prefix comes before another in the order of the alphabet."""
    texts, lengths = _texts(np.array([one, other]), facts, len(facts))
    for i in range(min(lengths)):
        if texts[0, i] != texts[1, i]:
            return texts[0, i] < texts[1, i]
    return lengths[0] < lengths[1]


@kernel
def _next(waiting, facts):  # type: ignore[no-untyped-def]
    """The prefix with the largest mass, of several the one that has waited longest."""
    best = 0
    for prefix in range(1, len(waiting)):
        is_older = facts[prefix, SINCE] < facts[best, SINCE]
        if waiting[prefix] > waiting[best] or (waiting[prefix] == waiting[best] and is_older):
            best = prefix
    return best


@kernel
def _texts(prefixes, facts, longest):  # type: ignore[no-untyped-def]
    """The numbers of prefixes' characters, (n, longest), and their lengths."""
    texts, lengths = np.zeros((len(prefixes), longest), np.int64), np.zeros(len(prefixes), np.int64)
    for i in range(len(prefixes)):
        prefix = prefixes[i]
        while prefix > 0:
            lengths[i] += 1
            prefix = facts[prefix, PARENT]
        prefix = prefixes[i]
        for place in range(lengths[i] - 1, -1, -1):
            texts[i, place] = facts[prefix, LAST]
            prefix = facts[prefix, PARENT]
    return texts, lengths
