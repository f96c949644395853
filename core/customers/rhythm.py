"""Overdue customers: recency against the usual gap between a customer's purchase days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from core.errors import InputError

ON_TIME: Final = "On time"
DUE: Final = "Due"
OVERDUE: Final = "Overdue"
LONG_OVERDUE: Final = "Long overdue"
NO_RHYTHM: Final = "Too few orders"
CLASSES: Final = (ON_TIME, DUE, OVERDUE, LONG_OVERDUE, NO_RHYTHM)
LATE: Final = (OVERDUE, LONG_OVERDUE)
"""The classes of customers at risk."""

_SECONDS: Final = 86_400


@dataclass(frozen=True, kw_only=True)
class RhythmSpec:
    """Thresholds for having a rhythm and for being late.

    Half of a customer's gaps are longer than the usual (median) one. In a Poisson process, a gap exceeds k medians with
    probability 2^−k, so a quarter of the gaps are longer than two medians and one in sixteen is longer than four, which
    are the default thresholds.

    Parameters
    ----------
    least_days : int
        Minimum purchase days for a rhythm.
    due, overdue, long_overdue : float
        Multiples of the usual gap since the last order above which a customer is due, overdue and long overdue.
    """

    least_days: int = 3
    due: float = 1.0
    overdue: float = 2.0
    long_overdue: float = 4.0

    def __post_init__(self) -> None:
        if self.least_days < 2:  # noqa: PLR2004  one gap needs two days
            message = f"`least_days` must be at least 2, got {self.least_days}."
            raise InputError(message)
        if not 0 < self.due < self.overdue < self.long_overdue:
            message = (
                f"`due`, `overdue` and `long_overdue` must be positive and ascending, got {self.due:g}, "
                f"{self.overdue:g} and {self.long_overdue:g}."
            )
            raise InputError(message)


def usual_gaps(orders: ir.Table, as_of: date) -> ir.Table:
    """Compute the median gap between each customer's purchase days before a date.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`.
    as_of : date
        Only orders before the start of this day are used.

    Returns
    -------
    Table
        `customer_id`, `purchase_days` (distinct days with an order), `usual_gap` (median in days; missing with only one
        purchase day).
    """
    before = orders.filter(orders.ordered_at < ibis.literal(datetime.combine(as_of, time())))
    days = before.select("customer_id", day=before.ordered_at.epoch_seconds() // _SECONDS).distinct()
    earlier = days.day.lag().over(group_by="customer_id", order_by="day")
    gaps = days.mutate(gap=days.day - earlier)
    return gaps.group_by("customer_id").agg(
        purchase_days=gaps.count().cast("int64"), usual_gap=gaps.gap.median().cast("float64")
    )


def late(customers: pd.DataFrame, spec: RhythmSpec) -> pd.DataFrame:
    """Add each customer's recency in usual gaps, and the resulting class.

    Parameters
    ----------
    customers : DataFrame
        `recency`, `purchase_days`, `usual_gap`, and optional further columns.
    spec : RhythmSpec
        Thresholds.

    Returns
    -------
    DataFrame
        The same rows with `gaps_ago` (recency ÷ usual gap; missing without a rhythm) and `rhythm`, one of `CLASSES`.
    """
    has_rhythm = customers["purchase_days"] >= spec.least_days
    gaps_ago = (customers["recency"] / customers["usual_gap"]).where(has_rhythm)
    passed = sum((gaps_ago > limit).astype("int64") for limit in (spec.due, spec.overdue, spec.long_overdue))
    place = np.where(has_rhythm, passed, CLASSES.index(NO_RHYTHM)).astype("int8")
    return customers.assign(gaps_ago=gaps_ago, rhythm=pd.Categorical.from_codes(place, pd.Index(CLASSES), ordered=True))


def by_class(customers: pd.DataFrame) -> pd.DataFrame:
    """Count customers and sum revenue by class.

    Parameters
    ----------
    customers : DataFrame
        From `late`, with `monetary` (gross), `returned` and `net`.

    Returns
    -------
    DataFrame
        `rhythm` (all of `CLASSES`, in their order), `customers`, `customer_share`, `revenue` (gross so far),
        `returned`, `net`, `revenue_share` (of gross).
    """
    grouped = customers.groupby("rhythm", observed=False)
    table = grouped.agg(
        customers=("rhythm", "size"), revenue=("monetary", "sum"), returned=("returned", "sum"), net=("net", "sum")
    ).reset_index()
    table["rhythm"] = table["rhythm"].astype("str")
    table.insert(2, "customer_share", table["customers"] / max(len(customers), 1))
    return table.assign(revenue_share=table["revenue"] / (table["revenue"].sum() or 1.0))


def most_valuable_late(
    customers: pd.DataFrame, classes: Collection[str] = LATE, most: int | None = None
) -> pd.DataFrame:
    """Return customers at risk, highest net revenue first, each with a sentence.

    Parameters
    ----------
    customers : DataFrame
        From `late`, with the columns of `core.schema.CUSTOMERS`.
    classes : collection of str
        Classes to include, except `NO_RHYTHM`.
    most : int, optional
        Maximum number of customers.

    Returns
    -------
    DataFrame
        `customer_id`, `rhythm`, `in_words`, `gaps_ago`, `recency`, `usual_gap`, `purchase_days`, `monetary` (gross),
        `returned`, `net`, `last_order`, `country`.
    """
    at_risk = customers[customers["rhythm"].isin(list(classes))]
    at_risk = at_risk.sort_values(["net", "customer_id"], ascending=[False, True]).head(
        len(at_risk) if most is None else most
    )
    columns = ["customer_id", "rhythm", "gaps_ago", "recency", "usual_gap", "purchase_days"]
    columns += ["monetary", "returned", "net", "last_order", "country"]
    found = at_risk[columns].reset_index(drop=True)
    found["rhythm"] = found["rhythm"].astype("str")
    triples = zip(found["recency"], found["gaps_ago"], found["usual_gap"], strict=True)
    found.insert(2, "in_words", [in_words(*triple) for triple in triples])
    return found


def in_words(recency: int, gaps_ago: float, usual_gap: float) -> str:
    """Describe a customer's lateness in a sentence."""
    ago = "today" if recency == 0 else f"{recency:,} {_days(recency)} ago"
    times = f"{gaps_ago:,.1f}" if gaps_ago < 10 else f"{gaps_ago:,.0f}"  # noqa: PLR2004  two figures
    return f"Last order {ago}, {times} times the usual gap of {usual_gap:g} {_days(usual_gap)}."


def _days(number: float) -> str:
    return "day" if number == 1 else "days"
