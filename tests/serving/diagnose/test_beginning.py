"""The moment of a change is found, and none where nothing changed."""

import numpy as np
import pandas as pd

from serving.diagnose.beginning import change

LATEST = "2026-12-31T00:00:00.000000+00:00"


def series(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2026-01-01", periods=len(values), freq="h", tz="UTC"))


def test_a_change_is_found_where_it_is() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = series(np.concatenate([rng.normal(0, 1, 40), rng.normal(3, 1, 25)]))
        found = change(rows.sample(frac=1, random_state=seed), 18, LATEST)
        assert found is not None and abs((pd.Timestamp(found[1]) - rows.index[40]) / pd.Timedelta("1h")) <= 3


def test_nothing_is_found_where_nothing_changed() -> None:
    """Of 1,000 quiet series of all shapes, one in a hundred at most when one is asked."""
    false = 0
    for seed in range(1_000):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 80))
        rows = [rng.normal(size=n), rng.integers(0, 2, n).astype(float), np.full(n, 0.5), rng.exponential(size=n)]
        false += change(series(rows[seed % 4]), 1, LATEST) is not None
    assert false <= 10


def test_what_changed_after_it_sounded_is_not_its_beginning() -> None:
    rows = series(np.repeat([0.0, 1.0], 30))
    assert change(rows, 1, rows.index[29].isoformat(timespec="microseconds")) is None
    assert change(rows, 1, rows.index[30].isoformat(timespec="microseconds")) is not None
