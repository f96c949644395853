"""Aggregation of lines to orders, done once at import."""

import ibis.expr.types as ir

from core.engine import computed
from core.schema import ORDERS, Reason


def orders_and_returns(rows: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Aggregate lines that count to orders, and cancelled or refunded lines to returns.

    Parameters
    ----------
    rows : Table
        Cleaned rows, with `reason`.

    Returns
    -------
    orders, returns : Table
        Columns of `core.schema.ORDERS`, computed in one pass. `amount` is in the shop's currency and positive: gross
        revenue in `orders`, the value returned in `returns`. Lines with a negative quantity or amount count as returns
        even if they aren't marked as cancelled, because not every shop marks them.

    Notes
    -----
    There is one row per order and day; those after the first day have `new_order` 0. So the state before a day never
    depends on later lines. `ordered_at` is the time of the order's last line on that day.
    """
    back = went_back(rows)
    lines = rows.mutate(went_back=back).filter(rows.reason.isnull() | back)
    reduced = computed(_reduce(lines))
    orders = reduced.filter(~reduced.went_back).drop("went_back")
    returns = reduced.filter(reduced.went_back).drop("went_back")
    return orders, returns.mutate(amount=-returns.amount, units=-returns.units)


def went_back(rows: ir.Table) -> ir.BooleanValue:
    """Return whether a row is a known customer's return: excluded as cancelled or not positive, with a negative amount.

    A row cancelled by its status has a positive amount: the sale itself is excluded, so there is nothing to return.
    Rows with unreadable values aren't returns either, because they may be in another currency.
    """
    reasons = [Reason.CANCELLED.value, Reason.NON_POSITIVE_QUANTITY.value, Reason.NON_POSITIVE_PRICE.value]
    return (
        rows.reason.isin(reasons) & rows.problem.isnull() & rows.ordered_at.notnull() & (rows.amount < 0)
    ).fill_null(False)


def _reduce(lines: ir.Table) -> ir.Table:
    """Aggregate lines to one row per order and day."""
    lines = lines.mutate(day=lines.ordered_at.date())
    orders = lines.group_by("went_back", "customer_id", "order_id", "day").agg(
        ordered_at=lines.ordered_at.max(),
        amount=lines.amount.sum(),
        units=lines.quantity.sum().fill_null(0),
        lines=lines.count(),
        country=lines.country.max(),
    )
    first = orders.day.min().over(group_by=["went_back", "customer_id", "order_id"])
    orders = orders.mutate(new_order=(orders.day == first).cast("int64"))
    kinds = {name: orders[name].cast(kind.lstrip("!")) for name, kind in ORDERS.items()}
    return orders.select("went_back", **kinds)
