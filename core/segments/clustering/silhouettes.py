"""Silhouettes of customers for many numbers of segments at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from core.segments.clustering.scaling import Matrix

Labels = npt.NDArray[np.integer]

_BLOCK: Final = 500  # customers whose distances to all others are in memory at once; 40 MB for 10,000 others
_GROUPS: Final = 20  # fewer make the standard error less certain, more might lack some segments


def silhouettes(values: Matrix, labelings: Sequence[Labels]) -> Matrix:
    """Compute each customer's silhouette under each labelling (Rousseeuw, 1987): (b − a) / max(a, b).

    a is the mean distance to the others in the same segment, b the smallest mean distance to another segment.
    Distances are computed once for all labellings and summed by segment in one matrix product, so further labellings
    cost almost nothing.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled.
    labelings : sequence of arrays of int, shape (customers,)
        Segments of the customers, numbered in any way.

    Returns
    -------
    array of float, shape (labelings, customers)
        Between −1 and 1; 0 for customers alone in their segment, as in scikit-learn, and for all if there is only one
        segment.
    """
    if not labelings:
        return np.zeros((0, len(values)))
    dense = [np.unique(labels, return_inverse=True)[1] for labels in labelings]
    members = [np.eye(int(labels.max()) + 1)[labels] for labels in dense]
    together = np.hstack(members)
    ends = np.cumsum([member.shape[1] for member in members])
    found = np.zeros((len(labelings), len(values)))
    for first in range(0, len(values), _BLOCK):
        rows = slice(first, first + _BLOCK)
        sums = np.split(cdist(values[rows], values) @ together, ends[:-1], axis=1)
        for number, (labels, member, distance) in enumerate(zip(dense, members, sums, strict=True)):
            if member.shape[1] > 1:
                found[number, rows] = _of_block(distance, labels[rows], member.sum(axis=0))
    return found


def standard_errors(values: Matrix, labelings: Sequence[Labels], customers: int) -> list[float] | None:
    """Estimate the standard error of a sample's mean silhouette, for each labelling.

    By random groups (Wolter, 2007, chapter 2): the sample is split into 20 groups, and the standard deviation of their
    means is scaled to the whole sample, with a finite population correction. The standard deviation of single
    silhouettes would be too optimistic, because each depends on which other customers were sampled.

    Parameters
    ----------
    values : array of float, shape (sample, features)
        Scaled, in random order.
    labelings : sequence of arrays of int, shape (sample,)
        As for `silhouettes`.
    customers : int
        Number of customers that the sample was drawn from.

    Returns
    -------
    list of float or None
        None if the sample includes all customers.
    """
    if len(values) >= customers:
        return None
    means = [
        silhouettes(values[part], [labels[part] for labels in labelings]).mean(axis=1)
        for part in np.array_split(np.arange(len(values)), _GROUPS)
    ]
    undrawn = 1 - len(values) / customers
    return [float(error) for error in np.std(means, axis=0, ddof=1) * np.sqrt(undrawn / _GROUPS)]


def _of_block(distance: Matrix, own: Labels, sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows = np.arange(len(own))
    within = distance[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = distance / sizes
    means[rows, own] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    fits = np.divide(nearest - within, larger, out=np.zeros(len(own)), where=larger > 0)
    fits[sizes[own] == 1] = 0.0
    block: npt.NDArray[np.float64] = fits
    return block
