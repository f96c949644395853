"""Causes of segment growth: time, orders of existing customers, new customers, and refits."""

from typing import Final

import pandas as pd

from core.segments.movement.transitions import NOT_YET, at, moved
from core.segments.segment_model import SegmentModel

CAUSES: Final = ("clock", "orders", "new", "refit")
"""What a change is made of, in this order."""


def explained(pairs: pd.DataFrame, model: SegmentModel, days: int, later: SegmentModel | None = None) -> pd.DataFrame:
    """Movement with what would have become of each customer otherwise.

    Parameters
    ----------
    pairs : DataFrame
        From `core.customers.snapshots.pair`.
    model : SegmentModel
        Under which customers move.
    days : int
        From the first date to the second.
    later : SegmentModel, optional
        One that took its place since.

    Returns
    -------
    DataFrame
        As `core.segments.movement.transitions.moved` gives it, with `segment_aged`, where the customer would be at the
        second date without anything having happened since the first (`NOT_YET` for new customers), and `segment_refit`,
        where the later model puts the customer.
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
    """Split the change of each segment, exactly, into what the clock, customers and a refit did.

    With A and B the sizes at both dates under the model, aged the size that the customers of A would have at B
    without anything having happened, known the size at B without new customers, and B' the size at B under the later
    model: B' − A = (aged − A) + (known − aged) + (B − known) + (B' − B).

    Parameters
    ----------
    movement : DataFrame
        From `explained`.

    Returns
    -------
    DataFrame
        `segment`, `before` (A), `clock` (aged − A), `orders` (known − aged), `new` (B − known), `refit` (B' − B) and
        `after` (B'), in customers. Segments of the model in its order, then those that only the later one has.
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
