"""Cleaning: every row is kept or counted under exactly one reason.

The reasons are tried in the order of `core.schema.Reason`: a row equal to an earlier one in every column of the
source is a duplicate; then missing customer, cancelled order (its number or its status says so), quantity not above
zero, price not above zero, and last what could not be read.
"""

from typing import Final

import ibis
import ibis.expr.datatypes as dt
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
        (is_cancelled(rows.order_id) | rows.cancelled.fill_null(False), Reason.CANCELLED.value),
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
    the same order, so the orders whose rows do not all differ in what tells them apart most cheaply are found first,
    in a fraction of the memory that grouping by row takes. Their rows are equal where a 64-bit hash of all columns is:
    with 1,000 rows in an order, two different ones share it by chance once in 10^13 such orders.
    """
    order = ibis.coalesce(rows.order_id, rows.customer_id, rows.ordered_at.cast("string"), ibis.literal(""))
    keyed = rows.mutate(order_key=order)
    product = ibis.coalesce(keyed.product_id, keyed["product"])
    cheap = hash_of(ibis.struct({"product": product, "quantity": keyed.quantity, "amount": keyed.amount}))
    per_order = keyed.group_by("order_key").agg(hashes=cheap.collect())
    repeating = per_order.filter(_distinct(per_order.hashes) < per_order.hashes.length())
    doubtful = keyed.semi_join(computed(repeating.select("order_key")), "order_key")
    whole = hash_of(ibis.struct({name: doubtful[name] for name in (*VALUES, "problem")}))
    hashed = computed(doubtful.select("file_no", "row", "order_key", hash=whole))
    same = hashed.group_by("order_key", "hash").agg(n=hashed.count()).filter(ibis._.n > 1)
    equal = hashed.semi_join(same, ["order_key", "hash"])
    earlier = ibis.row_number().over(group_by=["order_key", "hash"], order_by=["file_no", "row"])
    ranked = equal.mutate(earlier=earlier)
    return computed(ranked.filter(ranked.earlier > 0).select(copy_file="file_no", copy_row="row"))


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def hash_of(values) -> dt.uint64:  # type: ignore[no-untyped-def]  # noqa: ANN001  any struct
    """DuckDB: 64-bit hash of a struct. Ibis' own goes through a text of bits and takes as long as all the rest."""


@ibis.udf.scalar.builtin(name="list_unique")  # type: ignore[untyped-decorator]
def _distinct(values: dt.Array(dt.uint64)) -> dt.int64:  # type: ignore[valid-type]
    """DuckDB: how many different values a list has."""
