"""Lexicons: the answers that may stand in a field."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from recognizer.errors import FormError

MAX_BYTES = 50_000_000
MAX_ENTRY_CHARS = 500


def load_lexicon(lexicon: Path | tuple[str, ...], folder: Path = Path()) -> tuple[str, ...]:
    """The entries of a lexicon, in its order, NFC-normalized, without spaces around them.

    `lexicon` is a text file (UTF-8, one entry per line, empty lines are skipped; a relative path starts at `folder`)
    or the entries themselves. Raises FormError, which names the line, where there is nothing in it, an entry is there
    twice or is too long, or holds characters that nobody can write.
    """
    if isinstance(lexicon, tuple):
        return _entries(enumerate(lexicon, start=1), "lexicon", "entry")
    path = folder / lexicon
    return _entries(enumerate(_text(path).split("\n"), start=1), str(path), "line")


def _entries(numbered: Iterable[tuple[int, str]], where: str, unit: str) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for number, raw in numbered:
        entry = unicodedata.normalize("NFC", raw.strip())
        if not entry:
            continue
        at = f"{where}: {unit} {number}"
        if entry in seen:
            raise FormError(f"{at}: {entry[:60]!r} is already in {unit} {seen[entry]} - mend: remove one of them")
        if len(entry) > MAX_ENTRY_CHARS:
            raise FormError(f"{at}: longer than {MAX_ENTRY_CHARS} characters - mend: write one entry per line")
        if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") for char in entry):
            raise FormError(f"{at}: {entry[:60]!r} holds a control character - mend: write plain text, UTF-8")
        seen[entry] = number
    if not seen:
        raise FormError(f"{where}: no entries - mend: write one answer per line")
    return tuple(seen)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormError(f"{path}: cannot be read: {reason} - mend: correct the path, or make the file") from error
    if len(data) > MAX_BYTES:
        raise FormError(f"{path}: larger than {MAX_BYTES:,} bytes - mend: is this a lexicon?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FormError(f"{path}: line {line}: not UTF-8 text - mend: save it with the encoding UTF-8") from error
