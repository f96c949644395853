"""Customer movement between segments from one date to another under one frozen model."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from core.customers.snapshots import COLUMNS
from core.segments.segment_model import SegmentModel

NOT_YET: Final = "Not yet a customer"
"""The origin of customers whose first order is between the two dates."""

UP: Final = "up"
DOWN: Final = "down"
SAME: Final = "same"
NEW: Final = "new"


def moved(pairs: pd.DataFrame, model: SegmentModel) -> pd.DataFrame:
    """Assign each customer a segment at both dates.

    Parameters
    ----------
    pairs : DataFrame
        From `core.customers.snapshots.pair`.
    model : SegmentModel
        The model to use at both dates, so that no customer moves because of a change of model.

    Returns
    -------
    DataFrame
        The pairs with `segment_from` (`NOT_YET` or a segment), `segment_to` (both categorical, in the order of the
        model) and `direction`: `UP` to a better segment, which comes earlier in the model, `DOWN` to a worse one,
        `SAME`, or `NEW`.
    """
    before, after = at(pairs, "from"), at(pairs, "to")
    start = model.assign(before).reindex(pairs.index).astype("object").fillna(NOT_YET)
    found = pairs.assign(
        segment_from=pd.Categorical(start, [NOT_YET, *model.names]),
        segment_to=pd.Categorical(model.assign(after), model.names),
    )
    step = found["segment_to"].cat.codes.astype("int64") - (found["segment_from"].cat.codes.astype("int64") - 1)
    direction = pd.Series(SAME, index=found.index, dtype="object").mask(step < 0, UP).mask(step > 0, DOWN)
    direction = direction.mask(found["segment_from"] == NOT_YET, NEW)
    return found.assign(direction=pd.Categorical(direction, [UP, DOWN, SAME, NEW]))


def at(pairs: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the snapshot at one of the dates: `customer_id` and `COLUMNS` of those who were customers then.

    Parameters
    ----------
    pairs : DataFrame
        From `core.customers.snapshots.pair`.
    side : {"from", "to"}
        Which date.
    """
    known = pairs[pairs[f"recency_{side}"].notna()]
    return pd.DataFrame({"customer_id": known["customer_id"], **{name: known[f"{name}_{side}"] for name in COLUMNS}})


def matrix(movement: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Count the customers of each transition and sum the revenue at stake.

    Parameters
    ----------
    movement : DataFrame
        From `moved`.
    names : sequence of str
        Segments in the desired order.

    Returns
    -------
    DataFrame
        `segment_from`, `segment_to`, `customers`, `at_stake` (their gross revenue in the year before the first date)
        and `spent` (gross, between the dates), for each of the (k + 1) × k transitions.
    """
    spent = movement["monetary_to"] - movement["monetary_from"].fillna(0.0)
    grouped = movement.assign(spent=spent).groupby(["segment_from", "segment_to"], observed=True)
    sums = grouped.agg(customers=("customer_id", "size"), at_stake=("at_stake", "sum"), spent=("spent", "sum"))
    cells = pd.MultiIndex.from_product([[*names, NOT_YET], names], names=["segment_from", "segment_to"])
    table = sums.reindex(cells).fillna(0.0).astype({"customers": "int64"})
    return table.reset_index()


def directions(movement: pd.DataFrame) -> pd.DataFrame:
    """Count customers and sum revenue at stake by direction: `direction`, `customers`, `at_stake`."""
    grouped = movement.groupby("direction", observed=False)
    return grouped.agg(customers=("customer_id", "size"), at_stake=("at_stake", "sum")).reset_index()
