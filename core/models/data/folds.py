"""Time-based folds: each evaluates a past cutoff with models trained only on outcomes known by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

FEWEST_ROWS: Final = 500
"""Minimum rows at past cutoffs to learn anything beyond repeat buying."""

FEWEST_CUTOFFS: Final = 4
"""Minimum past cutoffs to train on for an evaluation to be trusted. A model trained on fewer mistakes one season for
the whole year, and differs from the model that would be used."""

Fold = tuple[pd.DataFrame, pd.DataFrame]
"""Panel rows to train on, and rows of one later cutoff to evaluate on."""


def time_folds(past: pd.DataFrame, outcome: pd.Series, horizon: int, *, most: int = 2, cutoffs: int = 1) -> list[Fold]:
    """Return pairs of training and evaluation rows, latest first, as far as both are numerous enough.

    The outcome windows evaluated don't overlap, so that a good season doesn't count twice.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes.
    outcome : Series
        Actual outcomes under the same index, whose labels are unique.
    horizon : int
        Days of the outcome.
    most : int
        Maximum number of folds.
    cutoffs : int
        Minimum number of cutoffs to train on.

    Returns
    -------
    list of pair
        Only folds with more than one outcome value in both the training and the evaluation rows.
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
    """Lead of a model over repeat buying.

    Parameters
    ----------
    mean : float
        Mean lead over the past dates.
    error : float
        Its standard error across the customers of those dates.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, each: Sequence[tuple[float, float]]) -> "Lead":
        """Average leads, each with its standard error, from dates whose outcome windows don't overlap."""
        means, errors = np.asarray(each, float).T
        return cls(mean=float(means.mean()), error=float(np.sqrt((errors**2).sum()) / len(errors)))

    @property
    def real(self) -> bool:
        """True if the lead exceeds its standard error (the one-standard-error rule; Breiman and others, 1984)."""
        return self.mean > self.error
