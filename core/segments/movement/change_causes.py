"""Causes of segment growth: time, orders of existing customers, new customers, and refits."""

from typing import Final

import pandas as pd

from core.segments.movement.transitions import NOT_YET, at, moved
from core.segments.segment_model import SegmentModel

CAUSES: Final = ("clock", "orders", "new", "refit")
"""The components of a change, in order."""


def explained(pairs: pd.DataFrame, model: SegmentModel, days: int, later: SegmentModel | None = None) -> pd.DataFrame:
    """Add each customer's counterfactual segments to the movement.

    Parameters
    ----------
    pairs : DataFrame
        From `core.customers.snapshots.pair`.
    model : SegmentModel
        Model under which customers move.
    days : int
        Days between the two dates.
    later : SegmentModel, optional
        Model that has replaced it since.

    Returns
    -------
    DataFrame
        The result of `core.segments.movement.transitions.moved` with `segment_aged`, the customer's segment at the
        second date if nothing had happened since the first (`NOT_YET` for new customers), and `segment_refit`, the
        customer's segment under the later model.
    """
    movement = moved(pairs, model)
    before = at(pairs, "from")
    aged = model.assign(before.assign(recency=before["recency"] + days))
    aged = aged.reindex(pairs.index).astype("object").fillna(NOT_YET)
    movement["segment_aged"] = pd.Categorical(aged, [NOT_YET, *model.names])
    movement["segment_refit"] = movement["segment_to"]
    if later is not None:
        movement["segment_refit"] = pd.Categorical(later.assign(at(pairs, "to")), later.names)
    return movement


def decompose(movement: pd.DataFrame) -> pd.DataFrame:
    """Decompose the change of each segment exactly into the effects of time, orders, new customers and a refit.

    B' − A = (aged − A) + (known − aged) + (B − known) + (B' − B), where A and B are the sizes at the two dates under
    the model, aged is the size at the second date if nothing had happened since the first, known is the size at the
    second date without new customers, and B' is the size at the second date under the later model.

    Parameters
    ----------
    movement : DataFrame
        From `explained`.

    Returns
    -------
    DataFrame
        `segment`, `before` (A), `clock` (aged − A), `orders` (known − aged), `new` (B − known), `refit` (B' − B) and
        `after` (B'), in customers. Segments of the model come first, in order, then those only in the later one.
    """
    known = movement[movement["segment_from"] != NOT_YET]
    names = list(movement["segment_to"].cat.categories)
    names += [name for name in movement["segment_refit"].cat.categories if name not in names]

    def sizes(column: pd.Series) -> pd.Series:
        return column.value_counts().reindex(names).fillna(0).astype("int64")

    start, aged, stayed = (sizes(known[f"segment_{what}"]) for what in ("from", "aged", "to"))
    end, refitted = sizes(movement["segment_to"]), sizes(movement["segment_refit"])
    return pd.DataFrame(
        {
            "segment": names,
            "before": start.to_numpy(),
            "clock": (aged - start).to_numpy(),
            "orders": (stayed - aged).to_numpy(),
            "new": (end - stayed).to_numpy(),
            "refit": (refitted - end).to_numpy(),
            "after": refitted.to_numpy(),
        }
    )
