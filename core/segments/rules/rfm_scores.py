"""Scores of recency, frequency and monetary value, from 1 to 3 or 1 to 5, in which equal values get equal scores."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError
from core.plain import Plain

RFM_COLUMNS: Final = ("recency", "frequency", "monetary")
"""What is scored, in the order of the digits of a code such as 543."""

ENOUGH_FOR_FIVE: Final = 30_000
"""Customers from which on five scores are the default; below, three, so that a score pair has enough of them."""

_FEWEST, _MOST = 2, 9  # a score is one digit
_DECIMALS: Final = 6  # more are the noise of adding binary fractions: what is equal to the cent stays equal


def column(feature: str) -> str:
    """Name of the column that has a feature's score."""
    return f"{feature}_score"


@dataclass(frozen=True, kw_only=True)
class ScoreSpec(Plain):
    """Scoring settings.

    Parameters
    ----------
    levels : int
        The highest score; the lowest is 1.
    recency, frequency, monetary : tuple of float
        Fixed cut-offs, rising, one fewer than there are scores: the last value that belongs to the group before.
        Recency (180, 365) gives 3 up to 180 days, 2 up to 365, 1 beyond; frequency (1, 4) gives 1 for one order, 2 up
        to four, 3 beyond. Empty for groups as equal as ties allow.
    """

    levels: int
    recency: tuple[float, ...] = ()
    frequency: tuple[float, ...] = ()
    monetary: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not _FEWEST <= self.levels <= _MOST:
            message = f"The highest score must lie between {_FEWEST} and {_MOST}, got {self.levels}."
            raise InputError(message)
        for feature in RFM_COLUMNS:
            self._check_cuts(feature)

    def cuts(self, feature: str) -> tuple[float, ...]:
        """The fixed cut-offs of a feature; empty where it has none."""
        found: tuple[float, ...] = getattr(self, feature)
        return found

    def _check_cuts(self, feature: str) -> None:
        cuts = self.cuts(feature)
        if cuts and (len(cuts) != self.levels - 1 or any(a >= b for a, b in pairwise(cuts))):
            said = ", ".join(f"{cut:g}" for cut in cuts)
            message = (
                f"Scores from 1 to {self.levels} need {self.levels - 1} cut-offs of {feature} in rising order, "
                f"got {said}. Leave them empty for groups of equal size."
            )
            raise InputError(message)


def default_levels(customers: int) -> int:
    """Three scores for small shops, five for large ones (so does Klaviyo)."""
    return 5 if customers >= ENOUGH_FOR_FIVE else 3


def score(customers: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """Score each customer against all of these.

    Without cut-offs a score says what share of the customers is worse::

        score = 1 + floor(levels × worse / n)

    where `worse` counts the customers with a strictly worse value (more days for recency, fewer orders, less money)
    and n all of them. So score s means: at least (s − 1) / levels of the customers are worse. It is the quantile
    cut-off applied by value: without ties the groups differ by one customer at most, and customers with equal values
    are never parted, which leaves groups unequal or scores empty where many customers have the same value.

    Parameters
    ----------
    customers : DataFrame
        With `recency` (days), `frequency` (orders) and `monetary` (gross).
    spec : ScoreSpec
        How.

    Returns
    -------
    DataFrame
        `recency_score`, `frequency_score`, `monetary_score`, whole numbers from 1 (worst) to `levels`, under the same
        index.
    """
    found = {column(feature): _scores(customers, feature, spec) for feature in RFM_COLUMNS}
    return pd.DataFrame(found, index=customers.index)


def bins(customers: pd.DataFrame, scored: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """Size and limits of each score of each feature.

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
        `feature`, `score` (best first), `low`, `high` (least and greatest value; missing where the score is empty),
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
    """The value that most customers share, of each feature: `feature`, `value`, `customers`."""
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
