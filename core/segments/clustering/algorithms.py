"""Ways of finding segments beside K-Means, each with the same interface."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from core.segments.clustering.elbow import bend
from core.segments.clustering.kmeans import kmeans
from core.segments.clustering.scaling import Matrix

Labels = npt.NDArray[np.int64]
"""Segment of each customer, numbered from 0; `NOISE` for those in none."""

Assign = Callable[[int | None, Matrix], Labels]
"""Gives the segments of customers, for a number of segments where the algorithm takes one."""

NOISE: Final = -1
KMEANS: Final = "K-Means"

_SMALLEST_SHARE: Final = 0.02  # of customers that make a cluster of HDBSCAN: fewer give dozens nobody can act on
_FEWEST: Final = 5


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One way of finding segments.

    Parameters
    ----------
    name : str
        As shown.
    takes_k : bool
        Whether one says how many segments are wanted.
    assigns_new : bool
        Whether later customers get a segment without fitting again.
    how : str
        Its parameters, in a sentence.
    fit : callable
        From scaled customers and a seed to an `Assign`.
    """

    name: str
    takes_k: bool
    assigns_new: bool
    how: str
    fit: Callable[[Matrix, int], Assign]


def algorithms(values: Matrix) -> tuple[Algorithm, ...]:
    """All algorithms, with parameters that suit these customers, K-Means first.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled.
    """
    neighbours = 2 * values.shape[1]  # Sander, Ester, Kriegel and Xu (1998)
    reach = max(bend(_distances(values, neighbours)), 1e-6)
    smallest = max(_FEWEST, round(_SMALLEST_SHARE * len(values)))
    return (
        Algorithm(
            name=KMEANS,
            takes_k=True,
            assigns_new=True,
            how="Nearest of k centres; best of 10 starts.",
            fit=_kmeans,
        ),
        Algorithm(
            name="Ward",
            takes_k=True,
            assigns_new=False,
            how="Customers joined step by step so that the sum of squares grows least (Ward, 1963).",
            fit=_ward,
        ),
        Algorithm(
            name="Gaussian mixture",
            takes_k=True,
            assigns_new=True,
            how="k ellipsoids of any shape, each customer in the likeliest; started from K-Means.",
            fit=_mixture,
        ),
        Algorithm(
            name="DBSCAN",
            takes_k=False,
            assigns_new=False,
            how=f"Dense regions: at least {neighbours} customers within {reach:.2f}, where the distances to the "
            f"{neighbours}th neighbour bend (Ester et al., 1996).",
            fit=lambda train, _seed: _by_density(DBSCAN(eps=reach, min_samples=neighbours), train),
        ),
        Algorithm(
            name="HDBSCAN",
            takes_k=False,
            assigns_new=False,
            how=f"Dense regions at any density, of at least {smallest} customers (Campello et al., 2013).",
            fit=lambda train, _seed: _by_density(HDBSCAN(min_cluster_size=smallest, copy=True), train),
        ),
    )


def _kmeans(train: Matrix, seed: int) -> Assign:
    return lambda k, points: np.asarray(kmeans(train, _number(k), seed).predict(points), dtype=np.int64)


def _ward(train: Matrix, _seed: int) -> Assign:
    """One tree, cut for each number of segments; it is what scikit-learn's own is built on."""
    tree = linkage(train, "ward")
    return lambda k, points: _spread(train, fcluster(tree, _number(k), "maxclust") - 1, points)


def _mixture(train: Matrix, seed: int) -> Assign:
    def assign(k: int | None, points: Matrix) -> Labels:
        with warnings.catch_warnings():
            # Components on customers who are all alike go on shrinking; where they are is settled long before.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = GaussianMixture(_number(k), max_iter=200, random_state=seed).fit(train)
        return np.asarray(fitted.predict(points), dtype=np.int64)

    return assign


def _by_density(model: DBSCAN | HDBSCAN, train: Matrix) -> Assign:
    labels = np.maximum(model.fit_predict(train), NOISE)
    return lambda _k, points: _spread(train, labels, points)


def _spread(train: Matrix, labels: npt.NDArray[np.integer], points: Matrix) -> Labels:
    """Segments of points, for algorithms that have none for customers they have not seen: that of the nearest."""
    if points is train:
        return labels.astype(np.int64)
    nearest = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(train).kneighbors(points, return_distance=False)
    spread: Labels = labels[nearest[:, 0]].astype(np.int64)
    return spread


def _distances(values: Matrix, neighbours: int) -> npt.NDArray[np.float64]:
    """Distance of each customer to that neighbour, rising."""
    wanted = min(neighbours, len(values) - 1)
    found = NearestNeighbors(n_neighbors=wanted, algorithm="kd_tree").fit(values).kneighbors()[0][:, -1]
    rising: npt.NDArray[np.float64] = np.sort(found)
    return rising


def _number(k: int | None) -> int:
    if k is None:
        message = "this algorithm needs a number of segments"
        raise ValueError(message)
    return k
