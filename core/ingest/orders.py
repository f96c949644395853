"""Lines reduced to orders, once, at ingest."""

import ibis
import ibis.expr.types as ir

from core.engine import computed
from core.schema import ORDERS, Reason


def orders_and_returns(rows: ir.Table) -> tuple[ir.Table, ir.Table]:
    """One row per order of the lines that count, and one per cancelled order.

    Parameters
    ----------
    rows : Table
        Cleaned rows, with `reason`.

    Returns
    -------
    orders, returns : Table
        Columns of `core.schema.ORDERS`, computed in one pass; `amount` in the shop's currency: gross in `orders`, the
        value that went back in `returns`, above zero in both. Lines without an order id are one order where customer
        and time are the same. An order's time is that of its last line. Lines of a customer with a quantity below
        zero count as returned, too: not every shop marks cancelled orders.
    """
    went_back = rows.reason.isin([Reason.CANCELLED.value, Reason.NON_POSITIVE_QUANTITY.value])
    went_back &= rows.ordered_at.notnull() & (rows.amount < 0)
    lines = rows.mutate(went_back=went_back).filter(rows.reason.isnull() | went_back)
    reduced = computed(_reduce(lines))
    orders = reduced.filter(~reduced.went_back).drop("went_back")
    returns = reduced.filter(reduced.went_back).drop("went_back")
    return orders, returns.mutate(amount=-returns.amount, units=-returns.units)


def _reduce(lines: ir.Table) -> ir.Table:
    """Lines → orders. Without an order id the time tells one order from the next."""
    lines = lines.mutate(
        order_id=ibis.coalesce(lines.order_id, lines.customer_id + " " + lines.ordered_at.cast("string"))
    )
    orders = lines.group_by("went_back", "customer_id", "order_id").agg(
        ordered_at=lines.ordered_at.max(),
        amount=lines.amount.sum(),
        units=lines.quantity.sum().fill_null(0),
        lines=lines.count(),
        country=lines.country.max(),
    )
    kinds = {name: orders[name].cast(kind.lstrip("!")) for name, kind in ORDERS.items()}
    return orders.select("went_back", **kinds)
