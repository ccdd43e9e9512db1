"""The characters that the text network knows, and the way between a text and its class numbers."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

ASCII = "".join(map(chr, range(0x20, 0x7F)))
LATIN_1 = "".join(chr(c) for c in range(0xC0, 0x100) if chr(c) not in "×÷ÐðÞþ")
LATIN = ASCII + LATIN_1 + "ŒœŸ«»°§£€’–"

OTHER = "\ufffd"
"""In an alphabet, stands for a run of whatever characters the alphabet has not."""
NUMERALS = " $()+,-./0123456789£€" + OTHER

PLAIN = str.maketrans("“”‘—", '""\'–')


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """Class 0 is the blank of CTC; character i of `characters` is class i + 1."""

    characters: str = LATIN

    def __len__(self) -> int:
        return len(self.characters) + 1

    def covers(self, text: str) -> bool:
        """Whether every character of the text is known."""
        return set(text) <= set(self.characters)

    def written(self, text: str) -> str:
        """A text as this alphabet can write it: where it has `OTHER`, that stands for runs of unknown characters."""
        return re.sub(f"[^{re.escape(self.characters)}]+", OTHER, text) if OTHER in self.characters else text

    def encode(self, text: str) -> np.ndarray:
        """Class numbers of a text as it is `written`, int64 (n,). Raises KeyError for an unknown character."""
        numbers = {c: i for i, c in enumerate(self.characters, start=1)}
        return np.array([numbers[c] for c in self.written(text)], np.int64)


def normal_text(text: str) -> str:
    """Text as it is compared everywhere: NFC, single spaces, typographic quotes made plain."""
    text = unicodedata.normalize("NFC", text).translate(PLAIN)
    return " ".join(text.split())
