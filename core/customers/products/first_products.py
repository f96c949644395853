"""Products in first orders, and what their buyers did next.

Orders of one customer on the same day count as one here. A higher repeat rate of a product's first-time buyers doesn't
mean that they came back because of it: other differences between customers aren't considered.
"""

from datetime import date, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from core.customers.order_filter import OrderFilter
from core.stats import wilson


def first_days(orders: ir.Table, chosen: OrderFilter, as_of: date, within: int) -> ir.Table:
    """Return the first and second purchase days of customers whose first is in the filter's days.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`, for all days, since first orders depend on earlier ones.
    chosen : OrderFilter
        Filter whose days apply to the first order.
    as_of : date
        The day after the log's last.
    within : int
        Days within which a second purchase counts as a repeat.

    Returns
    -------
    Table
        `customer_id`, `first`, `second` (null if none), `observed` (the log covers `within` days after the first),
        `again` (observed, and the second is at most `within` days after the first).
    """
    days = orders.select("customer_id", day=orders.ordered_at.date()).distinct()
    days = days.mutate(first=days.day.min().over(group_by="customer_id"))
    found = days.group_by("customer_id").agg(first=days.day.min(), second=days.day.min(where=days.day > days.first))
    if chosen.start is not None:
        found = found.filter(found.first >= chosen.start)
    if chosen.end is not None:
        found = found.filter(found.first < chosen.end)
    observed = found.first < ibis.literal(as_of - timedelta(days=within))
    again = found.second.delta(found.first, unit="day") <= within
    return found.mutate(observed=observed, again=(observed & again).fill_null(False))


def first_products(lines: ir.Table, days: ir.Table, names: ir.Table) -> ir.Table:
    """Count customers by the products in their first and second orders.

    Parameters
    ----------
    lines : Table
        From `core.customers.products.sold_lines.sold_lines`, of all days.
    days : Table
        From `first_days`.
    names : Table
        `product_id` and `product`.

    Returns
    -------
    Table
        `product_id`, `product`, and numbers of customers: `first_customers` (first order contains it), `observed` and
        `again` (of these), `second_customers` (second order contains it).
    """
    joined = lines.inner_join(days, "customer_id")
    held = joined.select("customer_id", "product_id", "observed", "again", begins=joined.day == joined.first,
                         follows=(joined.day == joined.second).fill_null(False))  # fmt: skip
    once = held.filter(held.begins | held.follows).distinct()
    counted = once.group_by("product_id").agg(
        first_customers=once.begins.sum().cast("int64"),
        observed=(once.begins & once.observed).sum().cast("int64"),
        again=(once.begins & once.again).sum().cast("int64"),
        second_customers=once.follows.sum().cast("int64"),
    )
    return counted.inner_join(names, "product_id").select("product_id", "product", *_COUNTS)


_COUNTS: Final = ("first_customers", "observed", "again", "second_customers")


def totals(days: ir.Table) -> dict[str, int]:
    """Count customers: `first` (all), `observed`, `again`, `second` (with a second order at any time)."""
    found = days.agg(
        first=days.count(),
        observed=days.observed.sum().fill_null(0),
        again=days.again.sum().fill_null(0),
        second=days.second.count(),
    )
    return {str(name): int(value) for name, value in found.execute().iloc[0].items()}


def came_back(products: pd.DataFrame, of: dict[str, int], least: int) -> pd.DataFrame:
    """Compare the repeat rate of each product's first-time buyers with that of all customers.

    Parameters
    ----------
    products : DataFrame
        Columns of `first_products`.
    of : dict
        From `totals`.
    least : int
        Minimum observed first-time buyers; products with fewer are excluded.

    Returns
    -------
    DataFrame
        The same with `share` = again / observed, `low` and `high` (its 95% interval; Wilson, 1927), `lift` = `share`
        divided by the share for all observed customers, and `differs`: whether the interval excludes the latter.
    """
    found = products[products["observed"] >= max(least, 1)].copy()
    average = of["again"] / of["observed"] if of["observed"] else np.nan
    found["share"] = found["again"] / found["observed"]
    found["low"], found["high"] = wilson(found["again"], found["observed"])
    found["lift"] = found["share"] / average if average else np.nan
    found["differs"] = (found["low"] > average) | (found["high"] < average)
    return found.sort_values(["share", "observed", "product_id"], ascending=[False, False, True])
