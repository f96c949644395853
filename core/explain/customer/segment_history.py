"""A customer's segments month by month, under the current definitions."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import SegmentModel

MONTHS: Final = 24
"""Months of history."""


def segments_over_time(
    history: pd.DataFrame, segments: SegmentModel, as_of: date, *, months: int = MONTHS
) -> pd.DataFrame:
    """Return a customer's segment at the start of each month and today.

    Parameters
    ----------
    history : DataFrame
        `core.schema.HISTORY`.
    segments : SegmentModel
        Frozen segments on `RFM` alone.
    as_of : date
        Today.
    months : int
        Months before it.

    Returns
    -------
    DataFrame
        `as_of` (ascending, the last is today), `RFM`, `segment`; only dates after the first order.
    """
    sold = history[~history["went_back"].astype(bool)].sort_values("ordered_at")
    today = pd.Timestamp(as_of)
    starts = pd.date_range(end=today - pd.Timedelta(days=1), periods=months, freq="MS")
    days = pd.DatetimeIndex([*starts, today]).unique()
    number = np.searchsorted(sold["ordered_at"].to_numpy(), days.to_numpy())  # orders strictly before each day
    stood = pd.DataFrame({"as_of": days[number > 0]})
    seen = number[number > 0] - 1
    last = sold["ordered_at"].to_numpy()[seen]
    stood["recency"] = ((stood["as_of"].to_numpy() - last) // np.timedelta64(1, "D")).astype("float64")
    stood["frequency"] = sold["new_order"].astype("float64").cumsum().to_numpy()[seen]
    stood["monetary"] = sold["amount"].astype("float64").cumsum().to_numpy()[seen]
    if stood.empty:
        return stood.assign(segment=pd.Series(dtype="str"))
    return stood.assign(segment=segments.assign(stood[list(RFM)]).to_numpy())
