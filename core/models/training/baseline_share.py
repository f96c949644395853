"""Which of two ways to expect a share of buyers from own rhythms has come nearer to what happened."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from core.models.data.repeat_buying import expected_share
from core.models.learners.buying import RHYTHM

Share = Callable[[pd.DataFrame], float]
"""Takes the rows of one cutoff and gives the share of its customers expected to buy."""

_JUDGED: Final = 4  # past cutoffs on which the two are compared


def nearest_share(past: pd.DataFrame, horizon: int) -> Share:
    """Own rhythm's mean chance, or the share without those who were there before the log where that came nearer.

    It must have come nearer on the mean of up to four past cutoffs, the latest, whose outcomes lie apart from each
    other; a log that begins with the shop has nobody from before, and one that is too short cannot tell.

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
    """The latest days, each at least a horizon before the next."""
    found: list[pd.Timestamp] = []
    for day in sorted(days.unique(), reverse=True):
        if len(found) < _JUDGED and (not found or day + timedelta(days=horizon) <= found[-1]):
            found.append(day)
    return found


def _mean(known: pd.DataFrame) -> float:
    return float(known[RHYTHM].mean())
