"""Choice between two estimates of the share of buyers, by their errors at past cutoffs."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from core.models.data.repeat_buying import expected_share
from core.models.learners.buying import RHYTHM

Share = Callable[[pd.DataFrame], float]
"""Returns the share of customers expected to buy, given the rows of one cutoff."""

_JUDGED: Final = 4  # past cutoffs on which the two are compared


def nearest_share(past: pd.DataFrame, horizon: int) -> Share:
    """Choose between the mean of `RHYTHM` and `expected_share`, which allows for customers who predate the log.

    `expected_share` is chosen if its error was smaller on average over the latest past cutoffs, up to four, whose
    outcome windows don't overlap. Otherwise, as with a short log or one that starts with the shop, the mean is used.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes.
    horizon : int
        Days of the outcome.
    """
    without: Share = partial(expected_share, horizon=horizon)
    nearer = []
    for day in _apart(past["as_of"], horizon):
        known = past[past["as_of"] == day]
        happened = float(known["will_buy"].mean())
        nearer.append(abs(_mean(known) - happened) - abs(without(known) - happened))
    return without if nearer and np.mean(nearer) > 0 else _mean


def _apart(days: pd.Series, horizon: int) -> list[pd.Timestamp]:
    """Return the latest days, each at least a horizon before the next."""
    found: list[pd.Timestamp] = []
    for day in sorted(days.unique(), reverse=True):
        if len(found) < _JUDGED and (not found or day + timedelta(days=horizon) <= found[-1]):
            found.append(day)
    return found


def _mean(known: pd.DataFrame) -> float:
    return float(known[RHYTHM].mean())
