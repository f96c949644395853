"""RFM scores, usually from 1 to 3 or 1 to 5; equal values always get equal scores."""

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError
from core.plain import Plain

RFM_COLUMNS: Final = ("recency", "frequency", "monetary")
"""Scored columns, in the order of the digits of a code such as 543."""

ENOUGH_FOR_FIVE: Final = 30_000
"""Minimum customers for five scores by default; with fewer, there are three, so that each score pair has enough."""

_FEWEST, _MOST = 2, 9  # a score is one digit
_DECIMALS: Final = 6  # further ones are floating-point noise, which would separate equal amounts


def column(feature: str) -> str:
    """Return the name of the column with a feature's score."""
    return f"{feature}_score"


@dataclass(frozen=True, kw_only=True)
class ScoreSpec(Plain):
    """Scoring settings.

    Parameters
    ----------
    levels : int
        The highest score; the lowest is 1.
    recency, frequency, monetary : tuple of float
        Fixed cut-offs in ascending order, one fewer than scores, each the last value of its group. Recency (180, 365)
        gives 3 up to 180 days, 2 up to 365 and 1 above; frequency (1, 4) gives 1 for one order, 2 up to four and 3
        above. Empty for groups as equal in size as ties allow.
    """

    levels: int
    recency: tuple[float, ...] = ()
    frequency: tuple[float, ...] = ()
    monetary: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if type(self.levels) is not int or not _FEWEST <= self.levels <= _MOST:
            message = f"The highest score must be between {_FEWEST} and {_MOST}, got {self.levels}."
            raise InputError(message)
        for feature in RFM_COLUMNS:
            self._check_cuts(feature)

    def cuts(self, feature: str) -> tuple[float, ...]:
        """Return the fixed cut-offs of a feature; empty if it has none."""
        found: tuple[float, ...] = getattr(self, feature)
        return found

    def _check_cuts(self, feature: str) -> None:
        cuts = self.cuts(feature)
        if not all(isinstance(cut, int | float) and isfinite(cut) for cut in cuts):
            message = f"The cut-offs for {feature} must be numbers."
            raise InputError(message)
        if cuts and (len(cuts) != self.levels - 1 or any(a >= b for a, b in pairwise(cuts))):
            said = ", ".join(f"{cut:g}" for cut in cuts)
            message = (
                f"Scores from 1 to {self.levels} need {self.levels - 1} cut-offs for {feature} in ascending order, "
                f"got {said}. Leave them empty for groups of equal size."
            )
            raise InputError(message)


def default_levels(customers: int) -> int:
    """Return the default highest score: 3 for small shops, 5 for large ones, as in Klaviyo."""
    return 5 if customers >= ENOUGH_FOR_FIVE else 3


def score(customers: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """Score each customer relative to all others.

    Without cut-offs, the score reflects the share of customers with a worse value::

        score = 1 + floor(levels × worse / n)

    where `worse` is the number of customers with a strictly worse value (more days, fewer orders, less money) and n the
    number of all customers. So for score s, at least (s − 1) / levels of the customers are worse. These are quantile
    cut-offs applied by value: without ties, group sizes differ by at most one; customers with equal values always stay
    together, so many ties make groups unequal or leave scores empty.

    Parameters
    ----------
    customers : DataFrame
        With `recency` (days), `frequency` (orders) and `monetary` (gross).
    spec : ScoreSpec
        Scoring settings.

    Returns
    -------
    DataFrame
        `recency_score`, `frequency_score`, `monetary_score`, whole numbers from 1 (worst) to `levels`, under the same
        index.
    """
    found = {column(feature): _scores(customers, feature, spec) for feature in RFM_COLUMNS}
    return pd.DataFrame(found, index=customers.index)


def bins(customers: pd.DataFrame, scored: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """Return the size and limits of each score of each feature.

    Parameters
    ----------
    customers : DataFrame
        As in `score`.
    scored : DataFrame
        From `score`.
    spec : ScoreSpec
        As in `score`.

    Returns
    -------
    DataFrame
        `feature`, `score` (best first), `low`, `high` (minimum and maximum; missing if no customer has the score),
        `customers`, `share` (of all).
    """
    parts = []
    for feature in RFM_COLUMNS:
        grouped = customers[feature].groupby(scored[column(feature)].to_numpy())
        part: pd.DataFrame = grouped.agg(["min", "max", "size"]).reindex(range(spec.levels, 0, -1))
        sizes = part["size"].fillna(0).to_numpy(dtype=np.int64)
        limits = {name: part[of].to_numpy(dtype=np.float64) for name, of in (("low", "min"), ("high", "max"))}
        parts.append(pd.DataFrame({"feature": feature, "score": part.index, **limits, "customers": sizes}))
    table = pd.concat(parts, ignore_index=True)
    table["share"] = table["customers"] / max(len(customers), 1)
    return table


def ties(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the most frequent value of each feature, as `feature`, `value`, `customers`."""
    rows = []
    for feature in RFM_COLUMNS:
        values, counts = np.unique(_values(customers, feature), return_counts=True)
        most = int(counts.argmax()) if len(counts) else 0
        value, shared = (float(values[most]), int(counts[most])) if len(counts) else (float("nan"), 0)
        rows.append({"feature": feature, "value": value, "customers": shared})
    return pd.DataFrame(rows)


def _scores(customers: pd.DataFrame, feature: str, spec: ScoreSpec) -> npt.NDArray[np.int8]:
    values, cuts = _values(customers, feature), spec.cuts(feature)
    if cuts:
        passed = np.searchsorted(np.asarray(cuts), values, side="left")  # cut-offs below the value
        return (spec.levels - passed if feature == "recency" else 1 + passed).astype(np.int8)
    worth = -values if feature == "recency" else values
    worse = pd.Series(worth).rank(method="min").to_numpy(dtype=np.int64) - 1
    return (1 + spec.levels * worse // max(len(worth), 1)).astype(np.int8)


def _values(customers: pd.DataFrame, feature: str) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = customers[feature].to_numpy(dtype=np.float64).round(_DECIMALS)
    return values
