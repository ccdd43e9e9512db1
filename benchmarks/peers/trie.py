"""Decode CTC output within a lexicon: the exact probability of every entry, by CTC's forward algorithm on a trie.

For a peer that offers no such thing, so that it is measured at its best; independent of Penfield's own decoder.
"""

from collections.abc import Mapping, Sequence

import numpy as np


class Trie:
    """Entries of a lexicon as nodes in arrays: each has a parent, a class number, and node 0 is the root."""

    def __init__(self, entries: Sequence[str], numbers: Mapping[str, int]) -> None:
        """`numbers` are the class numbers of characters; 0 is CTC's blank. Unwritable entries are left out."""
        children: dict[tuple[int, int], int] = {}
        parents, classes, ends = [0], [0], {}
        for entry in entries:
            if not set(entry) <= set(numbers):
                continue
            node = 0
            for number in (numbers[char] for char in entry):
                if (node, number) not in children:
                    children[node, number] = len(parents)
                    parents.append(node)
                    classes.append(number)
                node = children[node, number]
            ends[node] = entry
        self.parents, self.classes = np.array(parents), np.array(classes)
        self.repeats = (self.classes == self.classes[self.parents]).astype(float)
        self.ends, self.entries = np.array(list(ends)), list(ends.values())

    def best(self, probs: np.ndarray) -> tuple[str, float]:
        """The likeliest entry and its posterior, from (frames, classes) probabilities."""
        blank, char = np.zeros(len(self.parents)), np.zeros(len(self.parents))
        blank[0] = 1.0
        for row in probs.astype(np.float64):
            both = blank + char
            entered = both[self.parents] - self.repeats * char[self.parents]  # a double letter needs a blank between
            char = (char + entered) * row[self.classes]
            char[0] = 0.0
            blank = both * row[0]
            scale = max(blank.max(), char.max(), 1e-300)
            blank, char = blank / scale, char / scale
        scores = (blank + char)[self.ends]
        if not scores.sum() > 0:
            return "", 0.0
        return self.entries[int(scores.argmax())], float(scores.max() / scores.sum())
