"""Which form is a page of, and where on the page does it lie."""

from recognizer.align.alignment import Alignment
from recognizer.align.index import FormIndex

__all__ = ["Alignment", "FormIndex"]
