"""Feature scaling before clustering, and its named presets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.preprocessing import StandardScaler

from core.errors import InputError
from core.plain import Plain
from core.segments.clustering.cluster_features import CLUSTER_FEATURES, RFM

Matrix = npt.NDArray[np.float64]
Knots = tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
"""Per feature: values in ascending order, and the share of customers below each (ties half)."""

MOST_KNOTS: Final = 1_001  # ranks between knots are interpolated, with an error of at most a thousandth
_UNIFORM_SD: Final = 1 / np.sqrt(12)  # standard deviation of the uniform distribution on 0 to 1

_TRANSFORMS: Final[dict[str, Callable[[Matrix], Matrix]]] = {
    "log": lambda values: np.log1p(np.maximum(values, 0.0)),  # money and counts are skewed by a few big spenders
    "raw": lambda values: values,
}
SCALINGS: Final = {
    "log": "Logarithms, standardised: doubling counts the same at every size",
    "rank": "Ranks: only the order of customers matters, with equal values tied",
    "raw": "Original values, standardised: dominated by a few very large customers",
}
"""Scaling methods with their meaning."""


@dataclass(frozen=True, kw_only=True)
class ScalingSpec(Plain):
    """The features to cluster by and their scaling.

    Parameters
    ----------
    features : tuple of str
        Keys of `core.segments.clustering.cluster_features.CLUSTER_FEATURES`, at least two, each once.
    scaling : {"log", "rank", "raw"}
        See `SCALINGS`.
    """

    features: tuple[str, ...] = RFM
    scaling: str = "log"

    def __post_init__(self) -> None:
        if self.scaling not in SCALINGS:
            message = f"`scaling` must be one of {', '.join(SCALINGS)}, got “{self.scaling}”."
            raise InputError(message)
        unknown = [name for name in self.features if name not in CLUSTER_FEATURES]
        if unknown or len(set(self.features)) != len(self.features) or len(self.features) < 2:  # noqa: PLR2004
            message = (
                f"`features` must contain at least two different ones of {', '.join(CLUSTER_FEATURES)}, got "
                f"{', '.join(self.features) or 'none'}."
            )
            raise InputError(message)


PRESETS: Final[dict[str, ScalingSpec]] = {
    "clientele": ScalingSpec(),
    "rank": ScalingSpec(scaling="rank"),
    "notebook": ScalingSpec(scaling="raw"),
}
"""Preset → scaling; for the rest of the notebook preset, see `core.segments.choosing.notebook_preset`."""

OWN: Final = "own"
"""The preset of custom features and scaling."""


@dataclass(frozen=True, kw_only=True)
class Scaler:
    """A scaling fitted on customers.

    Parameters
    ----------
    spec : ScalingSpec
        Features and scaling.
    mean, scale : tuple of float
        Per feature: offset subtracted from the transformed values, and divisor.
    knots : Knots
        See `Knots`; empty unless the scaling is "rank".
    """

    spec: ScalingSpec
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    knots: Knots = ()

    def __call__(self, customers: pd.DataFrame) -> Matrix:
        """Return scaled features, shape (customers, features)."""
        scaled: Matrix = (transform(customers, self.spec, self.knots) - np.asarray(self.mean)) / np.asarray(self.scale)
        return scaled


def fit_scaler(customers: pd.DataFrame, spec: ScalingSpec) -> Scaler:
    """Fit a scaling on customers.

    Ranks are between 0 and 1 and are always divided by the standard deviation of the uniform distribution, so that
    features with many ties don't get more weight. Other scalings are standardised.
    """
    knots = _fit_knots(features_of(customers, spec)) if spec.scaling == "rank" else ()
    if knots:
        return Scaler(
            spec=spec,
            mean=(0.5,) * len(spec.features),
            scale=(float(_UNIFORM_SD),) * len(spec.features),
            knots=knots,
        )
    standard = StandardScaler().fit(transform(customers, spec))
    return Scaler(spec=spec, mean=tuple(map(float, standard.mean_)), scale=tuple(map(float, standard.scale_)))


def features_of(customers: pd.DataFrame, spec: ScalingSpec) -> Matrix:
    """Return unscaled features in their units, shape (customers, features)."""
    return np.stack(
        [CLUSTER_FEATURES[name].compute(customers).to_numpy(dtype="float64") for name in spec.features], axis=1
    )


def transform(customers: pd.DataFrame, spec: ScalingSpec, knots: Knots = ()) -> Matrix:
    """Transform features without standardising them yet.

    Parameters
    ----------
    customers : DataFrame
        A snapshot with the columns that the features need: `recency` (days), `frequency` (orders), `monetary`
        (shop's currency, gross) and so on.
    spec : ScalingSpec
        Features and scaling.
    knots : Knots
        Required for the scaling "rank".

    Returns
    -------
    array of float, shape (customers, features)
    """
    values = features_of(customers, spec)
    if spec.scaling == "rank":
        ranks = [np.interp(column, *pair) for column, pair in zip(values.T, knots, strict=True)]
        return np.stack(ranks, axis=1)
    return _TRANSFORMS[spec.scaling](values)


def scaling_of(preset: str, own: ScalingSpec | None = None) -> ScalingSpec:
    """Return the scaling of a preset, or the custom one.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if preset == OWN and own is not None:
        return own
    if preset not in PRESETS:
        message = f"`preset` must be one of {', '.join(PRESETS)}, got “{preset}”."
        raise InputError(message)
    return PRESETS[preset]


def _fit_knots(values: Matrix) -> Knots:
    """Compute the mid-distribution function (Parzen, 2004): the share of customers below each value, ties half."""
    found = []
    for column in values.T:
        different, counts = np.unique(column, return_counts=True)
        below = (np.cumsum(counts) - counts / 2) / len(column)
        if len(different) > MOST_KNOTS:
            wanted = np.searchsorted(below, np.linspace(below[0], below[-1], MOST_KNOTS))
            picked = np.unique(np.minimum(wanted, len(different) - 1))
            different, below = different[picked], below[picked]
        found.append((tuple(map(float, different)), tuple(map(float, below))))
    return tuple(found)
