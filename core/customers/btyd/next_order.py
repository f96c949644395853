"""Time of a customer's next order, in closed form under BG/NBD."""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.histories import Customers, Vector

SHARE: Final = 0.8
"""Probability that intervals hold: one in ten ends below them, one in ten above."""

FURTHEST: Final = 3 * 365
"""Days ahead beyond which no date is named: who buys that rarely may as well be said not to come back."""


def next_order(buying: BgNbd, customers: Customers) -> pd.DataFrame:
    """Compute the days until the next purchase.

    Parameters
    ----------
    buying : BgNbd
        In days.
    customers : Customers
        What is known of each.

    Returns
    -------
    DataFrame
        A row per customer, in their order: `next_days`, `next_days_low` and `next_days_high`, the median and the
        bounds of the middle `SHARE` of the days from as_of to the next purchase **if they are still a customer**, which
        the models are never sure of; they may be infinite. Whether it comes in time is `BgNbd.any_purchase`.

    Notes
    -----
    The interval is predictive: it says where this customer's next purchase falls, given
    chance and the uncertainty of their rate, with the parameters of the model taken as known. If they are alive, their
    rate is gamma distributed with r + x and α + T,
    so that the wait is of Pareto's second kind, P(wait > t) = ((α + T) / (α + T + t))^(r + x)
    (Lomax, 1954; the survivor function in Fader, Hardie and Lee, 2005, averaged over the rate).
    """
    low, high = (1 - SHARE) / 2, (1 + SHARE) / 2
    return pd.DataFrame(
        {
            "next_days": wait(buying, customers, 0.5),
            "next_days_low": wait(buying, customers, low),
            "next_days_high": wait(buying, customers, high),
        }
    )


def wait(buying: BgNbd, customers: Customers, probability: float) -> Vector:
    """Days within which the next purchase comes with a probability, if they are still a customer; may be infinite."""
    with np.errstate(over="ignore"):  # who hardly ever buys may be waited for longer than numbers go
        found: Vector = (buying.alpha + customers.T) * np.expm1(-np.log1p(-probability) / (buying.r + customers.x))
    return found


def date_after(as_of: date, days: npt.ArrayLike) -> pd.Series:
    """The days on which waits from as_of end; missing where that is not within `FURTHEST` days.

    A wait shorter than a day ends on as_of itself, since as_of is the start of that day.
    """
    waits = np.asarray(days, float)
    whole = np.floor(np.where(waits < FURTHEST, waits, np.nan))
    return pd.Series(pd.Timestamp(as_of) + pd.to_timedelta(whole, unit="D"))
