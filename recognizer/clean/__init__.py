"""Clean: measure a scan's condition, repair what needs it, free fields of their printed lines."""

from recognizer.clean.ink import InkMeasure, has_ink, is_written
from recognizer.clean.lines import remove_lines
from recognizer.clean.measure import measure, measure_field, quality_of
from recognizer.clean.orientation import text_turns
from recognizer.clean.repair import repair
from recognizer.clean.survey import survey
from recognizer.clean.verdict import is_blank, is_blank_survey, unreadable

__all__ = [
    "InkMeasure",
    "has_ink",
    "is_blank",
    "is_blank_survey",
    "is_written",
    "measure",
    "measure_field",
    "quality_of",
    "remove_lines",
    "repair",
    "survey",
    "text_turns",
    "unreadable",
]
