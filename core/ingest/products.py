"""What was sold of each product on each day: small, and all that the pages need of the lines."""

import ibis
import ibis.expr.types as ir


def product_days(rows: ir.Table) -> ir.Table:
    """Revenue, units and orders per product and day of the lines that count.

    Parameters
    ----------
    rows : Table
        Cleaned rows.

    Returns
    -------
    Table
        `product_id` (the code, or the name where there is no code), `product` (its name, or the code), `day`,
        `revenue` (gross, shop's currency), `units`, `orders`.
    """
    lines = rows.filter(rows.reason.isnull() & (rows.product_id.notnull() | rows["product"].notnull()))
    lines = lines.select(
        "order_id",
        product_id=ibis.coalesce(lines.product_id, lines["product"]),
        product=ibis.coalesce(lines["product"], lines.product_id),
        day=lines.ordered_at.date(),
        amount=lines.amount,
        quantity=lines.quantity,
    )
    return lines.group_by("product_id", "day").agg(
        product=lines["product"].max(),
        revenue=lines.amount.sum(),
        units=lines.quantity.sum().fill_null(0),
        orders=lines.order_id.nunique(),
    )
