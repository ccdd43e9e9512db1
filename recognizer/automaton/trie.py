"""From a lexicon to the tree of its entries, in which every state is the beginning of one entry or of several."""

from collections.abc import Iterable

from recognizer.automaton.machine import TooLargeError

MAX_TRIE_STATES = 2_000_000

Tree = tuple[list[int], list[int], list[bool]]
"""Of every state the state before it (-1 for the start) and the number of the character that leads to it, and whether
an entry ends there."""


def tree_of(entries: Iterable[str], characters: str) -> Tree:
    """The tree of those entries that can be written in the characters, every state after the one that it follows.

    Raises TooLargeError.
    """
    numbers = {char: i for i, char in enumerate(characters)}
    before, char_of, ends = [-1], [-1], [False]
    path, last = [0], ""
    known = (entry for entry in set(entries) if set(entry) <= set(numbers))
    for entry in sorted(known, key=lambda entry: [numbers[char] for char in entry]):
        same = 0
        while same < min(len(entry), len(last)) and entry[same] == last[same]:
            same += 1
        del path[same + 1 :]
        for char in entry[same:]:
            before.append(path[-1])
            char_of.append(numbers[char])
            ends.append(False)
            path.append(len(before) - 1)
        ends[path[-1]] = True
        last = entry
        if len(before) > MAX_TRIE_STATES:
            raise TooLargeError(f"its entries have more than {MAX_TRIE_STATES:,} different beginnings")
    return before, char_of, ends
