"""Compiled loops: numba's `njit`, its machine code kept on disk between runs.

Results are the same bit for bit wherever it runs: sums are not reordered (no fastmath), nothing runs in parallel.
"""

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call. Where neither the package's folder nor the user's cache can be written, in memory."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no place for its cache
        return njit(nogil=True)(function)
