"""A diagnosis as one HTML page that stands on its own: stages, what moved, slices, crops side by side, predictions."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from serving.diagnose.diagnosis import Diagnosis
from serving.diagnose.examples import examples, uses_of
from serving.diagnose.lattice import Slice
from serving.diagnose.plots import spread
from serving.diagnose.stage import ORDER, Stage
from serving.ledger import Ledger
from serving.truth.alike import said
from serving.truth.moment import shown

if TYPE_CHECKING:
    from jinja2 import Template

MOST_SHIFTS, MOST_PREDICTIONS = 6, 24

SAYS: Mapping[str, str] = {
    "resolution_dpi": "dots per inch", "sharpness": "sharpness", "contrast": "contrast", "noise": "noise",
    "skew_deg": "skew, degrees", "illumination": "evenness of light", "clipping": "clipped pixels",
    "compression": "traces of compression", "unmatched": "pages that fit no form",
    "residual_px": "error of the fit, pixels", "off_place": "crops that hold something else",
    "confidence": "confidence", "log_mass": "how well it fits the field's language (log mass)",
    "characters": "characters read", "blank": "read as blank", "no_answer": "no answer",
    "repeated": "the same value as on the page before", "too_sure": "confidence minus what was right",
}  # fmt: skip
"""Measures in words."""


def html(ledger: Ledger, found: Diagnosis) -> str:
    """The page. Values and pictures of sensitive fields are masked; the values of others are on it, as crops are."""
    suspected = sorted(
        (each for each in found.suspicion.shifts if each[0] == found.suspicion.stage),
        key=lambda each: -each[1].distance / each[1].limit,
    )  # fmt: skip
    drawn = [(stage, _named(each.measure), each, _png(spread(each))) for stage, each in suspected[:MOST_SHIFTS]]
    told = [each for each in found.suspicion.shifts if all(each[1] is not other for _, _, other, _ in drawn)]
    return _template().render(
        found=found, alarm=found.alarm, start=shown(found.start), drawn=drawn,
        told=[(stage, _named(each.measure), each) for stage, each in told],
        stages=[(stage, _state(found, stage)) for stage in ORDER], asked=_named(found.scores.asked),
        slices=[_slice(found, each) for each in found.slices], pairs=examples(ledger, found),
        predictions=_predictions(ledger, found), png=_png, said=said,
    )  # fmt: skip


def _named(measure: str) -> str:
    name, _, whose = measure.partition(" of ")
    return SAYS.get(name, name) + (f" of {whose}" if whose else "")


def _state(found: Diagnosis, stage: Stage) -> str:
    if stage == found.suspicion.stage:
        return "suspected"
    if any(moved == stage for moved, _ in found.suspicion.shifts):
        return "moved too"
    return "as before" if stage in found.suspicion.compared else "too little to say"


def _slice(found: Diagnosis, each: Slice) -> dict[str, Any]:
    """Error times volume times cost of review, one by one."""
    scored = found.scores
    return {
        "where": [f"{name} {value}" for name, value in each.predicates], "size": each.size, "score": each.score,
        "odd": scored.odd[each.rows].mean(), "seconds": scored.seconds[each.rows].mean() if scored.known else None,
        "minutes": each.error / 60 if scored.known else None,
    }  # fmt: skip


def _predictions(ledger: Ledger, found: Diagnosis) -> list[dict[str, Any]]:
    """The first of those that are meant, oldest first."""
    rows = [row for _, row in found.fields.head(MOST_PREDICTIONS).iterrows()]
    uses = uses_of(ledger, rows)
    return [
        {"id": row["prediction_id"][:12], "use": uses[row["prediction_id"]], "decision": row["decision"]}
        for row in rows
        if row["prediction_id"] in uses
    ]


def _png(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving.diagnose", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "–" if share is None else f"{100 * share:.1f}%"
    environment.filters["opened"] = lambda words: words[:1].upper() + words[1:]
    return environment.get_template("diagnosis.html.j2")
