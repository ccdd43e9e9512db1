"""Near-duplicates: pictures of the same writing, as when a page was scanned twice.

Lines are compared as small pictures by their correlation, found with scikit-learn's neighbours. The same text in
another hand, or another text in the same hand, correlates less: the threshold was chosen on other seeds than those it
is tested on (docs/LOOP.md).
"""

from collections.abc import Sequence

import numpy as np

from training.curation.embed import small_pictures

ALIKE = 0.92
"""Correlation from which two lines count as the same writing."""
WIDTHS = 0.12
"""By so much of the wider one their widths may differ."""


def duplicates(lines: Sequence[np.ndarray], alike: float = ALIKE) -> list[tuple[int, ...]]:
    """Groups of (32, w) lines that show the same writing, as numbers into `lines`, each group in order."""
    if len(lines) < 2:
        return []
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from sklearn.neighbors import NearestNeighbors

    pictures = small_pictures(lines)
    radius = float(np.sqrt(2 - 2 * alike))  # of vectors of length 1
    near = NearestNeighbors(radius=radius, algorithm="brute").fit(pictures).radius_neighbors_graph(pictures).tocoo()
    widths = np.array([line.shape[1] for line in lines], float)
    wide, narrow = np.maximum(widths[near.row], widths[near.col]), np.minimum(widths[near.row], widths[near.col])
    kept = narrow >= (1 - WIDTHS) * wide
    graph = coo_matrix((np.ones(int(kept.sum())), (near.row[kept], near.col[kept])), shape=near.shape)
    labels = connected_components(graph, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted(tuple(int(i) for i in sorted(group)) for group in groups if len(group) > 1)
