"""Prose: what follows what in the texts that people write, and how free text is read with it."""

from recognizer.prose.model import Prose, from_bytes, to_bytes
from recognizer.prose.search import decode_prose, prose_weights

__all__ = ["Prose", "decode_prose", "from_bytes", "prose_weights", "to_bytes"]
