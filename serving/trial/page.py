"""A trial as one HTML page that stands on its own: verdict, both accuracies, evidence, slices, guards, crops."""

import base64
import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.ledger import Ledger
from serving.models.words import scope_words, short
from serving.trial.comparison import Comparison, Share
from serving.trial.telling import Differing, Right, Told

if TYPE_CHECKING:
    from jinja2 import Template

MOST_SHOWN = 24
"""So many crops of each sort are on the page."""
MOST_POINTS = 400
WIDTH, HALF = 600.0, 90.0
"""Of the plot of evidence: its width, and half of its height."""
HEADROOM = 1.6
"""So much more than the capital that is needed (its logarithm) fits into it; what is beyond is cut off."""
GROUPS: tuple[tuple[Right, str], ...] = (
    ("champion", "Lost: only the champion is right"),
    ("challenger", "Gained: only the challenger is right"),
    ("open", "Not answered"),
    ("neither", "Neither is right"),
)


def html(ledger: Ledger, told: Told) -> str:
    """The page. Values and pictures of sensitive fields are masked; those of others are on it."""
    groups = [(words, told.of(right)) for right, words in GROUPS]
    shown = [
        (words, len(some), [(crop, _picture(ledger, crop)) for crop in some[:MOST_SHOWN]])
        for words, some in groups
        if some
    ]
    return _render(told, shown, kept=False)


def kept_html(told: Told) -> str:
    """The same without crops: nothing is on it that was written on forms, nor where it stood."""
    return _render(told, [], kept=True)


def verdict(told: Told) -> str:
    """What the trial has come to, in a sentence."""
    whole, needed = told.whole, f"{told.wanted:,.0f}"
    match told.trial.outcome:
        case "promoted":
            return f"The challenger {told.challenger} was better, and was made champion{_score(told.whole)}."
        case "kept":
            return f"The champion {told.champion} stays{_score(told.whole)}."
        case "rolled_back":
            return (
                f"The activation of {told.champion} was undone: {told.challenger}, which it had replaced, was better."
            )
        case "failed":
            return f"The trial failed; the champion {told.champion} stays."
        case "stopped":
            return "The trial was stopped before it came to anything."
    if whole.evidence >= told.wanted:
        return "The bet on the challenger is won, but a guard does not let it pass."
    return f"Not decided yet: evidence {whole.evidence:,.1f} of {needed} needed."


def _score(whole: Comparison) -> str:
    """How often each is right; "" where it is not known."""
    champion, challenger = whole.champion.value, whole.challenger.value
    if champion is None or challenger is None:
        return ""
    return f": champion {champion:.1%} right, challenger {challenger:.1%}"


def _render(told: Told, crops: Sequence[Any], *, kept: bool) -> str:
    trial, whole = told.trial, told.whole
    rows = [("all", (whole,)), ("by kind", told.kinds), ("by quality of scan", told.qualities)]
    span = _span([row for _, some in rows for row in some])
    floor = _floor((whole.champion, whole.challenger))
    return _template().render(
        told=told, trial=trial, whole=whole, name=short(trial.trial_id), scope=scope_words(trial.scope),
        verdict=verdict(told), floor=floor, span=span, kept=kept, crops=crops, most=MOST_SHOWN,
        sides=[("champion", told.champion, whole.champion, _bar(whole.champion, floor, 1.0)),
               ("challenger", told.challenger, whole.challenger, _bar(whole.challenger, floor, 1.0))],
        rows=[(heading, [(row, _bar(row.gain, -span, span)) for row in some]) for heading, some in rows],
        curves=_curves(told), asked=len(told.course.challenger), line=HALF / HEADROOM, width=WIDTH, half=HALF,
    )  # fmt: skip


def _span(rows: Sequence[Comparison]) -> float:
    """How far the axis of gains goes to both sides: so that the intervals of what is known fit in."""
    ends = [end for row in rows if row.gained + row.lost for end in (row.gain.low, row.gain.high)]
    return min(1.0, math.ceil(20 * max((abs(end) for end in ends), default=1.0)) / 20)


def _floor(shares: Sequence[Share]) -> float:
    """Where the axis of accuracies begins: at tens of percent."""
    return min(math.floor(10 * min(share.low for share in shares)) / 10, 0.9)


def _bar(share: Share, low: float, high: float) -> dict[str, float | None]:
    """Percent of the axis: where the interval begins, how wide it is, and where the value is."""

    def at(value: float) -> float:
        return 100 * min(max((value - low) / (high - low), 0.0), 1.0)

    left = at(share.low)
    return {"left": left, "wide": at(share.high) - left, "value": None if share.value is None else at(share.value)}


def _curves(told: Told) -> dict[str, str]:
    """Points of the capitals' logarithms over the crops: the challenger's upwards, the champion's downwards."""
    unit = HALF / (HEADROOM * math.log10(told.wanted))
    count = len(told.course.challenger)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(int))
    drawn = {}
    for name, logs, sign in (("challenger", told.course.challenger, 1), ("champion", told.course.champion, -1)):
        points = [(0.0, 0.0), *(((at + 1) / count * WIDTH, float(logs[at])) for at in chosen)]
        drawn[name] = " ".join(f"{x:.1f},{HALF - sign * y * unit:.1f}" for x, y in points)
    return drawn


def _picture(ledger: Ledger, crop: Differing) -> str:
    if crop.crop_id is None:
        return ""
    return "data:image/png;base64," + base64.b64encode(ledger.crop_png(crop.crop_id)).decode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving.trial", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "–" if share is None else f"{100 * share:.1f}%"
    environment.filters["points"] = lambda share: "–" if share is None else f"{100 * share:+.1f}"
    environment.filters["opened"] = lambda words: words[:1].upper() + words[1:]
    return environment.get_template("trial.html.j2")
