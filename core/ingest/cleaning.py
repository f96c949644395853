"""Cleaning: every row is kept or counted under exactly one reason.

The reasons are tried in the order of `core.schema.Reason`: a row equal to an earlier one in every column of the
source is a duplicate; then missing customer, cancelled order, quantity not above zero, price not above zero, and
last what could not be read.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from core.schema import VALUES, Reason

CANCELLED_ORDER: Final = r"^[Cc]\d+$"
"""A cancelled order's id: C and digits, as in `C536379`. Not `CA-2014-115812`, which is an order from California."""


def clean(rows: ir.Table) -> ir.Table:
    """Give every row its reason; null for the rows that count.

    Parameters
    ----------
    rows : Table
        Columns of `core.schema.ROWS`; those of several files or versions together.

    Returns
    -------
    Table
        The same rows with `reason` filled in.

    Notes
    -----
    Runs one aggregation at once: which orders hold equal rows. The rest is computed when the result is used.
    """
    return _mark_duplicates(rows.mutate(reason=_reason(rows)))


def _reason(rows: ir.Table) -> ir.StringValue:
    given = rows.ordered_at.notnull() & rows.amount.notnull()
    return ibis.cases(
        (rows.customer_id.isnull(), Reason.MISSING_CUSTOMER.value),
        (is_cancelled(rows.order_id), Reason.CANCELLED.value),
        (rows.quantity <= 0, Reason.NON_POSITIVE_QUANTITY.value),
        ((rows.unit_price <= 0) | (rows.amount <= 0), Reason.NON_POSITIVE_PRICE.value),
        (~given | rows.problem.notnull(), Reason.UNREADABLE.value),
    )


def is_cancelled(order_id: ir.StringValue) -> ir.BooleanValue:
    """Whether an order id is that of a cancelled order."""
    return (order_id.upper().startswith("C") & order_id.re_search(CANCELLED_ORDER)).fill_null(False)


def _mark_duplicates(rows: ir.Table) -> ir.Table:
    """Mark all but the first of equal rows.

    About one row in a hundred is a duplicate, so comparing all rows with each other is wasteful: equal rows belong
    to the same order, so the orders whose rows do not all have different hashes are found first (a tenth of the
    memory of grouping by row), and only their rows are compared in full. A hash that two different rows share by
    chance costs a comparison and nothing else.
    """
    compared = [rows[name] for name in VALUES]
    key = ibis.coalesce(rows.order_id, rows.customer_id, rows.ordered_at.cast("string"), ibis.literal(""))
    hashed = rows.select(suspect=key, hash=ibis.struct({value.get_name(): value for value in compared}).hash())
    per_order = hashed.group_by("suspect").agg(hashes=hashed.hash.collect())
    suspects = per_order.filter(per_order.hashes.unique().length() < per_order.hashes.length()).select("suspect")
    suspects = suspects.cache()
    keyed = rows.mutate(suspect=key)
    unique = keyed.anti_join(suspects, "suspect").drop("suspect")
    doubtful = keyed.semi_join(suspects, "suspect").drop("suspect")
    earlier = ibis.row_number().over(group_by=[*VALUES, "problem"], order_by=["file_no", "row"])
    marked = doubtful.mutate(earlier=earlier)
    reason = ibis.ifelse(marked.earlier > 0, ibis.literal(Reason.DUPLICATE.value), marked.reason)
    return unique.union(marked.mutate(reason=reason).drop("earlier").select(unique.columns))
