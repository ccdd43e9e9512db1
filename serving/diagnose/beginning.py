"""When a trouble began of which is only known when the alarm sounded: from which page on something is otherwise."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from serving.diagnose.shift import CHANCE, LEAST
from serving.diagnose.stage import ALIGNMENT, PAGE, PEOPLE, PER_FIELD
from serving.diagnose.window import Windows

if TYPE_CHECKING:
    import pandas as pd


def beginning(seen: Windows, sounded: str, person: str | None = None) -> str | None:
    """The moment (UTC, ISO 8601) since which a measure of pages, or of a person's votes, is not as it was.

    Of several measures the one that tells it most clearly. Not later than `sounded`; None where nothing changed before
    by more than chance allows.
    """
    series = _of_pages(seen) if person is None else _of_votes(seen, person)
    found = [change(each, len(series), sounded) for each in series]
    known = [each for each in found if each is not None]
    return max(known)[1] if known else None


def change(values: "pd.Series", asked: int, latest: str) -> tuple[float, str] | None:
    """How clearly a series, indexed by time, has one change, and since when; None where that may be chance.

    The test is Pettitt's (1979), on ranks; `asked` series are asked together.
    """
    known = values.dropna().sort_index(kind="stable")
    n = len(known)
    if n < 2 * LEAST:
        return None
    past = np.arange(1, n)
    apart = np.abs(2 * rankdata(known)[:-1].cumsum() - past * (n + 1))
    at = LEAST - 1 + int(np.argmax(apart[LEAST - 1 : n - LEAST]))
    since = known.index[at + 1].isoformat(timespec="microseconds")
    clearly = float(6 * apart[at] ** 2 / (n**3 + n**2))  # the chance of it is 2 exp(-clearly)
    return (clearly, since) if clearly > np.log(2 * asked / CHANCE) and since <= latest else None


def _of_pages(seen: Windows) -> "list[pd.Series]":
    import pandas as pd

    fields = pd.concat([seen.before, seen.since])
    fields[list(PER_FIELD)] = fields[list(PER_FIELD)].astype(float)
    rows = fields.groupby(list(PAGE), sort=False).agg({**dict.fromkeys(PER_FIELD, "mean"), "created": "min"})
    rows, pages = rows.set_index("created"), seen.pages.set_index("created")
    return [*(rows[name] for name in PER_FIELD), *(pages[name].astype(float) for name in ALIGNMENT)]


def _of_votes(seen: Windows, person: str) -> "list[pd.Series]":
    rows = seen.votes[seen.votes["person"] == person].set_index("created")
    return [rows[name].astype(float) for name in PEOPLE]
