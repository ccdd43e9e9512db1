"""Stacks: several models that read as one, each of them in full view."""

from recognizer.stack.combine import (
    BLANK,
    ITSELF,
    NONE,
    VOICE,
    Claim,
    Verdict,
    Weights,
    combine,
    first_of,
    heard,
    kind_of,
    voices,
    width,
)
from recognizer.stack.stack import Combiner, Component, Members, Stack

__all__ = [
    "BLANK", "ITSELF", "NONE", "VOICE", "Claim", "Combiner", "Component", "Members", "Stack", "Verdict", "Weights",
    "combine", "first_of", "heard", "kind_of", "voices", "width",
]  # fmt: skip
