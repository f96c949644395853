"""Quality figures for each candidate number of segments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from sklearn.utils import check_random_state

from core.plain import Plain
from core.progress import ShareDone, unheard
from core.segments.clustering.fitting import scaled
from core.segments.clustering.kmeans import different, kmeans
from core.segments.clustering.scaling import Matrix, ScalingSpec
from core.segments.clustering.silhouettes import silhouettes, standard_errors
from core.segments.clustering.small_fits import in_threads

SILHOUETTE_SAMPLE: Final = 10_000  # the time for silhouettes grows with the square of the customers


@dataclass(frozen=True, kw_only=True)
class Candidate(Plain):
    """Figures for one number of segments.

    Parameters
    ----------
    k : int
        Number of segments.
    wcss : float
        Sum of squared distances to the nearest centroid, in standardised units; the elbow curve.
    silhouette : float or None
        Mean over all customers or a seeded sample (Rousseeuw, 1987); None for k = 1.
    davies_bouldin : float or None
        Davies and Bouldin (1979); lower is better.
    calinski_harabasz : float or None
        Caliński and Harabasz (1974); higher is better.
    stability_ari : float or None
        Mean adjusted Rand index over bootstraps; None if not computed.
    smallest : int
        Customers in the smallest segment.
    stability_p10 : float or None
        10th percentile of the adjusted Rand index over bootstraps.
    silhouette_se : float or None
        Standard error of the silhouette if sampled; None if exact.
    sampled : int or None
        Size of the silhouette's sample; None if it covers all customers.
    """

    k: int
    wcss: float
    silhouette: float | None
    davies_bouldin: float | None
    calinski_harabasz: float | None
    stability_ari: float | None
    smallest: int
    stability_p10: float | None = None
    silhouette_se: float | None = None
    sampled: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A number of segments with the fit behind its figures.

    Parameters
    ----------
    candidate : Candidate
        Its figures, without stability.
    fitted : KMeans
        Fit on all customers.
    drawn : array of int
        Positions of the customers with silhouettes.
    silhouettes : array of float
        Silhouettes of these customers; all 0 for k = 1.
    """

    candidate: Candidate
    fitted: KMeans
    drawn: npt.NDArray[np.integer]
    silhouettes: npt.NDArray[np.float64]


def candidates(customers: pd.DataFrame, scaling: ScalingSpec, ks: Iterable[int], seed: int = 0) -> list[Candidate]:
    """Fit and evaluate K-Means for each k, skipping any above the number of distinct customers.

    Parameters
    ----------
    customers : DataFrame
        `customer_id` and the columns that the features need.
    scaling : ScalingSpec
        Features and scaling.
    ks : iterable of int
        Numbers of segments.
    seed : int
        Random state.
    """
    values, _ = scaled(customers, scaling)
    return [measured.candidate for measured in measure(values, ks, seed)]


def measure(values: Matrix, ks: Iterable[int], seed: int = 0, progress: ShareDone = unheard) -> list[Measured]:
    """Fit and evaluate K-Means for each k; see `candidates`.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled.
    ks : iterable of int
        Numbers of segments; at least one.
    seed : int
        Random state.
    progress : callable
        Called with the share done.
    """
    ordered = sorted(ks)
    most = different(values, ordered[-1])
    wanted = [k for k in ordered if k <= most]
    fits: list[KMeans] = []
    for fitted in in_threads(lambda k: kmeans(values, k, seed), wanted):
        fits.append(fitted)
        progress(0.7 * len(fits) / len(wanted))
    drawn = sample(len(values), seed)
    labelings = [fitted.labels_[drawn] for fitted in fits]
    found = silhouettes(values[drawn], labelings)
    errors = standard_errors(values[drawn], labelings, len(values))
    progress(1.0)
    return [
        Measured(
            candidate=_candidate(values, fitted, own, errors[number] if errors else None),
            fitted=fitted,
            drawn=drawn,
            silhouettes=own,
        )
        for number, (fitted, own) in enumerate(zip(fits, found, strict=True))
    ]


def sample(customers: int, seed: int) -> npt.NDArray[np.integer]:
    """Return the positions of customers to compute silhouettes for: all, or the sample that scikit-learn would draw."""
    if customers <= SILHOUETTE_SAMPLE:
        return np.arange(customers)
    drawn: npt.NDArray[np.integer] = check_random_state(seed).permutation(customers)[:SILHOUETTE_SAMPLE]
    return drawn


def _candidate(values: Matrix, fitted: KMeans, own: npt.NDArray[np.float64], error: float | None) -> Candidate:
    labels, k = fitted.labels_, fitted.n_clusters
    apart = 1 < k < len(values)
    shown = apart and bool(own.any())  # a sample may contain one segment only
    return Candidate(
        k=k,
        wcss=float(fitted.inertia_),
        silhouette=float(own.mean()) if shown else None,
        davies_bouldin=float(davies_bouldin_score(values, labels)) if apart else None,
        calinski_harabasz=float(calinski_harabasz_score(values, labels)) if apart else None,
        stability_ari=None,
        smallest=int(np.bincount(labels).min()),
        silhouette_se=error if shown else None,
        sampled=len(own) if shown and len(own) < len(values) else None,
    )
