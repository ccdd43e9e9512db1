"""Forms: what is printed on a page, where, and what may be written there."""

from recognizer.form.lexicon import load_lexicon
from recognizer.form.load import load_form
from recognizer.form.model import (
    BlankPage,
    Box,
    Check,
    Field,
    FilledCheck,
    Form,
    Kind,
    Mark,
    Marks,
    Option,
    OrderCheck,
    PageSize,
    PrintedBoxes,
    Registration,
    ReviewPolicy,
    Rules,
    SumCheck,
)
from recognizer.form.schema import json_schema

__all__ = [
    "BlankPage",
    "Box",
    "Check",
    "Field",
    "FilledCheck",
    "Form",
    "Kind",
    "Mark",
    "Marks",
    "Option",
    "OrderCheck",
    "PageSize",
    "PrintedBoxes",
    "Registration",
    "ReviewPolicy",
    "Rules",
    "SumCheck",
    "json_schema",
    "load_form",
    "load_lexicon",
]
