"""How probable given texts are: CTC's forward algorithm (Graves et al., 2006) along each of them."""

from collections.abc import Sequence

import numpy as np

from recognizer.decode.kernel import kernel


def log_probabilities(log_probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(n,) exact log P(text | image) of texts as class numbers; -inf for what no frame admits.

    `log_probs` is (frames, classes), natural logarithms; class 0 is CTC's blank.
    """
    lengths = np.array([len(text) for text in texts], np.int64)
    padded = np.zeros((len(texts), max(1, lengths.max(initial=0))), np.int64)
    for row, text in zip(padded, texts, strict=True):
        row[: len(text)] = text
    return weigh(np.exp(np.asarray(log_probs, np.float64)), padded, lengths)


@kernel
def weigh(probs, texts, lengths):  # type: ignore[no-untyped-def]
    """Exact log P(text | image) of each of `texts`, (n, most)."""
    found = np.empty(len(texts))
    for i in range(len(texts)):
        found[i] = _log_probability(probs, texts[i, : lengths[i]])
    return found


@kernel
def _log_probability(probs, text):  # type: ignore[no-untyped-def]
    """Exact log P(text | image): CTC's forward algorithm, every frame scaled."""
    nodes = np.zeros(2 * len(text) + 1)
    nodes[0] = 1.0
    log_scale = 0.0
    for t in range(len(probs)):
        row = probs[t]
        for i in range(len(nodes) - 1, -1, -1):
            emitted = text[i // 2] if i % 2 else 0
            total = nodes[i]
            if t > 0 or i < 2:
                if i > 0:
                    total += nodes[i - 1]
                if i > 2 and i % 2 and emitted != text[i // 2 - 1]:
                    total += nodes[i - 2]
            nodes[i] = total * row[emitted]
        top = nodes.max()
        if top <= 0.0:
            return -np.inf
        nodes /= top
        log_scale += np.log(top)
    ends = nodes[-1] + (nodes[-2] if len(text) else 0.0)
    return log_scale + np.log(ends) if ends > 0.0 else -np.inf
