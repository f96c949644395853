"""Preprocessing of customer features: scaled for linear and distance-based models, raw for trees."""

from collections.abc import Sequence
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.models.data.panel import INPUTS

COUNTRY: Final = "country"
RARE: Final = 0.02  # share of customers below which a country is grouped with the other rare ones

FARTHEST: Final = 10.0
"""Standard deviations from the mean at which numbers are capped. A feature that hardly varied in training may vary
later: if no customer seemed to have lapsed at past dates, a 98% chance of being active is millions of deviations away
and would swamp every sum or distance it enters."""

_SKEWED_UNITS: Final = ("days", "purchase days", "money", "lines", "units")
SKEWED: Final = tuple(name for name, feature in INPUTS.items() if feature.unit in _SKEWED_UNITS)
"""Counts and amounts whose distribution has a long right tail."""


class SignedLog(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """sign(x) log(1 + |x|): a log scale for amounts and counts that maps 0 to 0."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803  scikit-learn's names
        """Store the number of inputs; there is nothing to learn."""
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Transform numbers of any shape. Missing values stay missing."""
        return np.sign(X) * np.log1p(np.abs(X))

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the input names unchanged."""
        return np.asarray(input_features, dtype=object)


class Capped(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Transformer that clips standardised numbers to ±`FARTHEST`."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803  scikit-learn's names
        """Store the number of inputs; there is nothing to learn."""
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Clip numbers to ±`FARTHEST`."""
        return np.clip(X, -FARTHEST, FARTHEST)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the input names unchanged."""
        return np.asarray(input_features, dtype=object)


def scaled(columns: Sequence[str]) -> ColumnTransformer:
    """Return preprocessing for linear and distance-based models: logs, imputation, standardising and capping.

    Parameters
    ----------
    columns : sequence of str
        From `core.models.data.panel.INPUTS`. `country`, if included, is one-hot encoded.
    """
    skewed = [name for name in columns if name in SKEWED]
    plain = [name for name in columns if name not in SKEWED and name != COUNTRY]
    filling = ("filling", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True))
    scaling, capping = ("scaling", StandardScaler()), ("capping", Capped())
    parts = [
        ("skewed", Pipeline([("logarithm", SignedLog()), filling, scaling, capping]), skewed),
        ("plain", Pipeline([filling, scaling, capping]), plain),
    ]
    return _with_country([part for part in parts if part[2]], columns)


def as_they_are(columns: Sequence[str]) -> ColumnTransformer:
    """Return preprocessing for trees: numbers are passed through, including missing ones."""
    numbers = [name for name in columns if name != COUNTRY]
    return _with_country([("numbers", "passthrough", numbers)] if numbers else [], columns)


def filled(columns: Sequence[str]) -> ColumnTransformer:
    """Return preprocessing for estimators that reject missing values: −1 stands for missing."""
    numbers = [name for name in columns if name != COUNTRY]
    filling = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return _with_country([("numbers", filling, numbers)] if numbers else [], columns)


def frame_of(known: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a panel's columns as models take them, with "unknown" for a missing country."""
    found = known.loc[:, list(columns)]
    if COUNTRY in columns:
        found = found.assign(country=found[COUNTRY].fillna("unknown").astype(object))
    return found


def _with_country(parts: list[tuple[str, Any, list[str]]], columns: Sequence[str]) -> ColumnTransformer:
    if COUNTRY in columns:
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
        parts = [*parts, ("country", encoder, [COUNTRY])]
    return ColumnTransformer(parts, verbose_feature_names_out=False)
