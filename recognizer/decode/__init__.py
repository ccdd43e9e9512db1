"""Decoding: from the text network's output to the most probable texts of a field's language."""

from recognizer.decode.best import NEVER, Decoded, decode, log_mass
from recognizer.decode.weigh import log_probabilities

__all__ = ["NEVER", "Decoded", "decode", "log_mass", "log_probabilities"]
