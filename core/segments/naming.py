"""Names of segments, derived from their centroids and never from cluster numbers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from core.segments.clustering.cluster_features import CLUSTER_FEATURES, RFM
from core.segments.clustering.scaling import Matrix

LOYAL: Final = "High Loyal Customers"
POTENTIAL: Final = "Potential Loyalists"
NEW: Final = "One-time/New Customers"
CHURNING: Final = "Churning Customers"

FOUR: Final = (LOYAL, POTENTIAL, NEW, CHURNING)
"""The four names of k = 4, best customers first."""

_WHEN: Final = ("Active", "Cooling", "Lapsed")
_OFTEN: Final = ("occasional", "regular", "frequent")
_MUCH: Final = ("low spend", "medium spend", "high spend")
_LEVEL: Final = ("low", "medium", "high")


def name_centroids(centroids: Matrix, features: Sequence[str] = RFM) -> list[str]:
    """Name each centroid.

    With four centroids, the one that `rank` puts first is *High Loyal Customers*. Of the others, the one with the
    highest frequency + monetary is *Potential Loyalists*; of the remaining two, the one with the highest recency is
    *Churning Customers* and the last *One-time/New Customers*. With any other number, names describe recency,
    frequency and spend by thirds of the range of the centroids. If the features lack one of the three, names state
    the level of each feature.

    Parameters
    ----------
    centroids : array of float, shape (k, features)
        Scaled.
    features : sequence of str
        Names of the features, keys of `core.segments.clustering.cluster_features.CLUSTER_FEATURES`.

    Returns
    -------
    list of str
        Unique names, in the order of the centroids.
    """
    order = rank(centroids, features)
    if not set(RFM) <= set(features):
        return _distinct(_levels(centroids, features), order)
    rfm = centroids[:, [list(features).index(name) for name in RFM]]
    return _four(rfm) if len(rfm) == len(FOUR) else _distinct(_descriptive(rfm), order)


def rank(centroids: Matrix, features: Sequence[str] = RFM) -> list[int]:
    """Return the positions of the centroids, best customers first.

    The order is by frequency + monetary − recency if all three are features; otherwise by the sum of all features,
    negated where less is better.
    """
    signs = {name: 1.0 if CLUSTER_FEATURES[name].higher_is_better else -1.0 for name in features}
    if set(RFM) <= set(features):
        signs = {name: sign if name in RFM else 0.0 for name, sign in signs.items()}
    worth = (centroids * np.asarray([signs[name] for name in features])).sum(axis=1)
    return [int(position) for position in np.lexsort((centroids[:, 0], -worth))]


def _four(centroids: Matrix) -> list[str]:
    loyal, *others = rank(centroids)
    potential = max(others, key=lambda i: (centroids[i, 1] + centroids[i, 2], -centroids[i, 0]))
    last = [i for i in others if i != potential]
    churning = max(last, key=lambda i: (centroids[i, 0], -centroids[i, 1]))
    names = {loyal: LOYAL, potential: POTENTIAL, churning: CHURNING}
    return [names.get(i, NEW) for i in range(4)]


def _descriptive(centroids: Matrix) -> list[str]:
    return [f"{_WHEN[r]} {_OFTEN[f]}, {_MUCH[m]}" for r, f, m in _thirds(centroids)]


def _levels(centroids: Matrix, features: Sequence[str]) -> list[str]:
    words = [
        ", ".join(f"{_LEVEL[third]} {CLUSTER_FEATURES[name].label}" for name, third in zip(features, row, strict=True))
        for row in _thirds(centroids)
    ]
    return [text[0].upper() + text[1:] for text in words]


def _thirds(centroids: Matrix) -> npt.NDArray[np.int64]:
    """Return the third of the range between the centroids that each value lies in: 0, 1 or 2."""
    low, high = centroids.min(axis=0), centroids.max(axis=0)
    share = (centroids - low) / np.where(high > low, high - low, 1.0)
    thirds: npt.NDArray[np.int64] = np.minimum((share * 3).astype(np.int64), 2)
    return thirds


def _distinct(names: list[str], order: list[int]) -> list[str]:
    """Append letters to equal names by rank: A for the best segment, then B."""
    found = list(names)
    for name in set(names):
        same = [i for i in order if names[i] == name]
        if len(same) > 1:
            for letter, i in zip("ABCDEFGHIJKL", same, strict=False):
                found[i] = f"{name} ({letter})"
    return found
