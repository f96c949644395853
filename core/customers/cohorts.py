"""Customers by the month of their first order: repeat orders in later months, and revenue to date.

Two ends of a log are cut off. The first cohort includes existing customers who bought before the log starts
(left-censored, `begins_log`). The last months are incomplete, so their figures are too low (right-censored, not
`complete`). Such cells are excluded from averages.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.errors import InputError

AGAIN_DAYS: Final = 90
"""Default number of days within which a second purchase counts as a repeat."""

LEAST_COHORTS: Final = 3
"""Minimum number of cohorts to average a month over."""

_SECONDS: Final = 86_400
_FLOWS: Final = ("active", "revenue", "returned")
_CELL_COLUMNS: Final = (
    "cohort", "begins_log", "size", "after", "month", "complete", "active", "retention", "revenue", "returned",
    "revenue_so_far", "net_so_far", "revenue_per_customer", "net_per_customer",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CohortSpec:
    """The choice of cohorts and the dates they are observed to.

    Parameters
    ----------
    log_start : date
        Day of the log's first order.
    as_of : date
        Cutoff at the start of this day, the day after the last order.
    start : date or None
        Only customers whose first order is on this day or later.
    end : date or None
        Only customers whose first order is before this day.
    again_days : int
        Days after the first purchase day within which another one counts as having come back.
    """

    log_start: date
    as_of: date
    start: date | None = None
    end: date | None = None
    again_days: int = AGAIN_DAYS

    def __post_init__(self) -> None:
        if self.log_start >= self.as_of:
            message = f"`log_start` must be before `as_of`, got {self.log_start} and {self.as_of}."
            raise InputError(message)
        if self.again_days < 1:
            message = f"`again_days` must be at least 1, got {self.again_days}."
            raise InputError(message)


def first_orders(orders: ir.Table, spec: CohortSpec) -> ir.Table:
    """Return each customer's cohort and time of return, for first orders in the range.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`, from the beginning of the log.
    spec : CohortSpec
        Range of cohorts.

    Returns
    -------
    Table
        `customer_id`, `cohort` (first day of the month of the first order), `again_after` (days from the first
        purchase day to the second; missing without a second).
    """
    before = orders.filter(orders.ordered_at < _midnight(spec.as_of))
    day = before.ordered_at.epoch_seconds() // _SECONDS
    first_day = day.min().over(group_by="customer_id")
    marked = before.mutate(day=day, first_day=first_day)
    first = marked.group_by("customer_id").agg(
        first=marked.ordered_at.min(),
        again_after=(marked.day - marked.first_day).min(where=marked.day > marked.first_day),
    )
    if spec.start is not None:
        first = first.filter(first["first"] >= _midnight(spec.start))
    if spec.end is not None:
        first = first.filter(first["first"] < _midnight(spec.end))
    return first.select("customer_id", "again_after", cohort=_month(first["first"]))


def sizes(first: ir.Table, spec: CohortSpec) -> pd.DataFrame:
    """Count the customers of each non-empty cohort, oldest first.

    Parameters
    ----------
    first : Table
        From `first_orders`.
    spec : CohortSpec
        The same as for `first_orders`.

    Returns
    -------
    DataFrame
        `cohort` (timestamp), `size` (customers), `again` (those who came back within `again_days`), `again_share`,
        `again_complete` (whether all were observed that long), `begins_log` (whether it is the log's first cohort).
    """
    counted = first.group_by("cohort").agg(
        size=first.count(), again=(first.again_after <= spec.again_days).ifelse(1, 0).sum()
    )
    found = counted.order_by("cohort").execute().astype({"size": "int64", "again": "int64"})
    over = found["cohort"] + pd.offsets.MonthBegin(1) + timedelta(days=spec.again_days)
    counted_again: pd.DataFrame = found.assign(
        again_share=found["again"] / found["size"],
        again_complete=over <= pd.Timestamp(spec.as_of),
        begins_log=found["cohort"] == pd.Timestamp(spec.log_start.replace(day=1)),
    )
    return counted_again


def activity(orders: ir.Table, returns: ir.Table, first: ir.Table, spec: CohortSpec) -> pd.DataFrame:
    """Compute the figures of each cohort by calendar month; months without activity have no row.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    first : Table
        From `first_orders`.
    spec : CohortSpec
        The same as for `first_orders`.

    Returns
    -------
    DataFrame
        `cohort`, `month` (its first day), `active` (members who ordered), `revenue` (gross), `returned`.
    """
    parts = []
    for table, is_order in ((orders, True), (returns, False)):
        before = table.filter(table.ordered_at < _midnight(spec.as_of))
        amount, nothing = before.amount, ibis.literal(0.0)
        by_month = before.select(
            "customer_id",
            month=_month(before.ordered_at),
            buyer=before.customer_id if is_order else ibis.null("string"),
            revenue=amount if is_order else nothing,
            returned=nothing if is_order else amount,
        )
        parts.append(by_month)
    both = parts[0].union(parts[1]).inner_join(first.select("customer_id", "cohort"), "customer_id")
    both = both.filter(both.month >= both.cohort)  # earlier returns belong to purchases before the log starts
    summed = both.group_by("cohort", "month").agg(
        active=both.buyer.nunique(), revenue=both.revenue.sum(), returned=both.returned.sum()
    )
    found: pd.DataFrame = summed.order_by("cohort", "month").execute()
    return found


def cells(sizes: pd.DataFrame, activity: pd.DataFrame, spec: CohortSpec) -> pd.DataFrame:
    """Build the cohort table, with one row per cohort and month since.

    Parameters
    ----------
    sizes : DataFrame
        From `sizes`.
    activity : DataFrame
        From `activity`.
    spec : CohortSpec
        The same as for `first_orders`.

    Returns
    -------
    DataFrame
        `cohort`, `begins_log`, `size`, `after` (calendar months since the cohort's own, 0 first), `month`, `complete`
        (whether the month is over as of the log's end), `active`, `retention` (active ÷ size), `revenue`, `returned`
        (in the month), `revenue_so_far`, `net_so_far` (up to and including it), `revenue_per_customer`,
        `net_per_customer` (so far ÷ size). There is a row for every month up to the last one of the log; months without
        activity are zero.
    """
    last = pd.Timestamp(spec.as_of - timedelta(days=1)).replace(day=1)
    months = pd.DataFrame({"month": pd.date_range(spec.log_start.replace(day=1), last, freq="MS")})
    table = sizes[["cohort", "begins_log", "size"]].merge(months, how="cross")
    table = table[table["month"] >= table["cohort"]]
    after = (table["month"].dt.year - table["cohort"].dt.year) * 12 + table["month"].dt.month - table["cohort"].dt.month
    complete = table["month"] + pd.offsets.MonthBegin(1) <= pd.Timestamp(spec.as_of)
    table = table.assign(after=after.astype("int64"), complete=complete)
    table = table.merge(activity, how="left", on=["cohort", "month"]).fillna(dict.fromkeys(_FLOWS, 0.0))
    so_far = table.groupby("cohort")[["revenue", "returned"]].cumsum()
    net_so_far = so_far["revenue"] - so_far["returned"]
    table = table.assign(
        active=table["active"].astype("int64"),
        retention=table["active"] / table["size"],
        revenue_so_far=so_far["revenue"],
        net_so_far=net_so_far,
        revenue_per_customer=so_far["revenue"] / table["size"],
        net_per_customer=net_so_far / table["size"],
    )
    return table[list(_CELL_COLUMNS)]


def averages(cells: pd.DataFrame) -> pd.DataFrame:
    """Average all cohorts by months since the first order, without incomplete cells and the log's first cohort.

    Each month is averaged over the cohorts observed that long, so later months have fewer. Months reached by fewer than
    `LEAST_COHORTS` would reflect single cohorts and are omitted, unless there are fewer cohorts in total.

    Parameters
    ----------
    cells : DataFrame
        From `cells`.

    Returns
    -------
    DataFrame
        `after`, `cohorts`, `customers` (their members), `active` and `revenue_so_far` (means per cohort),
        `retention` (active ÷ members), `revenue_per_customer` and `net_per_customer` (so far ÷ members).
    """
    counted = cells[cells["complete"] & ~cells["begins_log"]]
    least = min(LEAST_COHORTS, counted["cohort"].nunique())
    summed = counted.groupby("after").agg(
        cohorts=("cohort", "size"),
        customers=("size", "sum"),
        active=("active", "sum"),
        revenue=("revenue_so_far", "sum"),
        net=("net_so_far", "sum"),
    )
    table = summed.assign(
        retention=summed["active"] / summed["customers"],
        revenue_per_customer=summed["revenue"] / summed["customers"],
        net_per_customer=summed["net"] / summed["customers"],
        active=summed["active"] / summed["cohorts"],
        revenue_so_far=summed["revenue"] / summed["cohorts"],
    )
    return table[table["cohorts"] >= least].drop(columns=["revenue", "net"]).reset_index()


def _month(when: ir.TimestampValue) -> ir.TimestampValue:
    return when.truncate("month").cast("timestamp(6)")


def _midnight(day: date) -> ir.TimestampScalar:
    return ibis.literal(datetime.combine(day, time()))
