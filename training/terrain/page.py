"""A survey as one HTML page, whole in itself: ranked subproblems, kinds, and the map, whose points show their crops."""

import base64
import json
from math import isnan
from typing import Any

from training.terrain.gain import PER_PAGES, Gain
from training.terrain.survey import Survey

EXAMPLES = 3


def page(found: Survey, *, pictured: bool = True) -> str:
    """The page; not `pictured`, it shows nothing that anybody wrote, for keeping where erasure does not reach."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader("training.terrain", "."), PackageLoader("serving.report", ".")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "minutes": _minutes}
    most = max((gain.high for gain in (*found.fields, *found.conditions)), default=1.0) or 1.0
    return environment.get_template("terrain.html.j2").render(
        found=found, most=most, examples=lambda gain: _examples(found, gain) if pictured else [], per=PER_PAGES,
        points=json.dumps(_points(found, pictured)), known=lambda value: not isnan(value), pictured=pictured,
    )  # fmt: skip


def _examples(found: Survey, gain: Gain) -> list[str]:
    """Pictures of the dearest mapped fields of a slice."""
    inside = set(gain.slice.rows.tolist())
    cost = found.land.fields["cost_s"].to_numpy(float)
    places = [place for place, row in enumerate(found.map.rows) if int(row) in inside]
    places.sort(key=lambda place: -cost[found.map.rows[place]])
    return [_address(found.map.pictures[place]) for place in places[:EXAMPLES]]


def _points(found: Survey, pictured: bool) -> list[dict[str, Any]]:
    fields, styles = found.land.fields, found.map.styles
    points = []
    for place, row in enumerate(found.map.rows):
        one = fields.iloc[int(row)]
        x, y = found.map.places[place]
        points.append({
            "x": round(float(x), 4), "y": round(float(y), 4), "doubt": round(1 - float(one["confidence"] or 0), 4),
            "cost": round(float(one["cost_s"]), 2), "style": int(styles[int(row)]), "kind": str(one["kind"]),
            "name": f"{one['field']} ({one['form']})", "decision": str(one["decision"]),
            "picture": _address(found.map.pictures[place]) if pictured else "",
        })  # fmt: skip
    return points


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _percent(share: float, digits: int = 0) -> str:
    return "-" if isnan(share) else f"{100 * share:.{digits}f}%"


def _minutes(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:,.1f}"
