"""Lines reduced to orders, once, at ingest."""

import ibis
import ibis.expr.types as ir

from core.schema import ORDERS, Reason


def orders_of(rows: ir.Table) -> ir.Table:
    """One row per order of the lines that count.

    Parameters
    ----------
    rows : Table
        Cleaned rows, with `reason`.

    Returns
    -------
    Table
        Columns of `core.schema.ORDERS`; `amount` in the shop's currency, gross. Lines without an order id are one
        order where customer and time are the same. An order's time is that of its last line.
    """
    return _reduce(rows.filter(rows.reason.isnull()), sign=1)


def returns_of(rows: ir.Table) -> ir.Table:
    """One row per cancelled order, `amount` being the value that went back, above zero.

    Lines of a customer with a quantity below zero count as returned too: not every shop marks cancelled orders.
    """
    back = rows.reason.isin([Reason.CANCELLED.value, Reason.NON_POSITIVE_QUANTITY.value])
    readable = rows.ordered_at.notnull() & (rows.amount < 0)
    return _reduce(rows.filter(back & readable), sign=-1)


def _reduce(lines: ir.Table, sign: int) -> ir.Table:
    """Lines → orders. Without an order id the time tells one order from the next."""
    lines = lines.mutate(
        order_id=ibis.coalesce(lines.order_id, lines.customer_id + " " + lines.ordered_at.cast("string"))
    )
    orders = lines.group_by("customer_id", "order_id").agg(
        ordered_at=lines.ordered_at.max(),
        amount=sign * lines.amount.sum(),
        units=sign * lines.quantity.sum().fill_null(0),
        lines=lines.count(),
        country=lines.country.max(),
    )
    return orders.select(**{name: orders[name].cast(kind.lstrip("!")) for name, kind in ORDERS.items()})
