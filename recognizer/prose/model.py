"""Prose: which characters follow which in what people write, as an n-gram model with backoff.

A network trained with CTC reads letter by letter; what it takes for `tne` a person reads as `the`. The model is used
for fields of free text and names only: what stands in a number follows from nothing before it.
"""

import json
import lzma
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recognizer.decode.kernel import kernel
from recognizer.errors import BundleError

ARRAYS = ("char", "children", "cost", "backoff")
STEP = 0.0625
"""Natural logarithms are kept as multiples of this in a byte; a probability below exp(-15.9) counts as that."""
NEUTRAL = 64
"""How a backoff of 1 is kept: more than that is possible where much is left out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prose:
    """A trie of n-grams in the order of a walk in breadth; node 0 is the empty one.

    Node i is the n-gram of its parent's characters and `char[i]`, a class number of the alphabet: class
    `characters + 1` ends a text, `characters + 2` begins one. `children[i]` is how many n-grams continue it, all side
    by side and sorted by class; `cost[i]` is -ln P(char | the parent's characters), `backoff[i]` -ln of what a
    character that follows it nowhere is to be weighed with, both in `STEP`, the latter counted from `NEUTRAL`. `weight`
    and `bonus` say how much the model counts beside the network: a text's score is
    P(text | image) P(text)^weight exp(bonus length).
    """

    char: np.ndarray
    children: np.ndarray
    cost: np.ndarray
    backoff: np.ndarray
    weight: float
    bonus: float

    def __len__(self) -> int:
        return len(self.char)

    @cached_property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What `follow` walks: the first child of each node (one more at the end), `char`, `cost`, `backoff`, the node
        of each node's longest proper suffix, and the node that is the state after it: itself, or its longest suffix
        that something continues.
        """
        first = np.concatenate([[1], 1 + np.cumsum(self.children, dtype=np.int64)])
        char = self.char.astype(np.int64)
        return (
            first,
            char,
            self.cost.astype(np.float64),
            self.backoff.astype(np.float64) - NEUTRAL,
            *_links(first, char),
        )

    @cached_property
    def begin(self) -> int:
        """The state before a text's first character."""
        first, char, _, _, _, state = self.arrays
        return int(state[find(first, char, 0, int(char[1 : first[1]].max()))])


@kernel
def _links(first: np.ndarray, char: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = len(char)
    suffix, state = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for node in range(count):
        for child in range(first[node], first[node + 1]):
            above = suffix[node]
            while node:  # the children of node 0 have the empty suffix
                found = find(first, char, above, char[child])
                if found >= 0:
                    suffix[child] = found
                    break
                if above == 0:
                    break
                above = suffix[above]
    for node in range(1, count):
        state[node] = node if first[node + 1] > first[node] else state[suffix[node]]
    return suffix, state


@kernel
def find(first: np.ndarray, char: np.ndarray, node: int, wanted: int) -> int:
    """The child of a node with a class, -1 if there is none: the children are sorted."""
    low, high = first[node], first[node + 1]
    while low < high:
        middle = (low + high) // 2
        if char[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < first[node + 1] and char[low] == wanted else -1


@kernel
def follow(
    first: np.ndarray, char: np.ndarray, cost: np.ndarray, backoff: np.ndarray, suffix: np.ndarray, state: np.ndarray,
    here: int, wanted: int, unknown: float,
) -> tuple[float, int]:  # fmt: skip
    """-ln P(class | state) in `STEP`, and the state after it; `unknown` for a class that stands nowhere."""
    total = 0.0
    while True:
        child = find(first, char, here, wanted)
        if child >= 0:
            return total + cost[child], state[child]
        if here == 0:
            return total + unknown, 0
        total += backoff[here]
        here = suffix[here]


def to_bytes(prose: Prose) -> bytes:
    """As compressed bytes: a header of JSON, a line feed, then the four arrays one after the other."""
    header = {"ngrams": len(prose), "weight": prose.weight, "bonus": prose.bonus}
    arrays = b"".join(getattr(prose, name).tobytes() for name in ARRAYS)
    return lzma.compress(json.dumps(header).encode() + b"\n" + arrays, preset=9 | lzma.PRESET_EXTREME)


def from_bytes(data: bytes) -> Prose:
    """Raises BundleError for bytes that are no such model."""
    try:
        header, _, arrays = lzma.decompress(data).partition(b"\n")
        facts = json.loads(header)
        parts = np.frombuffer(arrays, np.uint8).reshape(len(ARRAYS), facts["ngrams"])
        prose = Prose(
            **dict(zip(ARRAYS, parts, strict=True)), weight=float(facts["weight"]), bonus=float(facts["bonus"])
        )
    except (lzma.LZMAError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"the model of prose is damaged: {error}") from error
    if int(prose.children.sum()) + 1 != len(prose):
        raise BundleError("the model of prose is damaged: its parts do not fit")
    return prose
