"""Clustering algorithms to compare with K-Means, behind one interface."""

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
"""Segment of each customer, numbered from 0, or `NOISE`."""

Assign = Callable[[int | None, Matrix], Labels]
"""A function from k (None if the algorithm doesn't take one) and scaled customers to their segments."""

NOISE: Final = -1
KMEANS: Final = "K-Means"

_SMALLEST_SHARE: Final = 0.02  # minimum HDBSCAN cluster as a share of customers; less gives dozens of tiny clusters
_FEWEST: Final = 5


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """A clustering algorithm.

    Parameters
    ----------
    name : str
        Name to show.
    takes_k : bool
        Whether it takes the number of segments.
    assigns_new : bool
        Whether it can assign new customers to segments without refitting.
    how : str
        Its parameters, in a sentence.
    fit : callable
        A function from scaled customers and a seed to an `Assign`.
    """

    name: str
    takes_k: bool
    assigns_new: bool
    how: str
    fit: Callable[[Matrix, int], Assign]


def algorithms(values: Matrix) -> tuple[Algorithm, ...]:
    """Return all algorithms with parameters for these customers, K-Means first.

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
            how="Nearest of k centroids; best of 10 starts.",
            fit=_kmeans,
        ),
        Algorithm(
            name="Ward",
            takes_k=True,
            assigns_new=False,
            how="Clusters merged step by step so that the sum of squares grows least (Ward, 1963).",
            fit=_ward,
        ),
        Algorithm(
            name="Gaussian mixture",
            takes_k=True,
            assigns_new=True,
            how="k ellipsoids of any shape; each customer in the most likely one; started from K-Means.",
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
    """Fit one tree and cut it for each number of segments; scikit-learn's version uses the same tree."""
    tree = linkage(train, "ward")
    return lambda k, points: _spread(train, fcluster(tree, _number(k), "maxclust") - 1, points)


def _mixture(train: Matrix, seed: int) -> Assign:
    def assign(k: int | None, points: Matrix) -> Labels:
        with warnings.catch_warnings():
            # Components on identical customers keep shrinking, but their positions converge long before.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = GaussianMixture(_number(k), max_iter=200, random_state=seed).fit(train)
        return np.asarray(fitted.predict(points), dtype=np.int64)

    return assign


def _by_density(model: DBSCAN | HDBSCAN, train: Matrix) -> Assign:
    labels = np.maximum(model.fit_predict(train), NOISE)
    return lambda _k, points: _spread(train, labels, points)


def _spread(train: Matrix, labels: npt.NDArray[np.integer], points: Matrix) -> Labels:
    """Assign new points to the segment of the nearest training point, for algorithms that can't assign new ones."""
    if points is train:
        return labels.astype(np.int64)
    nearest = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(train).kneighbors(points, return_distance=False)
    spread: Labels = labels[nearest[:, 0]].astype(np.int64)
    return spread


def _distances(values: Matrix, neighbours: int) -> npt.NDArray[np.float64]:
    """Return each customer's distance to the neighbour of this rank, in ascending order."""
    wanted = min(neighbours, len(values) - 1)
    found = NearestNeighbors(n_neighbors=wanted, algorithm="kd_tree").fit(values).kneighbors()[0][:, -1]
    rising: npt.NDArray[np.float64] = np.sort(found)
    return rising


def _number(k: int | None) -> int:
    if k is None:
        message = "this algorithm needs a number of segments"
        raise ValueError(message)
    return k
