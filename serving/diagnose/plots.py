"""What moved, drawn: how a measure was spread over pages before, and how it is since."""

from typing import TYPE_CHECKING

import numpy as np

from serving.daily.plots import COLOURS, png
from serving.diagnose.shift import Shift

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 24
COLOURS_OF = COLOURS["audit"], COLOURS["review"]
"""Of what was before, and of what is since."""


def spread(each: Shift) -> bytes:
    """PNG: the share of pages (of a person's votes) at each value, before and since."""
    return png(1.3, lambda axes: _spread(axes, each), 4.6)


def _spread(axes: "Axes", each: Shift) -> None:
    both = np.concatenate(each.values)
    low, high = float(both.min()), float(both.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    for colour, values in zip(COLOURS_OF, each.values, strict=True):
        share = np.histogram(values, edges)[0] / len(values)
        axes.stairs(100 * share, edges, fill=True, color=colour, alpha=0.55)
        axes.axvline(values.mean(), color=colour, linewidth=1.2)
    axes.set_ylabel("%")
