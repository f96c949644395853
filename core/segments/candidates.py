"""How well each number of segments describes the customers."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from core.segments.clustering import kmeans, scaled
from core.segments.scaling import ScalingSpec

SILHOUETTE_SAMPLE: Final = 10_000  # the silhouette takes time and memory with the square of the customers


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Figures for one number of segments.

    Parameters
    ----------
    k : int
        Number of segments.
    wcss : float
        Sum of squared distances to the nearest centroid, in standardised units; the elbow's curve.
    silhouette : float or None
        Rousseeuw (1987); of a seeded sample beyond 10,000 customers. None for k = 1.
    davies_bouldin : float or None
        Davies and Bouldin (1979); lower is better.
    calinski_harabasz : float or None
        Caliński and Harabasz (1974).
    stability_ari : float or None
        Mean adjusted Rand index over bootstraps; None where it was not asked for.
    smallest : int
        Customers in the smallest segment.
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

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def candidates(customers: pd.DataFrame, scaling: ScalingSpec, ks: Iterable[int], seed: int = 0) -> list[Candidate]:
    """Fit K-Means for each k and measure it; k above the number of different customers are left out.

    Parameters
    ----------
    customers : DataFrame
        Columns `customer_id`, `recency`, `frequency`, `monetary`.
    scaling : ScalingSpec
        How they are scaled.
    ks : iterable of int
        Numbers of segments.
    seed : int
        Random state.
    """
    values, _ = scaled(customers, scaling)
    different = len(np.unique(values.round(9), axis=0))
    return [_measure(values, k, seed) for k in ks if k <= different]


def _measure(values: np.ndarray, k: int, seed: int) -> Candidate:
    fitted = kmeans(values, k, seed)
    labels = fitted.labels_
    apart = 1 < k < len(values)
    return Candidate(
        k=k,
        wcss=float(fitted.inertia_),
        silhouette=_silhouette(values, labels, seed) if apart else None,
        davies_bouldin=float(davies_bouldin_score(values, labels)) if apart else None,
        calinski_harabasz=float(calinski_harabasz_score(values, labels)) if apart else None,
        stability_ari=None,
        smallest=int(np.bincount(labels).min()),
    )


def _silhouette(values: np.ndarray, labels: np.ndarray, seed: int) -> float | None:
    """Mean silhouette, of a sample where there are many customers; None where the sample is of one segment."""
    if len(values) > SILHOUETTE_SAMPLE:
        drawn = np.random.default_rng(seed).choice(len(values), SILHOUETTE_SAMPLE, replace=False)
        values, labels = values[drawn], labels[drawn]
    return float(silhouette_score(values, labels)) if len(np.unique(labels)) > 1 else None
