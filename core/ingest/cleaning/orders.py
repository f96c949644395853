"""Lines reduced to orders, once, at ingest."""

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
        value returned in `returns`, above zero in both. Refunds of a customer, with a quantity or an amount
        below zero, count as returned, too: not every shop marks cancelled orders.

    Notes
    -----
    Lines of an order on another day are a row of their own, with `new_order` 0, so that what is known before a day
    never depends on what came later; an order's time on a day is that of its last line there.
    """
    back = went_back(rows)
    lines = rows.mutate(went_back=back).filter(rows.reason.isnull() | back)
    reduced = computed(_reduce(lines))
    orders = reduced.filter(~reduced.went_back).drop("went_back")
    returns = reduced.filter(reduced.went_back).drop("went_back")
    return orders, returns.mutate(amount=-returns.amount, units=-returns.units)


def went_back(rows: ir.Table) -> ir.BooleanValue:
    """Return whether a row is a known customer's cancelled order or refund: its amount is below zero.

    A row cancelled by its status has an amount above zero: the sale itself is excluded, so nothing of it was returned.
    Rows that could not be read are no returns either: they may be in another currency.
    """
    reasons = [Reason.CANCELLED.value, Reason.NON_POSITIVE_QUANTITY.value, Reason.NON_POSITIVE_PRICE.value]
    return (
        rows.reason.isin(reasons) & rows.problem.isnull() & rows.ordered_at.notnull() & (rows.amount < 0)
    ).fill_null(False)


def _reduce(lines: ir.Table) -> ir.Table:
    """Lines → orders, one row per day."""
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
