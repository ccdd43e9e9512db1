"""Lines of common words of the languages that the alphabet writes, from the package wordfreq (Speer, 2022), where it is
installed: a model of prose that knew only its training data would take an unknown name for a misspelt known one.
"""

from importlib.util import find_spec

import numpy as np

LANGUAGES = ("en", "de", "fr")
WORDS = 30_000
LINES = 15_000
EVENNESS = 0.8
"""Exponent of a word's frequency: below 1, rare words occur more often than they do."""
CAPITALS = 0.2


def common_lines(seed: int = 0) -> list[str]:
    """Lines of one to seven words drawn by frequency; none without the package."""
    if find_spec("wordfreq") is None:
        return []
    rng = np.random.default_rng(seed)
    return [line for language in LANGUAGES for line in _lines(language, rng)]


def _lines(language: str, rng: np.random.Generator) -> list[str]:
    import wordfreq

    words = wordfreq.top_n_list(language, WORDS)
    weights = np.array([wordfreq.word_frequency(word, language) for word in words]) ** EVENNESS
    lines = []
    for length in rng.integers(1, 8, LINES):
        drawn = [words[i] for i in rng.choice(len(words), length, p=weights / weights.sum())]
        lines.append(" ".join(word.capitalize() if rng.random() < CAPITALS else word for word in drawn))
    return lines
