"""Past cutoffs to judge models on, each by models that learned only from outcomes that were known by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

FEWEST_ROWS: Final = 500
"""Customers at past cutoffs below which nothing beyond own rhythm can be learned."""

FEWEST_CUTOFFS: Final = 4
"""Past cutoffs below which nothing is judged that is to be trusted: trained on fewer it takes one season for all, and
is not what would be used."""

Fold = tuple[pd.DataFrame, pd.DataFrame]
"""Rows of a panel to train on, and rows of one later cutoff to judge on."""


def time_folds(past: pd.DataFrame, outcome: pd.Series, horizon: int, *, most: int = 2, cutoffs: int = 1) -> list[Fold]:
    """Pairs of rows to train on and rows to judge on, the latest first, where there are enough of both.

    Outcomes that are judged on lie apart from each other, so that a good season does not count twice.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes.
    outcome : Series
        What happened, under the same index, which has each label once.
    horizon : int
        Days of the outcome.
    most : int
        Folds at most.
    cutoffs : int
        Cutoffs to train on, at least.

    Returns
    -------
    list of pair
        Only such in which more than one thing happened, both in training and after it.
    """
    found: list[Fold] = []
    before = past["as_of"].max() + timedelta(days=1)
    while len(found) < most:
        left = past.loc[past["as_of"] < before, "as_of"]
        if left.empty:
            break
        at = left.max()
        earlier = past[past["as_of"] + timedelta(days=horizon) <= at]
        judged = past[past["as_of"] == at]
        enough = len(earlier) >= FEWEST_ROWS and earlier["as_of"].nunique() >= cutoffs
        if enough and all(outcome.loc[part.index].nunique() > 1 for part in (earlier, judged)):
            found.append((earlier, judged))
        before = at - timedelta(days=horizon - 1)
    return found


@dataclass(frozen=True, kw_only=True)
class Lead:
    """By how much something did better than own rhythm.

    Parameters
    ----------
    mean : float
        Of the past dates.
    error : float
        Its standard error, from the customers of these dates.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, each: Sequence[tuple[float, float]]) -> "Lead":
        """Take the mean of leads at dates with outcomes apart from each other, given with their standard errors."""
        means, errors = np.asarray(each, float).T
        return cls(mean=float(means.mean()), error=float(np.sqrt((errors**2).sum()) / len(errors)))

    @property
    def real(self) -> bool:
        """Whether it is larger than its standard error (the one-standard-error rule; Breiman and others, 1984)."""
        return self.mean > self.error
