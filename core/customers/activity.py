"""Small tables of activity over time, computed from orders for charts."""

from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir


def customer_months(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """Compute each customer's activity per month.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.

    Returns
    -------
    Table
        `customer_id`, `month` (first day), `revenue` (gross), `returned`, `orders`; no rows without orders or returns.
    """
    return _both(orders.mutate(month=_month(orders)), returns.mutate(month=_month(returns)), "customer_id", "month")


def monthly(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """Compute key figures per calendar month with orders or returns.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.

    Returns
    -------
    Table
        `bucket` (first day of the month), the columns of `_figures`, `returned` and `net`.
    """
    figures = _figures(orders, _month(orders))
    back = returns.group_by(month=_month(returns)).agg(returned=returns.amount.sum())
    joined = figures.outer_join(back, figures.bucket == back.month)
    filled = joined.select(
        bucket=ibis.coalesce(joined.bucket, joined.month),
        **{name: joined[name].fill_null(0) for name in (*figures.columns, "returned") if name != "bucket"},
    )
    return filled.mutate(net=filled.revenue - filled.returned)


def windows(orders: ir.Table, as_of: date, days: int) -> ir.Table:
    """Compute key figures of the `days` before `as_of` and of the period before that.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`.
    as_of : date
        End of the period, exclusive.
    days : int
        Length of the period.

    Returns
    -------
    Table
        `bucket`, 0 for the period and 1 for the one before, and the columns of `_figures`; no row for a period
        without orders. Repeat customers are those with any earlier order, even before both periods.
    """
    end = ibis.literal(_midnight(as_of))
    age = (end.epoch_seconds() - orders.ordered_at.epoch_seconds() - 1) // (86_400 * days)
    figures = _figures(orders, age, orders.ordered_at < end)
    return figures.filter(figures.bucket <= 1)


def countries(orders: ir.Table, returns: ir.Table, start: date, end: date) -> ir.Table:
    """Sum `revenue`, `returned`, `net` and `orders` per `country` from `start` to `end` (exclusive)."""
    sold, back = (_between(table, start, end).filter(ibis._.country.notnull()) for table in (orders, returns))
    both = _both(sold, back, "country")
    return both.mutate(net=both.revenue - both.returned)


def products(product_days: ir.Table, start: date, end: date) -> ir.Table:
    """Sum sales per product from `start` to `end` (exclusive).

    Returns
    -------
    Table
        `product_id`, `product`, `revenue`, `returned`, `net`, `units`, `orders`.
    """
    within = product_days.filter((product_days.day >= start) & (product_days.day < end))
    summed = within.group_by("product_id").agg(
        product=within["product"].max(),
        **{name: within[name].sum() for name in ("revenue", "returned", "units", "orders")},
    )
    return summed.mutate(net=summed.revenue - summed.returned)


def _both(orders: ir.Table, returns: ir.Table, *keys: str) -> ir.Table:
    """Sum `revenue` (gross), `returned` and `orders` per key."""
    sold = orders.select(*keys, revenue=orders.amount, returned=0.0, orders=orders.new_order)
    back = returns.select(*keys, revenue=0.0, returned=returns.amount, orders=ibis.literal(0, "int64"))
    both = sold.union(back)
    return both.group_by(*keys).agg(**{name: both[name].sum() for name in ("revenue", "returned", "orders")})


def _between(orders: ir.Table, start: date, end: date) -> ir.Table:
    return orders.filter((orders.ordered_at >= _midnight(start)) & (orders.ordered_at < _midnight(end)))


def period(as_of: date, days: int) -> tuple[date, date]:
    """Return the first day of the period of `days` before `as_of`, and `as_of` as its exclusive end."""
    return as_of - timedelta(days=days), as_of


def _figures(orders: ir.Table, bucket: ir.Value, which: ir.BooleanValue | None = None) -> ir.Table:
    """Sum `revenue` (gross) and `orders`, and count `customers` and `repeat_customers` (with an earlier order)."""
    first = orders.ordered_at.min().over(group_by="customer_id")
    marked = orders.mutate(bucket=bucket, again=orders.ordered_at > first)
    if which is not None:
        marked = marked.filter(which)
    return marked.group_by("bucket").agg(
        revenue=marked.amount.sum(),
        orders=marked.new_order.sum(),
        customers=marked.customer_id.nunique(),
        repeat_customers=marked.customer_id.nunique(where=marked.again),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _month(orders: ir.Table) -> ir.TimestampValue:
    return orders.ordered_at.truncate("month").cast("timestamp(6)")
