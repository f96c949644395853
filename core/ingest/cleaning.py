"""Cleaning: every row is kept or counted under exactly one reason.

The reasons are tried in the order of `core.schema.Reason`: a row equal to an earlier one in every column of the
source is a duplicate; then missing customer, cancelled order, quantity not above zero, price not above zero, and
last what could not be read.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from core.engine import computed
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
    Looks for duplicates at once; the rest is computed when the result is used.
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
    begins = order_id.startswith("C") | order_id.startswith("c")  # cheaper than the pattern, which few need then
    return ibis.ifelse(begins, order_id.re_search(CANCELLED_ORDER), False).fill_null(False)


def _mark_duplicates(rows: ir.Table) -> ir.Table:
    """Mark all but the first of equal rows."""
    copies = _copies(rows)
    joined = rows.left_join(copies, [rows.file_no == copies.copy_file, rows.row == copies.copy_row])
    reason = ibis.ifelse(joined.copy_row.notnull(), ibis.literal(Reason.DUPLICATE.value), joined.reason)
    return joined.mutate(reason=reason).select(*rows.columns)


def _copies(rows: ir.Table) -> ir.Table:
    """Places of the rows that equal an earlier one: `copy_file`, `copy_row`.

    About one row in a hundred is a duplicate, so comparing all rows with each other is wasteful. Equal rows belong to
    the same order, so the orders whose rows do not all have different hashes are found first, in a fraction of the
    memory that grouping by row takes; of their rows only those with a hash that occurs twice are compared in full. Two
    different rows with the same hash cost a comparison and nothing else.
    """
    order = ibis.coalesce(rows.order_id, rows.customer_id, rows.ordered_at.cast("string"), ibis.literal(""))
    keyed = rows.mutate(order_key=order)
    per_order = keyed.group_by("order_key").agg(hashes=_hash(keyed).collect())
    repeating = per_order.filter(per_order.hashes.unique().length() < per_order.hashes.length())
    doubtful = keyed.semi_join(computed(repeating.select("order_key")), "order_key")
    hashed = computed(doubtful.select("file_no", "row", "order_key", hash=_hash(doubtful)))
    repeated = hashed.group_by("order_key", "hash").agg(n=hashed.count()).filter(ibis._.n > 1)
    places = computed(hashed.semi_join(repeated, ["order_key", "hash"]).select("file_no", "row"))
    compared = rows.semi_join(places, ["file_no", "row"])
    earlier = ibis.row_number().over(group_by=[*VALUES, "problem"], order_by=["file_no", "row"])
    ranked = compared.mutate(earlier=earlier)
    return computed(ranked.filter(ranked.earlier > 0).select(copy_file="file_no", copy_row="row"))


def _hash(rows: ir.Table) -> ir.IntegerValue:
    """Hash of what tells the rows of an order apart most cheaply: product, quantity and amount."""
    return ibis.struct(
        {
            "product": ibis.coalesce(rows.product_id, rows["product"]),
            "quantity": rows.quantity,
            "amount": rows.amount,
        }
    ).hash()
