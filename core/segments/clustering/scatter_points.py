"""Projections of customers to a plane, to show which segments are close."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from core.segments.clustering.cluster_features import CLUSTER_FEATURES
from core.segments.clustering.scaling import Matrix
from core.segments.segment_model import SegmentModel

MOST_POINTS = 3_000
"""Maximum points that a browser can draw smoothly."""

_PLAIN = {"recency": "time away"}  # “less recency” would be unclear
_LEAST_EACH = 60  # points per segment, so that small ones remain visible


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Customers in the plane of their two principal components.

    Parameters
    ----------
    points : DataFrame
        `customer_id`, `segment`, `x`, `y`, and the columns of the snapshot, for the sampled customers.
    axes : tuple of str
        The main features of each component, strongest first.
    explained : float
        Share of the variance of all customers explained by the plane.
    customers : int
        Number of all customers, sampled or not.
    """

    points: pd.DataFrame
    axes: tuple[str, str]
    explained: float
    customers: int


def plane(model: SegmentModel, customers: pd.DataFrame, seed: int = 0, most: int = MOST_POINTS) -> Plane:
    """Project customers to their first two principal components (Hotelling, 1933).

    Parameters
    ----------
    model : SegmentModel
        Model with the scaler and the segments.
    customers : DataFrame
        A snapshot.
    seed : int
        Random state of the sample.
    most : int
        Approximate maximum number of customers in the sample; see `stratified`.
    """
    scaled = model.scaler(customers)
    components = PCA(n_components=2, svd_solver="covariance_eigh").fit(scaled)
    segments = model.assign(customers)
    drawn = stratified(segments, most, seed)
    shown = customers.iloc[drawn].assign(segment=segments.iloc[drawn])
    places = components.transform(scaled[drawn])
    return Plane(
        points=shown.assign(x=places[:, 0], y=places[:, 1]).reset_index(drop=True),
        axes=tuple(_meaning(row, model) for row in components.components_),  # type: ignore[arg-type]
        explained=float(components.explained_variance_ratio_.sum()),
        customers=len(customers),
    )


def stratified(segments: pd.Series, most: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the positions of a seeded sample, proportional to the segments but with at least 60 of each if possible.

    Returns
    -------
    array of int
        In ascending order; all positions if there are at most `most`.
    """
    if len(segments) <= most:
        return np.arange(len(segments))
    rng = np.random.default_rng(seed)
    drawn = []
    for _, places in sorted(segments.reset_index(drop=True).groupby(segments.to_numpy()).groups.items()):
        wanted = min(len(places), max(_LEAST_EACH, round(most * len(places) / len(segments))))
        drawn.append(rng.choice(np.asarray(places), wanted, replace=False))
    return np.sort(np.concatenate(drawn))


def neighbours(scaled: Matrix, seed: int) -> Matrix:
    """Map customers to a plane by similarity with t-SNE (van der Maaten and Hinton, 2008).

    Only neighbourhoods are meaningful; sizes of groups and distances between them aren't.

    Parameters
    ----------
    scaled : array of float, shape (customers, features)
        A few thousand customers; time grows with n log n.
    seed : int
        Random state.

    Returns
    -------
    array of float, shape (customers, 2)
    """
    if not np.ptp(scaled, axis=0).any():  # all customers are identical
        return np.zeros((len(scaled), 2))
    perplexity = min(30.0, max((len(scaled) - 1) / 3, 1.0))
    found: Matrix = TSNE(init="pca", perplexity=perplexity, random_state=seed, n_jobs=1).fit_transform(scaled)
    return found


def _meaning(direction: npt.NDArray[np.float64], model: SegmentModel) -> str:
    """Return the features a direction stands for: those with at least half the largest weight."""
    names = model.scaler.spec.features
    order = np.argsort(-np.abs(direction))
    strong = [i for i in order if abs(direction[i]) >= abs(direction[order[0]]) / 2]
    return ", ".join(
        f"{'more' if direction[i] > 0 else 'less'} {_PLAIN.get(names[i], CLUSTER_FEATURES[names[i]].label)}"
        for i in strong
    )
