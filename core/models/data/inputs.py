"""How what is known of customers is put before a model: scaled for those that need it, as it is for trees."""

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
"""Standard deviations from the mean beyond which a number says no more. What hardly varied in training may vary later:
where at past dates nobody seemed to have stopped buying, a chance of 98% to be still a customer is millions of
deviations away, and whatever is added up or measured with it is lost."""

_SKEWED_UNITS: Final = ("days", "purchase days", "money", "lines", "units")
SKEWED: Final = tuple(name for name, feature in INPUTS.items() if feature.unit in _SKEWED_UNITS)
"""Counts and amounts, which a few customers have many times as much of as the others."""


class SignedLog(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """sign(x) log(1 + |x|): amounts and counts on a scale where twice as much is as far everywhere; 0 stays 0."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803  scikit-learn's names
        """Learn nothing."""
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Transform numbers of any shape; missing ones stay missing."""
        return np.sign(X) * np.log1p(np.abs(X))

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """The same names as before."""
        return np.asarray(input_features, dtype=object)


class Capped(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Standardised numbers no farther from the mean than `FARTHEST`."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803  scikit-learn's names
        """Learn nothing."""
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Bring what is farther back to that distance."""
        return np.clip(X, -FARTHEST, FARTHEST)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """The same names as before."""
        return np.asarray(input_features, dtype=object)


def scaled(columns: Sequence[str]) -> ColumnTransformer:
    """For models that add or measure distances: logarithms of what is skewed, missing marked, standardised, capped.

    Parameters
    ----------
    columns : sequence of str
        Of `core.models.data.panel.INPUTS`; `country`, if it is among them, becomes one column a country.
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
    """For trees: numbers as they are, missing ones too."""
    numbers = [name for name in columns if name != COUNTRY]
    return _with_country([("numbers", "passthrough", numbers)] if numbers else [], columns)


def filled(columns: Sequence[str]) -> ColumnTransformer:
    """For trees that cannot hold missing values, or resampling between neighbours: −1 stands for missing."""
    numbers = [name for name in columns if name != COUNTRY]
    filling = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return _with_country([("numbers", filling, numbers)] if numbers else [], columns)


def frame_of(known: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of a panel as models take them; a customer without a country gets one of that name."""
    found = known.loc[:, list(columns)]
    if COUNTRY in columns:
        found = found.assign(country=found[COUNTRY].fillna("unknown").astype(object))
    return found


def _with_country(parts: list[tuple[str, Any, list[str]]], columns: Sequence[str]) -> ColumnTransformer:
    if COUNTRY in columns:
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
        parts = [*parts, ("country", encoder, [COUNTRY])]
    return ColumnTransformer(parts, verbose_feature_names_out=False)
