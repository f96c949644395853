"""Customers who slipped from a better segment since their last order, and on which day."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.segments.segment_model import SegmentModel

Days = npt.NDArray[np.int64]

_DAY = pd.Timedelta(days=1)


def slipped(customers: pd.DataFrame, model: SegmentModel) -> pd.DataFrame:
    """Find customers who were in a better segment the day before entering their current one.

    Between two orders, only recency changes. Segments are convex because customers belong to the nearest centroid, and
    scaling preserves the order of recencies. So each segment is an interval along recency, and bisection finds the day
    on which a customer entered the current one. (If both recency and tenure are features, the path is a curve and may
    enter a segment twice; the result is then one of these days.) Returns since the last order are treated as if known
    at that order.

    Parameters
    ----------
    customers : DataFrame
        A snapshot: columns of `core.schema.CUSTOMERS`.
    model : SegmentModel
        The frozen model.

    Returns
    -------
    DataFrame
        The columns of `customers` with `segment_from`, `segment_to` and `slipped_on`, the day at whose end the
        customer was in `segment_to` for the first time since the last order; newest first, and within a day the most
        valuable (`net`) first.
    """
    rank = {name: place for place, name in enumerate(model.names)}
    now = model.assign(customers)
    first = _first_recency(customers)
    at_order = model.assign(customers.assign(recency=first))
    later = (at_order != now).to_numpy()
    some, first = customers[later], first[later]
    entered = _entered(some, model, now[later], first)
    start = model.assign(some.assign(recency=np.maximum(entered - 1, first)))
    as_of = (some["last_order"] + pd.to_timedelta(some["recency"], unit="D")).dt.ceil("D")
    found = some.assign(
        segment_from=start,
        segment_to=now[later],
        slipped_on=as_of - pd.to_timedelta(some["recency"] - entered, unit="D") - _DAY,
    )
    worse = found["segment_from"].map(rank) < found["segment_to"].map(rank)
    newest = found[worse].sort_values(["slipped_on", "net", "customer_id"], ascending=[False, False, True])
    return newest.reset_index(drop=True)


def _first_recency(customers: pd.DataFrame) -> Days:
    """Return the recency at the end of the day of the last order: 0, or 1 for orders at midnight exactly."""
    midnight = customers["last_order"] == customers["last_order"].dt.normalize()
    first: Days = np.minimum(midnight.to_numpy(dtype="int64"), customers["recency"].to_numpy(dtype="int64"))
    return first


def _entered(customers: pd.DataFrame, model: SegmentModel, now: pd.Series, first: Days) -> Days:
    """Return the lowest recency at which each customer is in the current segment; at `first` they are in another."""
    outside, inside = first.copy(), customers["recency"].to_numpy(dtype="int64").copy()
    wanted = now.to_numpy(dtype=object)
    open_ones = np.flatnonzero(inside - outside > 1)
    while len(open_ones):
        middle = (outside[open_ones] + inside[open_ones]) // 2
        there = model.assign(customers.iloc[open_ones].assign(recency=middle)).to_numpy(dtype=object)
        is_in = there == wanted[open_ones]
        inside[open_ones[is_in]] = middle[is_in]
        outside[open_ones[~is_in]] = middle[~is_in]
        open_ones = open_ones[inside[open_ones] - outside[open_ones] > 1]
    return inside
