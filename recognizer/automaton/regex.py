"""Regular expressions (RE2's syntax, as far as a finite alphabet needs it) as trees over sets of characters.

A set of characters is an int used as bits: bit i stands for `characters[i]`.
"""

import string
import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_REPEATS = 1000
MAX_DEPTH = 100


@dataclass(frozen=True, kw_only=True)
class Chars:
    """One character out of a set."""

    bits: int


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """One after the other; without parts, the empty text."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One or the other."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """`part`, from `least` to `most` times; without `most`, any number of times."""

    part: "Tree"
    least: int
    most: int | None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The begin or the end of the text."""

    at: Literal["begin", "end"]


Tree = Chars | Sequence | Choice | Repeat | Edge

CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": "\t\n\f\r ",
}
POSIX = {
    "alpha": string.ascii_letters, "digit": string.digits, "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_uppercase, "lower": string.ascii_lowercase, "punct": string.punctuation,
    "space": "\t\n\v\f\r ", "word": CLASSES["w"], "xdigit": string.hexdigits, "blank": "\t ",
}  # fmt: skip
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}


def parse(pattern: str, characters: str) -> Tree:
    """The tree of a pattern. Raises ValueError, with a sentence, for what cannot be an automaton or is no pattern."""
    parser = _Parser(pattern, characters)
    tree = parser.choice(0)
    if parser.peek():
        raise ValueError(f"there is a ) without its ( in {pattern!r}")
    return tree


def bits_of(chars: str, characters: str) -> int:
    """The set of those `chars` that are among `characters`."""
    return sum(1 << i for i, char in enumerate(characters) if char in chars)


class _Parser:
    """Recursive descent; one method per level of precedence."""

    def __init__(self, pattern: str, characters: str) -> None:
        self.pattern = pattern
        self.characters = characters
        self.place = 0
        self.folds = False
        self.all = (1 << len(characters)) - 1

    def peek(self, text: str = "") -> str:
        """What comes next: `text` if that is what comes, or one character; "" at the end."""
        if text:
            return text if self.pattern.startswith(text, self.place) else ""
        return self.pattern[self.place : self.place + 1]

    def take(self, text: str = "") -> str:
        """Step over what comes next, if it is `text`."""
        found = self.peek(text)
        self.place += len(found)
        return found

    def until(self, sign: str) -> str:
        """Step over what comes before the next `sign`, and over that."""
        end = self.pattern.find(sign, self.place)
        if end < 0:
            raise ValueError(f"missing {sign} in {self.pattern!r}")
        found, self.place = self.pattern[self.place : end], end + len(sign)
        return found

    def choice(self, depth: int) -> Tree:
        """Alternatives, up to a closing parenthesis or the end."""
        if depth > MAX_DEPTH:
            raise ValueError(f"groups more than {MAX_DEPTH} deep")
        folds, parts = self.folds, [self.sequence(depth)]
        while self.take("|"):
            parts.append(self.sequence(depth))
        self.folds = folds
        return parts[0] if len(parts) == 1 else Choice(parts=tuple(parts))

    def sequence(self, depth: int) -> Tree:
        """Repeated items, one after the other."""
        parts: list[Tree] = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.repeats(self.item(depth)))
        return parts[0] if len(parts) == 1 else Sequence(parts=tuple(parts))

    def repeats(self, item: Tree) -> Tree:
        """An item with the repeats behind it; whether they are greedy does not matter to a whole match."""
        while True:
            found = self.counts()
            if found is None:
                return item
            self.take("?")
            item = Repeat(part=item, least=found[0], most=found[1])

    def counts(self) -> tuple[int, int | None] | None:
        """The (least, most) of a repeat that comes next; `{` that begins none is a character like any other."""
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return counts
        end = self.pattern.find("}", self.place)
        if not self.peek("{") or end < 0:
            return None
        least, comma, most = self.pattern[self.place + 1 : end].partition(",")
        if not least.isdecimal() or not (most.isdecimal() or not most):
            return None
        if max(int(least), int(most or 0)) > MAX_REPEATS or int(most or least) < int(least):
            raise ValueError(f"the repeat {self.pattern[self.place : end + 1]} is not possible")
        self.place = end + 1
        return int(least), int(most) if most else None if comma else int(least)

    def item(self, depth: int) -> Tree:
        """One character, class, group or edge."""
        char = self.take()
        if char == "(":
            return self.group(depth)
        if char == "[":
            return Chars(bits=self.set())
        if char == ".":
            return Chars(bits=self.all)
        if char in "^$":
            return Edge(at="begin" if char == "^" else "end")
        if char == "\\" and self.peek() in ("A", "z"):
            return Edge(at="begin" if self.take() == "A" else "end")
        if char in "*+?":
            raise ValueError(f"there is nothing to repeat before {char} in {self.pattern!r}")
        return Chars(bits=self.escape() if char == "\\" else self.folded(char))

    def group(self, depth: int) -> Tree:
        """What stands in parentheses: a group, named or not, or flags."""
        before = self.folds
        if self.take("?"):
            if self.take("P<") or (self.peek("<") and not self.peek("<=") and not self.peek("<!") and self.take("<")):
                self.until(">")
            elif self.flags():
                return Sequence(parts=())
        inner = self.choice(depth + 1)
        if not self.take(")"):
            raise ValueError(f"a ) is missing in {self.pattern!r}")
        self.folds = before
        return inner

    def flags(self) -> bool:
        """Step over flags; whether they stand alone, as in (?i)."""
        switch = True
        while (char := self.take()) not in (":", ")"):
            if char == "-":
                switch = False
            elif char == "i":
                self.folds = switch
            elif char not in ("s", "U"):  # these two change nothing here
                raise ValueError(f"(?{char} is not possible in {self.pattern!r}: only (?:...) and (?i)")
        return char == ")"

    def set(self) -> int:
        """The inside of [...], after the opening bracket."""
        negated, bits, first = bool(self.take("^")), 0, True
        while first or not self.peek("]"):
            first = False
            if not self.peek():
                raise ValueError(f"missing ] in {self.pattern!r}")
            bits |= self.posix() if self.peek("[:") else self.range()
        self.take("]")
        return self.all & ~bits if negated else bits

    def posix(self) -> int:
        """A class such as [:alpha:]."""
        self.take("[:")
        name = self.until(":]")
        bare = name.removeprefix("^")
        if bare not in POSIX:
            raise ValueError(f"there is no class [:{name[:20]}:]")
        bits = bits_of(POSIX[bare], self.characters)
        return self.all & ~bits if name != bare else bits

    def range(self) -> int:
        """One character of a set, or a range of them."""
        first = self.take()
        if first == "\\":
            if self.peek() in tuple("dDwWsSpP"):
                return self.escape()
            first = self.escaped()
        if not self.peek("-") or self.pattern[self.place + 1 : self.place + 2] == "]":
            return self.folded(first)
        self.take("-")
        last = self.take()
        last = self.escaped() if last == "\\" else last
        if first > last:
            raise ValueError(f"the range {first}-{last} runs backwards in {self.pattern!r}")
        return self.folded("".join(char for char in self.variants() if first <= char <= last))

    def variants(self) -> str:
        """The alphabet with the other case of its letters, of which a range may speak with (?i)."""
        return self.characters + self.characters.swapcase() if self.folds else self.characters

    def escape(self) -> int:
        """What stands behind a backslash: a class, or one character."""
        kind = self.peek()
        if kind and kind.lower() in CLASSES:
            self.take()
            bits = bits_of(CLASSES[kind.lower()], self.characters)
            return self.all & ~bits if kind.isupper() else bits
        if kind in ("p", "P"):
            return self.category()
        return self.folded(self.escaped())

    def category(self) -> int:
        r"""A Unicode category, such as \pL or \p{Lu}."""
        negated = self.take() == "P"
        name = self.take()
        if name == "{":
            name = self.until("}")
        negated ^= name.startswith("^")
        name = name.removeprefix("^")
        if not name or name[0] not in "LMNPSZC" or len(name) > 2:
            raise ValueError(f"\\p{{{name[:20]}}} is not possible: only categories such as \\p{{L}} and \\p{{Lu}}")
        bits = self.folded("".join(c for c in self.variants() if unicodedata.category(c).startswith(name)))
        return self.all & ~bits if negated else bits

    def escaped(self) -> str:
        """One character that is written with a backslash."""
        char = self.take()
        if char in CONTROLS:
            return CONTROLS[char]
        if char == "x":
            code = self.until("}") if self.take("{") else self.take() + self.take()
            if not 1 <= len(code) <= 6 or set(code) - set(string.hexdigits) or int(code, 16) > 0x10FFFF:
                raise ValueError(f"\\x{code[:10]} is no character in {self.pattern!r}")
            return chr(int(code, 16))
        if not char or (char.isalnum() and char.isascii()):
            raise ValueError(f"\\{char} is not possible in {self.pattern!r}")
        return char

    def folded(self, chars: str) -> int:
        """The set of these characters; with (?i) in both cases."""
        return bits_of(chars + chars.swapcase() if self.folds else chars, self.characters)
