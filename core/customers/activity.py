"""Small tables of what happened when, read from orders: all that the pages chart over time."""

from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir


def customer_months(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """The spend of each customer in each month.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.

    Returns
    -------
    Table
        `customer_id`, `month` (its first day), `revenue` (gross), `returned`, `orders`; a row where there was either.
    """
    return _both(orders.mutate(month=_month(orders)), returns.mutate(month=_month(returns)), "customer_id", "month")


def monthly(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """Key figures per calendar month with orders or returns.

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
        End of the period, not in it.
    days : int
        Length of the period.

    Returns
    -------
    Table
        `bucket`, 0 for the period and 1 for the one before, and the columns of `_figures`; no row for a period
        without orders. "First order" considers all orders.
    """
    end = ibis.literal(_midnight(as_of))
    age = (end.epoch_seconds() - orders.ordered_at.epoch_seconds() - 1) // (86_400 * days)
    figures = _figures(orders, age, orders.ordered_at < end)
    return figures.filter(figures.bucket <= 1)


def countries(orders: ir.Table, returns: ir.Table, start: date, end: date) -> ir.Table:
    """Per country, between two days, the second not included: `country`, `revenue`, `returned`, `net`, `orders`."""
    sold, back = (_between(table, start, end).filter(ibis._.country.notnull()) for table in (orders, returns))
    both = _both(sold, back, "country")
    return both.mutate(net=both.revenue - both.returned)


def products(product_days: ir.Table, start: date, end: date) -> ir.Table:
    """Per product, between two days, the second not included.

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
    """Per key, where there was either: `revenue` (gross), `returned`, `orders`."""
    sold = orders.select(*keys, revenue=orders.amount, returned=0.0, orders=orders.new_order)
    back = returns.select(*keys, revenue=0.0, returned=returns.amount, orders=ibis.literal(0, "int64"))
    both = sold.union(back)
    return both.group_by(*keys).agg(**{name: both[name].sum() for name in ("revenue", "returned", "orders")})


def _between(orders: ir.Table, start: date, end: date) -> ir.Table:
    return orders.filter((orders.ordered_at >= _midnight(start)) & (orders.ordered_at < _midnight(end)))


def period(as_of: date, days: int) -> tuple[date, date]:
    """First day of the period of `days` before `as_of`, and `as_of`, which is not in it."""
    return as_of - timedelta(days=days), as_of


def _figures(orders: ir.Table, bucket: ir.Value, which: ir.BooleanValue | None = None) -> ir.Table:
    """`revenue` (gross), `orders`, `customers` (who ordered), `repeat_customers` (of them, with an earlier order)."""
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
