"""Examples: fields whose answer people have settled, as training eats them."""

from training.examples.example import Example, LeftOut
from training.examples.gather import Examples, gather

__all__ = ["Example", "Examples", "LeftOut", "gather"]
