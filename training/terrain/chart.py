"""A map of handwriting: crops that look alike lie close together, pages of like hands form a style."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from recognizer.line import line_image
from serving.ledger import Ledger
from training.curation.embed import embeddings
from training.terrain.ground import Ground

if TYPE_CHECKING:
    import pandas as pd

MOST = 1_500
"""Crops on the map."""
STYLES = 6
LEAST_PAGES = 60
"""Fewer pages have no styles."""
PICTURE_HEIGHT_PX = 40
PICTURE_WIDTH_PX = 260


@dataclass(frozen=True, kw_only=True)
class Chart:
    """`rows` are positions of mapped fields in the ground, (m,); `places` where they lie, (m, 2) in [0, 1]; `pictures`
    are small PNGs. `styles` holds the style of every field of the ground, (n,), -1 for pages without mapped lines."""

    rows: np.ndarray
    places: np.ndarray
    pictures: tuple[bytes, ...]
    styles: np.ndarray


def chart(ledger: Ledger, land: Ground, bundle: Path, seed: int = 0) -> Chart:
    """Map a sample of the ground's lines of writing; sensitive fields and marks have no place on it.

    Raises BundleError where the bundle's masters are damaged.
    """
    chosen = _sample(land.fields, seed)
    with ledger.lessons_to_read() as lessons:
        uses = lessons.truth.uses_of([land.fields["crop_id"].iat[row] for row in chosen])
        hidden = {use.crop_id for use in uses if use.is_sensitive}
        stored = lessons.pictures({use.crop_id: "" for use in uses if use.crop_id not in hidden})
    rows, lines, pictures = [], [], []
    for row in chosen:
        crop = stored.get(land.fields["crop_id"].iat[row])
        line, picture = _line(crop.png) if crop is not None and not crop.marks else (None, b"")
        if line is not None:
            rows.append(int(row))
            lines.append(line)
            pictures.append(picture)
    where = np.array(rows, int)
    features = embeddings(bundle, lines) if lines else np.zeros((0, 2), np.float32)
    return Chart(
        rows=where, places=_places(features, seed), pictures=tuple(pictures),
        styles=_styles(land.fields, where, features, seed),
    )  # fmt: skip


def _sample(fields: "pd.DataFrame", seed: int) -> np.ndarray:
    shown = np.flatnonzero(fields["outcome"].eq("text").to_numpy())
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(shown, min(MOST, len(shown)), replace=False))


def _line(png: bytes) -> tuple[np.ndarray | None, bytes]:
    """What the network sees of a crop, and a picture of it that is small; nothing of what is no picture."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        return None, b""
    line = line_image(np.asarray(image))
    scale = min(PICTURE_HEIGHT_PX / image.shape[0], PICTURE_WIDTH_PX / image.shape[1], 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return line, cv2.imencode(".png", small)[1].tobytes()


def _places(features: np.ndarray, seed: int) -> np.ndarray:
    """(m, 2) by t-SNE (van der Maaten and Hinton 2008) on cosine distance, begun from the principal components."""
    if len(features) < 5:
        return np.linspace(0.2, 0.8, 2 * len(features)).reshape(-1, 2)
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(features) - 1) / 3)
    flat = TSNE(metric="cosine", init="pca", perplexity=perplexity, random_state=seed).fit_transform(features)
    low, high = flat.min(axis=0), flat.max(axis=0)
    return np.asarray((flat - low) / np.maximum(high - low, 1e-6))


def _styles(fields: "pd.DataFrame", rows: np.ndarray, features: np.ndarray, seed: int) -> np.ndarray:
    """(n,) clusters of pages by the mean of their mapped lines: whoever fills in a page writes all of it."""
    found = np.full(len(fields), -1)
    names, pages = np.unique(fields["page"].to_numpy(str)[rows], return_inverse=True)
    if len(names) < LEAST_PAGES:
        return found
    from sklearn.cluster import KMeans

    total = np.zeros((len(names), features.shape[1]))
    np.add.at(total, pages, features)
    means = total / np.bincount(pages)[:, np.newaxis]
    labels = KMeans(STYLES, n_init=4, random_state=seed).fit_predict(means)
    of_page = dict(zip(names, labels, strict=True))
    return np.array([of_page.get(page, -1) for page in fields["page"].to_numpy(str)])
