"""Drift of the current customers from those a segment model was fitted on."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.plain import Plain

Matrix = npt.NDArray[np.float64]

SHIFTED: Final = 0.10  # population stability index from which a shift deserves attention …
MOVED: Final = 0.25  # … and from which the model should be refitted (Siddiqi, 2006, page 136)
FAR_QUANTILE: Final = 0.99  # quantile of the distances at fitting, above which a customer is far from every centroid
FAR_MANY: Final = 0.05  # share of far customers that counts like MOVED; five times the share at fitting
_BINS: Final = 10
_FLOOR: Final = 1e-4  # share assumed for empty bins, so that the logarithm is defined


@dataclass(frozen=True, kw_only=True)
class Reference(Plain):
    """The distribution of the customers that a model was fitted on.

    Parameters
    ----------
    edges : tuple of tuple of float
        Per feature: inner edges of at most ten bins, scaled; the distinct deciles.
    shares : tuple of tuple of float
        Per feature: share of customers in each bin; one more than edges.
    far : float
        99th percentile at fitting of the distance to the nearest centroid; customers beyond it are far from all.
    """

    edges: tuple[tuple[float, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    far: float

    @classmethod
    def of(cls, points: Matrix, nearest: npt.NDArray[np.float64]) -> Self:
        """Compute the reference from scaled features and each customer's distance to the nearest centroid."""
        inner = np.linspace(0, 1, _BINS + 1)[1:-1]
        edges = [np.unique(np.quantile(column, inner)) for column in points.T]
        shares = [_shares(column, edge) for column, edge in zip(points.T, edges, strict=True)]
        return cls(
            edges=tuple(tuple(map(float, edge)) for edge in edges),
            shares=tuple(tuple(map(float, share)) for share in shares),
            far=float(np.quantile(nearest, FAR_QUANTILE)),
        )


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Drift of the customers from a model's fit.

    Parameters
    ----------
    features : DataFrame
        `feature`, `psi`.
    far_share : float
        Share of customers farther from every centroid than 99% were at fitting; 0.01 if nothing changed.
    """

    features: pd.DataFrame
    far_share: float

    @property
    def worst(self) -> float:
        """The largest population stability index of all features."""
        return float(self.features["psi"].max())

    @property
    def verdict(self) -> str:
        """`steady`, `shifted` or `moved`."""
        if self.worst >= MOVED or self.far_share >= FAR_MANY:
            return "moved"
        return "shifted" if self.worst >= SHIFTED else "steady"


def drift(reference: Reference, names: tuple[str, ...], points: Matrix, nearest: npt.NDArray[np.float64]) -> Drift:
    """Compare customers with those a model was fitted on.

    Parameters
    ----------
    reference : Reference
        Reference of the model.
    names : tuple of str
        Names of the features.
    points : array of float, shape (customers, features)
        Scaled by the model's scaler.
    nearest : array of float, shape (customers,)
        Distance to the nearest centroid.
    """
    each = zip(points.T, reference.edges, reference.shares, strict=True)
    indices = [stability_index(np.asarray(then), _shares(column, np.asarray(edges))) for column, edges, then in each]
    far = float(np.mean(nearest > reference.far))
    return Drift(features=pd.DataFrame({"feature": names, "psi": indices}), far_share=far)


def stability_index(before: npt.NDArray[np.float64], now: npt.NDArray[np.float64]) -> float:
    """Return the population stability index Σ (q − p) ln(q / p) of two distributions over the same bins.

    See Siddiqi (2006). Empty bins count as one customer in ten thousand.
    """
    p, q = np.maximum(before, _FLOOR), np.maximum(now, _FLOOR)
    return float(((q - p) * np.log(q / p)).sum())


def _shares(column: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    places = np.searchsorted(edges, column, side="right")
    shares: npt.NDArray[np.float64] = np.bincount(places, minlength=len(edges) + 1) / max(len(column), 1)
    return shares
