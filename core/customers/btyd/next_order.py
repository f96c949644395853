"""Time until a customer's next order, in closed form under BG/NBD."""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.histories import Customers, Vector

SHARE: Final = 0.8
"""Coverage of intervals: 10% of outcomes are below them, 10% above."""

FURTHEST: Final = 3 * 365
"""Maximum days ahead for a date; customers who buy more rarely may not come back at all."""


def next_order(buying: BgNbd, customers: Customers) -> pd.DataFrame:
    """Compute the days until the next purchase.

    Parameters
    ----------
    buying : BgNbd
        Model fitted in days.
    customers : Customers
        Their histories.

    Returns
    -------
    DataFrame
        One row per customer, in order: `next_days`, `next_days_low` and `next_days_high`, the median and the bounds of
        the central `SHARE` of the days from as_of to the next purchase **if they are still a customer**; may be
        infinite. The probability of a purchase within some time is `BgNbd.any_purchase`.

    Notes
    -----
    The interval is predictive: it reflects chance and the uncertainty of the customer's rate, and treats the model
    parameters as known. If the customer is alive, the rate is gamma distributed with r + x and α + T, so the wait has a
    Pareto distribution of the second kind, P(wait > t) = ((α + T) / (α + T + t))^(r + x) (Lomax, 1954; the survivor
    function in Fader, Hardie and Lee, 2005, averaged over the rate).
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
    """Return a quantile of the days until the next purchase, if they are still a customer; may be infinite."""
    with np.errstate(over="ignore"):  # waits of very rare buyers overflow to infinity
        found: Vector = (buying.alpha + customers.T) * np.expm1(-np.log1p(-probability) / (buying.r + customers.x))
    return found


def date_after(as_of: date, days: npt.ArrayLike) -> pd.Series:
    """Return the dates on which waits from as_of end; missing if not within `FURTHEST` days.

    A wait of less than a day ends on as_of itself, because as_of is the start of that day.
    """
    waits = np.asarray(days, float)
    whole = np.floor(np.where(waits < FURTHEST, waits, np.nan))
    return pd.Series(pd.Timestamp(as_of) + pd.to_timedelta(whole, unit="D"))
