"""Names of segments, from what their centroids say and never from the number of a cluster."""

from typing import Final

import numpy as np

from core.segments.scaling import Matrix

LOYAL: Final = "High Loyal Customers"
POTENTIAL: Final = "Potential Loyalists"
NEW: Final = "One-time/New Customers"
CHURNING: Final = "Churning Customers"

FOUR: Final = (LOYAL, POTENTIAL, NEW, CHURNING)
"""The four names of k = 4, best customers first."""

_WHEN: Final = ("Active", "Cooling", "Lapsed")
_OFTEN: Final = ("occasional", "regular", "frequent")
_MUCH: Final = ("low spend", "medium spend", "high spend")


def name_centroids(centroids: Matrix) -> list[str]:
    """Name each centroid.

    With four: the one with most orders and money for its recency is *High Loyal Customers*; of the others, the one
    with most orders and money is *Potential Loyalists*; of the last two, the one away longer is *Churning
    Customers*. With any other number a name says how recent, how frequent and how much, by thirds of the range
    between the centroids.

    Parameters
    ----------
    centroids : array of float, shape (k, 3)
        Standardised recency, frequency, monetary.

    Returns
    -------
    list of str
        Unique names, in the order of the centroids.
    """
    return _four(centroids) if len(centroids) == len(FOUR) else _descriptive(centroids)


def rank(centroids: Matrix) -> list[int]:
    """Positions of the centroids, best customers first: by frequency + monetary − recency."""
    worth = centroids[:, 1] + centroids[:, 2] - centroids[:, 0]
    return [int(position) for position in np.lexsort((centroids[:, 0], -worth))]


def _four(centroids: Matrix) -> list[str]:
    loyal, *others = rank(centroids)
    potential = max(others, key=lambda i: (centroids[i, 1] + centroids[i, 2], -centroids[i, 0]))
    last = [i for i in others if i != potential]
    churning = max(last, key=lambda i: (centroids[i, 0], -centroids[i, 1]))
    names = {loyal: LOYAL, potential: POTENTIAL, churning: CHURNING}
    return [names.get(i, NEW) for i in range(4)]


def _descriptive(centroids: Matrix) -> list[str]:
    low, high = centroids.min(axis=0), centroids.max(axis=0)
    share = (centroids - low) / np.where(high > low, high - low, 1.0)
    thirds = np.minimum((share * 3).astype(int), 2)
    names = [f"{_WHEN[r]} {_OFTEN[f]}, {_MUCH[m]}" for r, f, m in thirds]
    return _distinct(names, rank(centroids))


def _distinct(names: list[str], order: list[int]) -> list[str]:
    """Tell equal names apart by rank: the better segment is A, the next B."""
    found = list(names)
    for name in set(names):
        same = [i for i in order if names[i] == name]
        if len(same) > 1:
            for letter, i in zip("ABCDEFGHIJKL", same, strict=False):
                found[i] = f"{name} ({letter})"
    return found
