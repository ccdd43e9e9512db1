"""Clean: measure a scan's condition, repair what needs it, free fields of their printed lines."""

from recognizer.clean.ink import InkMeasure, has_ink
from recognizer.clean.lines import remove_lines
from recognizer.clean.measure import measure, measure_field
from recognizer.clean.orientation import text_turns
from recognizer.clean.repair import repair
from recognizer.clean.verdict import is_blank, unreadable

__all__ = [
    "InkMeasure",
    "has_ink",
    "is_blank",
    "measure",
    "measure_field",
    "remove_lines",
    "repair",
    "text_turns",
    "unreadable",
]
