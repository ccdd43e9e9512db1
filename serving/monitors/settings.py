"""Settings of the monitors, such as:

chance: 0.05             # that any alarm about drift is ever false, while nothing changes
reference_pages: 127     # so many pages say what is usual
begin: 2026-11-01        # pages that came in before are not looked at
queue_hours: 72          # plain limits, from which an alarm sounds; none: never
outbox_hours: 24
page_seconds: 60         # the middle one of the last 50 pages, from its file to its readings
silent_hours: none       # so long no page came in
"""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Setting

from recognizer.errors import FormError, UsageError
from recognizer.form.source import read_source

Hours = Annotated[float, Setting(gt=0, le=1e5, allow_inf_nan=False)]
TOGETHER = 0.1
"""The part of the chance that is for several measures together, and for how people write."""
MENDS = {
    "chance": "a probability from 0.0001 to 0.5, such as 0.05",
    "reference_pages": "a whole number of pages from 15 to 2047, such as 127",
    "begin": "a day, such as 2026-11-01",
}


class Settings(BaseModel):
    """What the monitors keep to.

    `chance` is the probability with which any drift alarm is ever sounded, over all monitors, slices and looks
    together, while nothing changes. `reference_pages` are the first pages of a slice: they say what is usual. The
    others are plain limits; None switches one off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chance: Annotated[float, Setting(ge=1e-4, le=0.5)] = 0.05
    reference_pages: Annotated[int, Setting(ge=15, le=2047)] = 127
    begin: date | None = None
    queue_hours: Hours | None = 72.0
    outbox_hours: Hours | None = 24.0
    page_seconds: Annotated[float, Setting(gt=0, le=1e5, allow_inf_nan=False)] | None = 60.0
    silent_hours: Hours | None = None

    @property
    def chance_single(self) -> float:
        """What of the chance is for measures one by one."""
        return (1 - TOGETHER) * self.chance

    @property
    def chance_together(self) -> float:
        """What of it is for each of the two classifiers that look at several measures together."""
        return TOGETHER * self.chance / 2


def load_settings(path: Path) -> Settings:
    """The settings that the YAML file at `path` says.

    Raises InputError where there is no such file, and UsageError with a line for every mistake.
    """
    try:
        source = read_source(path)
    except FormError as error:
        raise UsageError(str(error).replace("docs/FORMS.md", "docs/MONITORS.md")) from error
    if not isinstance(source.data, dict):
        raise UsageError(f"{path}:1: no settings - mend: write, say, `chance: 0.05`")
    complaints = [f"{path}:{source.line(each.place)}: {each.what} - mend: {each.mend}" for each in source.complaints]
    try:
        given = {name: None if value == "none" else value for name, value in source.data.items()}
        settings = Settings.model_validate(given)
    except ValidationError as error:
        complaints += [
            f"{path}:{source.line(tuple(each['loc']))}: {each['loc'][0]}: {_sentence(each)}" for each in error.errors()
        ]
    if complaints:
        raise UsageError("\n".join(sorted(set(complaints))))
    return settings


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    if error["type"] == "extra_forbidden":
        return f"unknown setting - mend: one of {', '.join(Settings.model_fields)}"
    return f"{error['msg']} - mend: {MENDS.get(str(error['loc'][0]), 'a number above 0, or none')}"
