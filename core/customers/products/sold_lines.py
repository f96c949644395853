"""Filtered product lines, the basis of all product figures on the explore pages."""

from typing import Any

import ibis
import ibis.expr.types as ir

from core.customers.order_filter import OrderFilter, filtered
from core.ingest.cleaning.exclusion_reasons import hash_of
from core.ingest.cleaning.orders import went_back


def sold_lines(rows: ir.Table, chosen: OrderFilter, members: ir.Table | None = None) -> ir.Table:
    """Return lines that count and have a product.

    Parameters
    ----------
    rows : Table
        Columns of `core.schema.ROWS`.
    chosen : OrderFilter
        The filter, of which only the days are applied.
    members : Table, optional
        `customer_id` of the matching customers; all by default.

    Returns
    -------
    Table
        `product_id` (the code, else the name), `product` (the name, else the code), `customer_id`,
        `order` (a 64-bit hash of customer and order), `day`, `amount` (gross, shop's currency), `units`.
    """
    return _named(filtered(rows.filter(rows.reason.isnull()), chosen, members))


def returned_lines(rows: ir.Table, chosen: OrderFilter, members: ir.Table | None = None) -> ir.Table:
    """Return product lines returned in the filter's days, whenever they were sold.

    Returns
    -------
    Table
        Columns of `sold_lines`; `amount` and `units` are positive.
    """
    back = _named(filtered(rows.filter(went_back(rows)), chosen, members))
    return back.mutate(amount=-back.amount, units=-back.units)


def _named(lines: ir.Table) -> ir.Table:
    named = lines.filter(lines.product_id.notnull() | lines["product"].notnull())
    values: dict[str, Any] = {
        "product_id": ibis.coalesce(named.product_id, named["product"]),
        "product": ibis.coalesce(named["product"], named.product_id),
        "customer_id": named.customer_id,
        "order": hash_of(ibis.struct({"customer": named.customer_id, "order": named.order_id})),
        "day": named.ordered_at.date(),
        "amount": named.amount,
        "units": named.quantity.fill_null(0.0),
    }
    return named.select(**values)
