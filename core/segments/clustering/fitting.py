"""Fitting of segment models: K-Means on scaled features."""

from collections.abc import Sequence

import pandas as pd

from core.errors import TooLittleDataError
from core.segments.clustering.kmeans import different, kmeans
from core.segments.clustering.scaling import Matrix, Scaler, ScalingSpec, fit_scaler
from core.segments.drift import Reference
from core.segments.naming import FOUR, name_centroids, rank
from core.segments.segment_model import ClusterSpec, SegmentModel


def fit(customers: pd.DataFrame, spec: ClusterSpec) -> SegmentModel:
    """Fit K-Means and name its centroids.

    Parameters
    ----------
    customers : DataFrame
        `customer_id` and the columns that the features need; one row per customer, in any order.
    spec : ClusterSpec
        Preset, k and seed.

    Returns
    -------
    SegmentModel
        With the best customers' segment first.

    Raises
    ------
    TooLittleDataError
        If there are fewer distinct customers than segments.
    """
    values, scaler = scaled(customers, spec.scaling)
    histories = different(values, spec.k)
    if histories < spec.k:
        message = (
            f"{spec.k} segments need at least {spec.k} customers with different recency, frequency or spend, "
            f"got {len(customers):,} customers with {histories:,} different histories. Add more orders."
        )
        raise TooLittleDataError(message)
    fitted = kmeans(values, spec.k, spec.seed)
    order, names = in_order(fitted.cluster_centers_, spec.scaling.features)
    return SegmentModel(
        spec=spec,
        scaler=scaler,
        centroids=tuple(tuple(map(float, fitted.cluster_centers_[i])) for i in order),
        names=names,
        reference=Reference.of(values, fitted.transform(values).min(axis=1)),
    )


def in_order(centroids: Matrix, features: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """Return the positions of the centroids in display order, best first, and their names."""
    names = name_centroids(centroids, features)
    order = sorted(rank(centroids, features), key=lambda i: FOUR.index(names[i]) if names[i] in FOUR else 0)
    return order, tuple(names[i] for i in order)


def scaled(customers: pd.DataFrame, scaling: ScalingSpec) -> tuple[Matrix, Scaler]:
    """Return scaled features, shape (customers, features), sorted by customer id, and the scaler."""
    ordered = customers.sort_values("customer_id")
    scaler = fit_scaler(ordered, scaling)
    return scaler(ordered), scaler
