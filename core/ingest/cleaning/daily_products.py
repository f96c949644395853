"""Sales by product and day, a small table that saves pages from reading the lines."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from core.ingest.cleaning.exclusion_reasons import hash_of
from core.ingest.cleaning.orders import went_back


def product_days(rows: ir.Table) -> ir.Table:
    """Revenue, returns, units and orders per product and day.

    Parameters
    ----------
    rows : Table
        Cleaned rows.

    Returns
    -------
    Table
        `product_id` (the code, else the name), `product` (the name, else the code), `day`, `revenue` (gross, in the
        shop's currency), `returned` (value returned that day, positive), `units`, `orders`.
    """
    back = went_back(rows)
    named = rows.product_id.notnull() | rows["product"].notnull()
    lines = rows.mutate(back=back).filter(named & (rows.reason.isnull() | back))
    lines = lines.select(
        "order_id",
        "back",
        product_id=ibis.coalesce(lines.product_id, lines["product"]),
        product=ibis.coalesce(lines["product"], lines.product_id),
        day=lines.ordered_at.date(),
        amount=lines.amount,
        quantity=lines.quantity,
    )
    return lines.group_by("product_id", "day").agg(
        product=lines["product"].max(),
        revenue=lines.amount.sum(where=~lines.back).fill_null(0.0),
        returned=0.0 - lines.amount.sum(where=lines.back).fill_null(0.0),  # not −0
        units=lines.quantity.sum(where=~lines.back).fill_null(0.0),
        orders=_different(hash_of(lines.order_id).collect(where=~lines.back)).fill_null(0),
    )


@ibis.udf.scalar.builtin(name="list_unique")  # type: ignore[untyped-decorator]
def _different(values: dt.Array(dt.uint64)) -> dt.int64:  # type: ignore[valid-type]
    """DuckDB: count the distinct values of a list; counting them while grouping would take twice the memory."""
