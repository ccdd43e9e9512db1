"""Fit the model of prose: n-grams of characters in what the training writers wrote, and in common words.

Interpolated with Witten and Bell's weights (The zero-frequency problem, 1991), without n-grams that are too rare to
tell anything; a rare n-gram would also keep what one person wrote once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from rapidfuzz.distance import Levenshtein

from recognizer.alphabet import Alphabet, normal_text
from recognizer.automaton import Automaton
from recognizer.form import Field
from recognizer.form.language import automaton_of
from recognizer.line import pad_line
from recognizer.network import Network, log_softmax
from recognizer.prose import Prose, decode_prose
from recognizer.prose.model import NEUTRAL, STEP

ORDER = 8
LEAST = (0, 0, 0, 2, 3, 4, 4, 4, 4)
"""How often an n-gram of that many characters must occur: with rarer ones, texts that no training writer wrote are read
worse."""
WEIGHTS = (0.3, 0.4, 0.5, 0.6)
BONUSES = (1.5, 2.0)
"""The bonus per character in multiples of the weight: about what a character costs, so that length does not matter."""

Context = tuple[int, ...]


def fit_prose(texts: Iterable[str], alphabet: Alphabet, *, weight: float = 0.5, bonus: float = 0.9) -> Prose:
    """Count the texts that the alphabet can write. `weight` and `bonus` are those of `Prose`."""
    counts = _counts([text for text in texts if alphabet.covers(text)], alphabet)
    kept: dict[Context, Counter[int]] = {}
    for context, seen in counts.items():
        frequent = {c: n for c, n in seen.items() if n >= LEAST[len(context) + 1]}
        if frequent and (not context or (context[:-1] in kept and context[-1] in kept[context[:-1]])):
            kept[context] = Counter(frequent)
    return _trie(kept, counts, len(alphabet), weight, bonus)


def tuned(prose: Prose, text: Network, pairs: Sequence[tuple[np.ndarray, str]], alphabet: Alphabet) -> Prose:
    """With the weight and bonus that give the lowest character error rate on (line, text) pairs of tune writers."""
    free = automaton_of(Field(name="tuned", kind="text", box=(0, 0, 1, 1)), alphabet)
    seen = [(log_softmax(text(pad_line(line))[0][0]), truth) for line, truth in pairs]

    def errors(tried: Prose) -> int:
        reads = ((decode_prose(log_probs, free, tried, 1), truth) for log_probs, truth in seen)
        return sum(Levenshtein.distance(_text(read.texts[0], free), truth) for read, truth in reads)

    candidates = [replace(prose, weight=w, bonus=w * b) for w, b in product(WEIGHTS, BONUSES)]
    return min(candidates, key=errors) if pairs else prose


def _text(classes: tuple[int, ...], automaton: Automaton) -> str:
    return normal_text(automaton.text(classes))


def _counts(texts: Sequence[str], alphabet: Alphabet) -> dict[Context, Counter[int]]:
    """How often each class follows each context of up to `ORDER - 1` classes; shorter contexts come first."""
    end, begin = len(alphabet), len(alphabet) + 1
    counts: dict[Context, Counter[int]] = defaultdict(Counter)
    for text, times in Counter(texts).items():
        classes = (begin, *alphabet.encode(text).tolist(), end)
        for i in range(1, len(classes)):
            for length in range(min(ORDER, i + 1)):
                counts[classes[i - length : i]][classes[i]] += times
    counts[()][begin] = 1  # texts begin with it, but it follows nothing
    return dict(sorted(counts.items(), key=lambda item: len(item[0])))


@dataclass(frozen=True, kw_only=True)
class Following:
    """P(c | context) of the classes that follow it often enough, and what the shorter context's are weighed with for
    the others, so that all of them sum to one.
    """

    probs: dict[int, float]
    backoff: float


def _trie(
    kept: dict[Context, Counter[int]], counts: dict[Context, Counter[int]], classes: int, weight: float, bonus: float
) -> Prose:
    known: dict[Context, Following] = {}
    char, children, cost, backoff = [0], [], [0.0], [0.0]
    queue: list[Context] = [()]
    for context in queue:  # grows while it is walked: in breadth
        following = sorted(kept.get(context, ()))
        children.append(len(following))
        if following:
            known[context] = _interpolated(context, following, counts[context], known, classes)
            backoff[len(children) - 1] = -np.log(known[context].backoff)
        for c in following:
            queue.append((*context, c))
            char.append(c)
            cost.append(-np.log(known[context].probs[c]))
            backoff.append(0.0)
    return Prose(
        char=np.array(char, np.uint8),
        children=np.array(children, np.uint8),
        cost=np.clip(np.round(np.array(cost) / STEP), 0, 255).astype(np.uint8),
        backoff=np.clip(np.round(np.array(backoff) / STEP) + NEUTRAL, 0, 255).astype(np.uint8),
        weight=weight,
        bonus=bonus,
    )


def _interpolated(
    context: Context, following: Sequence[int], seen: Counter[int], known: dict[Context, Following], classes: int
) -> Following:
    """How many classes follow, among how many times, is the weight of the shorter context."""
    total = sum(seen.values())
    unseen = len(seen) / (total + len(seen))
    shorter = {c: _probability(c, context[1:], known) if context else 1 / classes for c in following}
    probs = {c: (1 - unseen) * seen[c] / total + unseen * shorter[c] for c in following}
    left, left_shorter = (max(1 - sum(p.values()), 1e-6) for p in (probs, shorter))
    return Following(probs=probs, backoff=left / left_shorter)


def _probability(c: int, context: Context, known: dict[Context, Following]) -> float:
    weight = 1.0
    while context and c not in (known[context].probs if context in known else ()):
        weight *= known[context].backoff if context in known else 1.0
        context = context[1:]
    return weight * known[context].probs.get(c, 1e-6)
