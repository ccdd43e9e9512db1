"""Forms: what is printed on a page, where, and what may be written there."""

from recognizer.form.model import (
    BlankPage,
    Box,
    Field,
    Form,
    Kind,
    Mark,
    Marks,
    Option,
    PageSize,
    PrintedBoxes,
    Registration,
    ReviewPolicy,
    Rules,
)

__all__ = [
    "BlankPage",
    "Box",
    "Field",
    "Form",
    "Kind",
    "Mark",
    "Marks",
    "Option",
    "PageSize",
    "PrintedBoxes",
    "Registration",
    "ReviewPolicy",
    "Rules",
]
