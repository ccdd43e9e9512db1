"""Slices of the ground: fields that have something in common which a model could be taught, or people spared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

What = Literal["field", "outcome", "length", "quality", "style"]

LEAST = 30
"""Fewer fields than this say nothing."""
EXTREME = 0.2
"""Of each measure the lowest and the highest fifth of a kind are slices."""
LOW_HIGH = {
    "resolution_dpi": ("low resolution", ""), "sharpness": ("blurred", ""), "contrast": ("pale", ""),
    "noise": ("", "noisy"), "skew_deg": ("", "skewed"), "ink_coverage": ("little ink", "much ink"),
    "compression": ("", "strongly compressed"),
}  # fmt: skip
NO_ANSWERS = ("illegible", "struck_out", "wrong_crop", "unaligned", "ambiguous")


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Fields by their positions, (k,), with what they have in common. Of a `field`, all that it costs could be saved;
    of the others, what they cost more than other fields of their name."""

    what: What
    name: str
    rows: np.ndarray


def slices(fields: "pd.DataFrame", styles: np.ndarray | None = None) -> list[Slice]:
    """Every slice that is large enough. `styles` are (n,) clusters of handwriting, -1 where there is none."""
    found = [*_fields(fields), *_outcomes(fields), *_lengths(fields), *_qualities(fields)]
    if styles is not None:
        found += _styles(fields, styles)
    return [each for each in found if len(each.rows) >= LEAST]


def _fields(fields: "pd.DataFrame") -> Iterator[Slice]:
    for (form, field), rows in fields.groupby(["form", "field"], observed=True).indices.items():
        yield Slice(what="field", name=f"{field} ({form})", rows=np.asarray(rows))


def _outcomes(fields: "pd.DataFrame") -> Iterator[Slice]:
    for kind, rows in _kinds(fields):
        outcome = fields["outcome"].to_numpy()[rows]
        for name in NO_ANSWERS:
            yield Slice(what="outcome", name=f"{kind}: {name.replace('_', ' ')}", rows=rows[outcome == name])


def _lengths(fields: "pd.DataFrame") -> Iterator[Slice]:
    for kind, rows in _kinds(fields):
        length = fields["characters"].fillna(0).to_numpy(float)[rows]
        bounds = np.quantile(length, [0.5, 1 - EXTREME])
        if bounds[1] > bounds[0]:
            name = f"{kind}: longer than {bounds[1]:.0f} characters"
            yield Slice(what="length", name=name, rows=rows[length > bounds[1]])


def _qualities(fields: "pd.DataFrame") -> Iterator[Slice]:
    for kind, rows in _kinds(fields):
        for measure, (low, high) in LOW_HIGH.items():
            if measure not in fields:
                continue
            values = np.abs(fields[measure].to_numpy(float)[rows])
            if np.isnan(values).all():
                continue
            bottom, top = np.nanquantile(values, [EXTREME, 1 - EXTREME])
            if low and bottom < top:
                yield Slice(what="quality", name=f"{kind}: {low}", rows=rows[values <= bottom])
            if high and bottom < top:
                yield Slice(what="quality", name=f"{kind}: {high}", rows=rows[values >= top])


def _styles(fields: "pd.DataFrame", styles: np.ndarray) -> Iterator[Slice]:
    for cluster in sorted({int(style) for style in styles if style >= 0}):
        rows = np.flatnonzero(styles == cluster)
        yield Slice(what="style", name=f"handwriting of style {cluster + 1}", rows=rows)


def _kinds(fields: "pd.DataFrame") -> Iterator[tuple[str, np.ndarray]]:
    for kind, rows in fields.groupby("kind", observed=True).indices.items():
        yield str(kind), np.asarray(rows)
