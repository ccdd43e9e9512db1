"""The values that a form definition consists of; their schema is what users write in YAML."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Setting

Kind = Literal[
    "digits", "number", "amount", "date", "ssn", "phone", "code", "name", "text",
    "choice", "checkbox", "choice_group", "signature",
]  # fmt: skip
MARK_KINDS: frozenset[Kind] = frozenset({"checkbox", "choice_group"})

Box = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the form's own page, origin top left."""


class Value(BaseModel):
    """A frozen value that refuses settings it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PageSize(Value):
    """The form's page, in pixels at a resolution; all boxes of the form are measured on it."""

    width: int = Setting(gt=0, le=20_000, description="width of the page in pixels at `dpi`")
    height: int = Setting(gt=0, le=20_000, description="height of the page in pixels at `dpi`")
    dpi: int = Setting(ge=50, le=1200, description="pixels per inch at which the boxes were measured")


class BlankPage(Value):
    """The page is found by comparing it with an image of the unfilled form."""

    method: Literal["blank_page"] = Setting(description="compare the page with an image of the blank form")
    image: Path = Setting(description="image of the blank form; a relative path starts at the form's own folder")


class Mark(Value):
    """One printed mark: its kind, its centre on the page and what it holds."""

    kind: Literal["square", "aruco", "qr"] = Setting(description="a filled square, an ArUco marker or a QR code")
    center: tuple[int, int] = Setting(description="centre of the mark in pixels of the page")
    size: int = Setting(gt=4, description="edge length in pixels of the page")
    dictionary: str = Setting(default="DICT_4X4_50", description="ArUco dictionary, by OpenCV's name")
    id: int | None = Setting(default=None, description="ArUco id")
    text: str | None = Setting(default=None, description="what the QR code says; names the form")


class Marks(Value):
    """The page is found by printed marks: corner squares, ArUco markers or a QR code."""

    method: Literal["marks"] = Setting(description="look for printed marks")
    marks: tuple[Mark, ...] = Setting(min_length=1, description="the marks; squares: at least three")


class PrintedBoxes(Value):
    """The page is found by the geometry of its printed boxes; for forms of which there is no blank page."""

    method: Literal["boxes"] = Setting(description="look for the printed boxes")
    boxes: tuple[Box, ...] = Setting(default=(), description="printed boxes besides those of the fields")


Registration = Annotated[BlankPage | Marks | PrintedBoxes, Setting(discriminator="method")]


class Option(Value):
    """One answer of a choice; in a choice group it has a box of its own."""

    value: str = Setting(min_length=1, max_length=200, description="what a reading of this answer says")
    box: Box | None = Setting(default=None, description="box to mark, inside the field's box (choice_group)")


class Rules(Value):
    """What a value must fulfil to be possible; a value that does not always goes to review."""

    required: bool = Setting(default=False, description="a blank field goes to review")
    min_value: float | None = Setting(default=None, description="least number (digits, number, amount)")
    max_value: float | None = Setting(default=None, description="greatest number (digits, number, amount)")
    min_length: int | None = Setting(default=None, ge=0, description="fewest characters of a written value")
    max_length: int | None = Setting(default=None, ge=1, le=500, description="most characters of a written value")
    check_digit: Literal["luhn", "gtin", "aba"] | None = Setting(
        default=None, description="how the last digit follows from the others (digits, number, code)"
    )
    date_order: Literal["mdy", "dmy", "ymd"] = Setting(default="mdy", description="order of a date's parts")
    not_before: datetime.date | None = Setting(default=None, description="first possible date, yyyy-mm-dd")
    not_after: datetime.date | None = Setting(default=None, description="last possible date, yyyy-mm-dd")


class ReviewPolicy(Value):
    """When a reading is accepted without a person. `threshold` is the least confidence."""

    threshold: float | None = Setting(
        default=None,
        ge=0,
        le=1,
        description="least confidence for acceptance; without it the form's `thresholds` count",
    )
    always: bool = Setting(default=False, description="every reading of this field goes to review")


class Field(Value):
    """One field of a form: where it is, what may be written there, and when a person must look."""

    name: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="name in the records, unique in the form")
    kind: Kind = Setting(description="what is written there")
    box: Box = Setting(description="[x, y, width, height] in pixels of the page")
    label: str = Setting(default="", max_length=500, description="words printed beside the box, shown to reviewers")
    printed_box: bool = Setting(default=True, description="`box` is printed on the page (its lines are removed)")
    comb: int | None = Setting(default=None, ge=2, le=60, description="number of cells printed in the box, if any")
    pattern: str | None = Setting(default=None, max_length=500, description="regular expression of the whole value")
    lexicon: Path | tuple[str, ...] | None = Setting(default=None, description="file, one entry per line, or a list")
    options: tuple[Option, ...] = Setting(default=(), max_length=100, description="answers of a choice or choice_group")
    multiple: bool = Setting(default=False, description="a choice group in which several options may be marked")
    rules: Rules = Setting(default=Rules(), description="what a value must fulfil to be possible")
    review: ReviewPolicy = Setting(default=ReviewPolicy(), description="when a person must look")
    sensitive: bool = Setting(default=False, description="values and pictures are masked outside ledger and records")

    @property
    def is_marks(self) -> bool:
        """Whether the field is answered by marking boxes instead of writing."""
        return self.kind in MARK_KINDS

    @property
    def is_sensitive(self) -> bool:
        """Whether its values must not leave the fields' own store unmasked."""
        return self.sensitive or self.kind == "ssn"

    @model_validator(mode="after")
    def _options_fit_kind(self) -> Field:
        if self.kind == "choice_group" and (len(self.options) < 2 or any(o.box is None for o in self.options)):
            raise ValueError("a choice_group needs at least two options, each with a box")
        if self.kind == "choice" and not (self.options or self.lexicon):
            raise ValueError("a choice needs options or a lexicon: the answers that may be written")
        return self


class OrderCheck(Value):
    """Two dates: one is not after the other."""

    rule: Literal["order"] = Setting(description="one date is not after the other")
    earlier: str = Setting(description="name of the field with the earlier date")
    later: str = Setting(description="name of the field with the later date")

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is about."""
        return self.earlier, self.later


class SumCheck(Value):
    """Amounts or numbers, and their sum."""

    rule: Literal["sum"] = Setting(description="numbers add up to another one")
    of: tuple[str, ...] = Setting(min_length=1, max_length=100, description="names of the fields that are added")
    equals: str = Setting(description="name of the field with the sum")
    within: float = Setting(default=0.005, ge=0, description="by how much the sum may differ")

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is about."""
        return *self.of, self.equals


class FilledCheck(Value):
    """A field that must be filled in where another one has a certain value."""

    rule: Literal["filled"] = Setting(description="a field must be filled in where another one says so")
    field: str = Setting(description="name of the field that must be filled in")
    when: str = Setting(description="name of the field that decides it")
    has: str = Setting(description="the value with which it does")

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is about."""
        return self.field, self.when


Check = Annotated[OrderCheck | SumCheck | FilledCheck, Setting(discriminator="rule")]


class Form(Value):
    """One page of a paper form."""

    name: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="name in the records")
    title: str = Setting(default="", max_length=500, description="title for people")
    version: int = Setting(default=1, ge=1, description="number of this edition of the form")
    page: PageSize = Setting(description="size of the page on which all boxes are measured")
    registration: Registration = Setting(description="how a scanned page is matched with the form")
    thresholds: dict[Kind, Annotated[float, Setting(ge=0, le=1)]] = Setting(
        default={}, description="least confidence for acceptance, by kind of field"
    )
    fields: tuple[Field, ...] = Setting(min_length=1, max_length=1000, description="the fields on the page")
    checks: tuple[Check, ...] = Setting(default=(), max_length=200, description="what fields must fulfil together")
    folder: Path = Setting(default=Path(), exclude=True, description="where the definition lies; set when it is loaded")
