"""How all stands, as one HTML page that stands on its own; nothing of a field's content is on it."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from serving.diagnose.page import SAYS
from serving.diagnose.plots import spread
from serving.ledger import Alarm
from serving.monitors.report import Report
from serving.truth.moment import shown

if TYPE_CHECKING:
    from jinja2 import Template

NAMES: Mapping[str, str] = {
    **SAYS, "ink_coverage": "ink", "bleed_through": "ink that shines through", "width_px": "width, pixels",
    "height_px": "height, pixels", "unreadable": "pages that cannot be read", "least_confidence": "least confidence",
    "digits": "share of digits", "yes": "boxes that are marked", "same_confidence": "the same confidence again",
    "to_people": "sent to people", "models_agree": "agreement with the champion",
    "parts_agree": "agreement within the stack", "right": "found right by people", "agrees": "agreement of people",
    "seconds": "seconds for an answer",
}  # fmt: skip
"""Measures in words."""
TELLING = 0.1
"""From this part of the evidence that is due a slice stands in the table that is open."""


def html(report: Report) -> str:
    """The page."""
    states = [each.state for each in report.standings]
    return _template().render(
        report=report, shown=shown, named=lambda name: NAMES.get(name, name), where=where,
        charts=[(standing, shift, _png(spread(shift))) for standing, shift in report.charts],
        telling=[each for each in report.standings if each.alarm is not None or each.share >= TELLING],
        quiet=[each for each in report.standings if each.alarm is None and each.share < TELLING], says=says,
        watching=len(states) - states.count("collecting"), collecting=states.count("collecting"),
    )  # fmt: skip


def says(alarm: Alarm) -> str:
    """The evidence of an alarm as a sentence; the bare words of it where it is about a limit."""
    told = alarm.evidence
    if "was" not in told:
        return alarm.grounds
    units = ", ".join(f"{told[name]:,} {name}" for name in ("pages", "answers", "fields") if told.get(name))
    sentence = (
        f"{NAMES.get(told['measure'], told['measure'])}: {told['was']:.3g} was usual, now {told['now']:.3g} "
        f"({told['side']}); told after {units}; PSI {told['PSI']:.2f}, KS {told['KS']:.2f}"
    )
    others = [NAMES.get(each, each) for each in str(told.get("others", "")).split(", ") if each]
    more = (("with it ", ", ".join(others)), ("also seen in ", told.get("also", "")))
    return "; ".join([sentence, *(f"{lead}{each}" for lead, each in more if each)])


def where(values: Mapping[str, str]) -> str:
    """A slice in words."""
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items())) or "all"


def _png(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "–" if share is None else f"{100 * share:.1f}%"
    environment.filters["words"] = lambda name: name.replace("_", " ")
    environment.filters["opened"] = lambda words: words[:1].upper() + words[1:]
    return environment.get_template("monitors/monitors.html.j2")
