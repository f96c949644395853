"""Fitting a segment model: K-Means on scaled recency, frequency and monetary."""

import pandas as pd
from sklearn.cluster import KMeans

from core.errors import TooLittleDataError
from core.segments.drift import Reference
from core.segments.model import ClusterSpec, SegmentModel
from core.segments.naming import FOUR, name_centroids, rank
from core.segments.scaling import Matrix, Scaler, ScalingSpec, fit_scaler

RESTARTS = 10
ITERATIONS = 300


def fit(customers: pd.DataFrame, spec: ClusterSpec) -> SegmentModel:
    """Fit K-Means and name its centroids.

    Parameters
    ----------
    customers : DataFrame
        Columns `customer_id`, `recency`, `frequency`, `monetary`; one row per customer. Their order does not matter.
    spec : ClusterSpec
        Preset, k and seed.

    Returns
    -------
    SegmentModel
        Best customers first.

    Raises
    ------
    TooLittleDataError
        Where there are fewer different customers than segments.
    """
    values, scaler = scaled(customers, spec.scaling)
    different = len(pd.DataFrame(values).round(9).drop_duplicates())
    if different < spec.k:
        message = (
            f"{spec.k} segments need at least {spec.k} customers who differ in recency, frequency or spend; "
            f"there are {len(customers):,} customers with {different:,} different histories. Add more orders."
        )
        raise TooLittleDataError(message)
    fitted = kmeans(values, spec.k, spec.seed)
    names = name_centroids(fitted.cluster_centers_, spec.scaling.features)
    ranked = rank(fitted.cluster_centers_, spec.scaling.features)
    order = sorted(ranked, key=lambda i: FOUR.index(names[i]) if names[i] in FOUR else 0)
    return SegmentModel(
        spec=spec,
        scaler=scaler,
        centroids=tuple(tuple(map(float, fitted.cluster_centers_[i])) for i in order),
        names=tuple(names[i] for i in order),
        reference=Reference.of(values, fitted.transform(values).min(axis=1)),
    )


def scaled(customers: pd.DataFrame, scaling: ScalingSpec) -> tuple[Matrix, Scaler]:
    """Scaled features, shape (customers, features), and the scaler; sorted by id, so that row order is irrelevant."""
    ordered = customers.sort_values("customer_id")
    scaler = fit_scaler(ordered, scaling)
    return scaler(ordered), scaler


def kmeans(values: Matrix, k: int, seed: int) -> KMeans:
    """K-Means with k-means++ and restarts on scaled features (Arthur and Vassilvitskii, 2007)."""
    return KMeans(n_clusters=k, init="k-means++", n_init=RESTARTS, max_iter=ITERATIONS, random_state=seed).fit(values)
