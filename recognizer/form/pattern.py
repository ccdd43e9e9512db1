"""Patterns: regular expressions that a field's whole value must match."""

import re
from typing import Any

import re2

MAX_PROGRAM_BYTES = 1 << 22

UNSUPPORTED = (
    (re.compile(r"\(\?<?[=!]"), "look-ahead and look-behind are not possible"),
    (re.compile(r"\\[1-9]|\(\?P="), "backreferences are not possible"),
    (re.compile(r"\(\?>|[*+?}]\+"), "atomic groups and possessive repeats are not possible"),
)
"""What Python's expressions have and regular languages do not; what is left can be checked in linear time."""


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern (google-re2). Raises ValueError with a sentence on what is wrong with it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        plain = re.sub(r"\\\\", "", pattern)
        for feature, sentence in UNSUPPORTED:
            if feature.search(plain):
                raise ValueError(f"{sentence} in {pattern!r}") from error
        detail = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"{pattern!r} is not a regular expression: {detail}") from error
