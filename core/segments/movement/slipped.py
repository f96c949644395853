"""Customers who slipped from a better segment since their last order, and the day they did."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.segments.segment_model import SegmentModel

Days = npt.NDArray[np.int64]

_DAY = pd.Timedelta(days=1)


def slipped(customers: pd.DataFrame, model: SegmentModel) -> pd.DataFrame:
    """Customers who were in a better segment on the day before they entered the one they are in.

    Between two orders only recency grows. Segments are the cells nearest to centroids, which are convex, and scaling
    keeps the order of recencies; so along recency each segment is one interval, and the day on which a customer
    entered the current one is found by halving (with both recency and tenure among the features the way is a curve,
    which may enter a segment twice; then it is one of these days). Anything returned since the last order counts as if
    it had been known all along.

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
        customer was in `segment_to` for the first time since the last order; newest first, of one day the most
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
    """Recency at the end of the day of the last order: 0, or 1 for an order at midnight, which a day later is old."""
    midnight = customers["last_order"] == customers["last_order"].dt.normalize()
    first: Days = np.minimum(midnight.to_numpy(dtype="int64"), customers["recency"].to_numpy(dtype="int64"))
    return first


def _entered(customers: pd.DataFrame, model: SegmentModel, now: pd.Series, first: Days) -> Days:
    """Least recency from which on each customer is in the segment of now; at `first` they are in another."""
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
