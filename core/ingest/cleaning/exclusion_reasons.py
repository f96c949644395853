"""Cleaning: every row either counts or is excluded for exactly one reason.

The reasons apply in the order of `core.schema.Reason`: duplicate (equal to an earlier row in every column of the
source), no customer, cancelled (by order number or status), quantity not positive, price or amount not positive,
unreadable.
"""

from collections.abc import Callable
from typing import Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from core.engine import computed
from core.schema import PLACE, VALUES, Reason

_PLACE: Final = tuple(PLACE)
CANCELLED_ORDER: Final = r"^[Cc]\d+$"
"""Ids of cancelled orders: C and digits, as in `C536379`. `CA-2014-115812` is an order from California."""


Only = Callable[[ir.Table], ir.Table]
"""A function from a table with `file_no` and `row` to the rows at these places."""


def clean(rows: ir.Table, only: Only | None = None) -> ir.Table:
    """Mark every row with its reason for exclusion; null for rows that count.

    Parameters
    ----------
    rows : Table
        Columns of `core.schema.ROWS`, for all files and versions together.
    only : callable, optional
        See `Only`. If rows are parsed lazily, pass a function that filters before parsing, which is faster.

    Returns
    -------
    Table
        The same rows with `reason` filled in.

    Notes
    -----
    Duplicates are searched for immediately; everything else is lazy.
    """
    return _mark_duplicates(rows.mutate(reason=_reason(rows)), only or (lambda places: rows.semi_join(places, _PLACE)))


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
    """Return whether an order id marks a cancelled order."""
    begins = order_id.startswith("C") | order_id.startswith("c")  # cheaper than the pattern, which few rows then need
    return ibis.ifelse(begins, order_id.re_search(CANCELLED_ORDER), False).fill_null(False)


def _mark_duplicates(rows: ir.Table, only: Only) -> ir.Table:
    """Mark all but the first of equal rows."""
    copies = _copies(rows, only)
    if copies is None:
        return rows
    joined = rows.left_join(copies, [rows.file_no == copies.copy_file, rows.row == copies.copy_row])
    reason = ibis.ifelse(joined.copy_row.notnull(), ibis.literal(Reason.DUPLICATE.value), joined.reason)
    return joined.mutate(reason=reason).select(*rows.columns)


def _copies(rows: ir.Table, only: Only) -> ir.Table | None:
    """Return the places of rows that equal an earlier one, as `copy_file` and `copy_row`; None if there are none.

    About 1% of rows are duplicates, so comparing whole rows with each other is wasteful. Equal rows share order and
    product, which are much cheaper to read, so rows that share both with another are found first. Those are equal if a
    64-bit hash of all their columns is: among 1,000 rows of one order, two different ones collide about once in 10^13
    such orders.
    """
    product = ibis.coalesce(rows.product_id, rows["product"])
    alike = hash_of(ibis.struct({"order": _order_key(rows), "product": product}))
    repeated = _repeated(computed(rows.select(*_PLACE, hash=alike)))
    if repeated is None:
        return None
    doubtful = only(repeated)
    whole = hash_of(ibis.struct({name: doubtful[name] for name in (*VALUES, "problem")}))
    hashed = computed(doubtful.select(*_PLACE, order_key=_order_key(doubtful), hash=whole))
    earlier = ibis.row_number().over(group_by=["order_key", "hash"], order_by=list(_PLACE))
    ranked = hashed.mutate(earlier=earlier)
    return computed(ranked.filter(ranked.earlier > 0).select(copy_file="file_no", copy_row="row"))


def _order_key(rows: ir.Table) -> ir.StringValue:
    return ibis.coalesce(rows.order_id, rows.customer_id, rows.ordered_at.cast("string"), ibis.literal(""))


def _repeated(places: ir.Table) -> ir.Table | None:
    """Return places that share their `hash` with others, or None if all differ.

    Sorting takes a fifth of the memory of grouping.
    """
    chunks = places.hash.to_pyarrow().chunks
    hashes = np.concatenate([np.empty(0, np.uint64), *(chunk.to_numpy() for chunk in chunks)])
    hashes.sort()
    twice = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    if not len(twice):
        return None
    known = places.get_backend().create_table(ibis.util.gen_name("twice"), pa.table({"hash": twice}), temp=True)
    return computed(places.semi_join(known, "hash").select(*_PLACE))


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def hash_of(values) -> dt.uint64:  # type: ignore[no-untyped-def]  # noqa: ANN001  any struct
    """DuckDB: 64-bit hash of a struct; Ibis's own version goes through text and takes as long as everything else."""
