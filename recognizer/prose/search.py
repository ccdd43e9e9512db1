"""Decode free text: a prefix beam search (Hannun et al., First-pass large vocabulary continuous speech recognition
using bi-directional recurrent DNNs, 2014) in which the field's automaton says what may follow and a model of prose how
probable that is.

The search is not exact. Its candidates are then scored exactly, and their posteriors are among each other.
"""

from collections.abc import Sequence

import numpy as np

from recognizer.automaton import Automaton
from recognizer.decode import Decoded, decode, log_mass
from recognizer.decode.kernel import kernel
from recognizer.decode.weigh import weigh
from recognizer.prose.model import STEP, Prose, find, follow

BEAM = 16
NARROW = 12.0
"""Prefixes whose score lies by more than this below the best one's, in natural logarithms, are given up."""
LIKELY = 1e-3
"""A character with less probability in a frame is not tried there."""
TRIED = 12
UNKNOWN = 255.0
FACTOR = 1_000_003

# What is known of a prefix: its length, the automaton's state, the model's state, a hash of its text,
LENGTH, STATE, CONTEXT, KEY = range(4)
# the mass that ends in a blank and in its last character, and the log weight that the model gives it.
BLANK, CHAR, WEIGHT = range(3)


def decode_prose(log_probs: np.ndarray, automaton: Automaton, prose: Prose, count: int = 5) -> Decoded:
    """The `count` best texts that the search finds; arguments and result as of `decode`. Not proved to be the best."""
    probs = np.exp(np.asarray(log_probs, np.float64))
    steps = (automaton.first_step, automaton.step_class, automaton.step_to)
    end = len(automaton.characters) + 1
    texts, lengths, weights = _search(
        probs, steps, automaton.accepting, prose.arrays, prose.begin, prose.weight * STEP, prose.bonus, end
    )
    if not len(texts):  # nothing likely is in the language: something else is written there
        return decode(log_probs, automaton, count)
    scores = weights + weigh(probs, texts, lengths)
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    order = np.argsort(-scores, kind="stable")[:count]
    return Decoded(
        texts=tuple(tuple(texts[i, : lengths[i]].tolist()) for i in order),
        posteriors=tuple(float(shares[i]) for i in order),
        log_mass=_log_mass(log_probs, automaton),
        is_exact=False,
    )


def _log_mass(log_probs: np.ndarray, automaton: Automaton) -> float:
    """The mass of the field's language, to which prose does not matter."""
    holds_all = len(automaton.accepting) == 1 and len(automaton.step_class) == len(automaton.characters)
    return 0.0 if holds_all else log_mass(log_probs, automaton)


@kernel
def _search(probs, automaton, accepting, model, begin, weight, bonus, end):  # type: ignore[no-untyped-def]
    """Texts (n, frames), their lengths and the log weights that the model gives them; at most `BEAM`.

    `automaton` is its first_step, step_class, step_to; `model` the arrays of `Prose`, `end` the class that ends a text.
    """
    frames = len(probs)
    room = BEAM * (TRIED + 1)
    texts, facts, masses = np.zeros((BEAM, frames), np.int64), np.zeros((BEAM, 4), np.int64), np.zeros((BEAM, 3))
    facts[0, CONTEXT], masses[0, BLANK] = begin, 1.0
    count = 1
    for t in range(frames):
        grown, grown_masses, origin = np.zeros((room, 4), np.int64), np.zeros((room, 3)), np.zeros((room, 2), np.int64)
        tried = _tried(probs[t])
        made = _stay(probs[t], texts, facts, masses, count, grown, grown_masses, origin)
        for i in range(count):
            made = _grow(
                probs[t], tried, texts, facts, masses, count, i, automaton, model, weight, bonus,
                grown, grown_masses, origin, made,
            )  # fmt: skip
        texts, count = _keep(texts, facts, masses, grown[:made], grown_masses[:made], origin)
        if count == 0:
            break
    weights, kept = np.zeros(count), np.zeros(count, np.int64)
    ends = 0
    for k in range(count):
        if accepting[facts[k, STATE]]:
            spent, _ = follow(*model, facts[k, CONTEXT], end, UNKNOWN)
            weights[ends], kept[ends] = masses[k, WEIGHT] - weight * spent, k
            ends += 1
    return texts[kept[:ends]], facts[kept[:ends], LENGTH], weights[:ends]


@kernel
def _tried(row):  # type: ignore[no-untyped-def]
    """The likely characters of a frame, at most `TRIED`, the likeliest of them."""
    likely = np.flatnonzero(row[1:] >= LIKELY) + 1
    return likely[np.argsort(-row[likely])[:TRIED]] if len(likely) > TRIED else likely


@kernel
def _last(texts, facts, i):  # type: ignore[no-untyped-def]
    return texts[i, facts[i, LENGTH] - 1] if facts[i, LENGTH] else 0


@kernel
def _stay(row, texts, facts, masses, count, grown, grown_masses, origin):  # type: ignore[no-untyped-def]
    """Every prefix as it is after one more frame; returns how many."""
    for i in range(count):
        last = _last(texts, facts, i)
        grown[i] = facts[i]
        grown_masses[i, BLANK] = (masses[i, BLANK] + masses[i, CHAR]) * row[0]
        grown_masses[i, CHAR] = masses[i, CHAR] * row[last] if last else 0.0
        grown_masses[i, WEIGHT] = masses[i, WEIGHT]
        origin[i, 0] = i
    return count


@kernel
def _grow(  # type: ignore[no-untyped-def]
    row, tried, texts, facts, masses, count, i, automaton, model, weight, bonus, grown, grown_masses, origin, made
):
    """Prefix i with every likely character behind it; returns how many there are by now."""
    last = _last(texts, facts, i)
    for c in tried:
        mass = (masses[i, BLANK] + (masses[i, CHAR] if c != last else 0.0)) * row[c]
        to = _step(*automaton, facts[i, STATE], c)
        if mass <= 0.0 or to < 0:
            continue
        key = (facts[i, KEY] + c) * FACTOR
        known = _find(facts, count, facts[i, LENGTH] + 1, key)
        if known >= 0:
            grown_masses[known, CHAR] += mass
            continue
        spent, context = follow(*model, facts[i, CONTEXT], c, UNKNOWN)
        grown[made, LENGTH], grown[made, STATE] = facts[i, LENGTH] + 1, to
        grown[made, CONTEXT], grown[made, KEY] = context, key
        grown_masses[made, CHAR] = mass
        grown_masses[made, WEIGHT] = masses[i, WEIGHT] - weight * spent + bonus
        origin[made, 0], origin[made, 1] = i, c
        made += 1
    return made


@kernel
def _find(facts, count, length, key):  # type: ignore[no-untyped-def]
    """The prefix of a length and hash among those alive, -1 if there is none."""
    for k in range(count):
        if facts[k, KEY] == key and facts[k, LENGTH] == length:
            return k
    return -1


@kernel
def _keep(texts, facts, masses, grown, grown_masses, origin):  # type: ignore[no-untyped-def]
    """Keep the best prefixes, in `facts` and `masses`; returns their texts and how many they are."""
    score = np.full(len(grown), -np.inf)
    for k in range(len(grown)):
        total = grown_masses[k, BLANK] + grown_masses[k, CHAR]
        if total > 0.0:
            score[k] = np.log(total) + grown_masses[k, WEIGHT]
    kept_texts, count, most, top = np.zeros_like(texts), 0, 0.0, score.max()
    for k in np.argsort(-score)[:BEAM]:
        if score[k] == -np.inf or score[k] < top - NARROW:
            break
        kept_texts[count] = texts[origin[k, 0]]
        if origin[k, 1]:
            kept_texts[count, grown[k, LENGTH] - 1] = origin[k, 1]
        facts[count], masses[count] = grown[k], grown_masses[k]
        most = max(most, masses[count, BLANK] + masses[count, CHAR])
        count += 1
    if count:
        masses[:count, :WEIGHT] /= most
    return kept_texts, count


@kernel
def _step(first_step, step_class, step_to, state, wanted):  # type: ignore[no-untyped-def]
    """The automaton's state after a class, -1 if it may not follow."""
    step = find(first_step, step_class, state, wanted)
    return step_to[step] if step >= 0 else -1


def prose_weights(prose: Prose, texts: Sequence[Sequence[int]], characters: int) -> np.ndarray:
    """(n,) the logarithm of what `prose` gives texts of class numbers beside the network, weight and bonus included.

    Its alphabet has so many `characters`.
    """
    scale = prose.weight * STEP
    found = np.empty(len(texts))
    for i, text in enumerate(texts):
        spent, context = 0.0, prose.begin
        for c in (*text, characters + 1):
            cost, context = follow(*prose.arrays, context, c, UNKNOWN)
            spent += cost
        found[i] = prose.bonus * len(text) - scale * spent
    return found
