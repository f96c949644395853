"""The quality report: rows read, rows that count, and rows excluded by reason, with examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.errors import InputError
from core.plain import Plain
from core.schema import Reason

_DIGITS: Final = 6  # of money; further ones are floating-point noise
_EXAMPLES: Final = 5  # rows shown per reason
_EXAMPLE_COLUMNS: Final = (
    "file_no",
    "row",
    "order_id",
    "customer_id",
    "ordered_at",
    "product",
    "quantity",
    "unit_price",
    "amount",
)
REASON_TEXT: Final[dict[str, str]] = {
    Reason.DUPLICATE: "equal to an earlier row in every column",
    Reason.MISSING_CUSTOMER: "no customer id (guest orders)",
    Reason.CANCELLED: "cancelled, by order number (C and digits) or order status",
    Reason.NON_POSITIVE_QUANTITY: "quantity is zero or less",
    Reason.NON_POSITIVE_PRICE: "price or amount is zero or less",
    Reason.UNREADABLE: "unreadable date or number, or wrong number of columns",
}


@dataclass(frozen=True, kw_only=True)
class QualityReport(Plain):
    """Counts of a dataset version. `rows_read` = `rows_kept` + the sum of `removed`.

    Parameters
    ----------
    rows_read, rows_kept : int
        Rows of all files; rows that count.
    removed : dict of str to int
        Rows excluded for each `Reason`, in order, including zeros.
    customers, orders : int
        Distinct customers and orders among the rows that count.
    revenue : float
        Sum of the amounts that count, gross, in the shop's currency.
    returned : float
        Value of known customers' cancelled orders and refunds, positive.
    first_order, last_order : str
        ISO times of the first and last row that counts.
    """

    rows_read: int
    rows_kept: int
    removed: dict[str, int]
    customers: int
    orders: int
    revenue: float
    returned: float
    first_order: str
    last_order: str


def report_of(rows: ir.Table, orders: ir.Table, returns: ir.Table, *, rejected: int, files: str) -> QualityReport:
    """Create the report of cleaned rows.

    Parameters
    ----------
    rows, orders, returns : Table
        Columns of `ROWS` (first) and `ORDERS`.
    rejected : int
        Rows that couldn't be split into columns, which aren't in `rows`.
    files : str
        Names of the files, for the message.

    Raises
    ------
    InputError
        If no row counts.
    """
    counted = rows.group_by("reason").agg(n=rows.count(), first=rows.ordered_at.min(), last=rows.ordered_at.max())
    frame = counted.execute().set_index(counted.reason.name("reason").get_name())
    by_reason = {str(name): int(n) for name, n in frame.n.items() if isinstance(name, str)}
    removed = {reason.value: by_reason.get(reason.value, 0) for reason in Reason}
    removed[Reason.UNREADABLE] += rejected
    kept = int(frame.n[frame.index.isna()].sum())
    if kept == 0:
        raise InputError(_nothing_kept(rows, removed, files))
    totals = orders.agg(
        customers=orders.customer_id.nunique(), orders=orders.new_order.sum(), revenue=orders.amount.sum()
    )
    total = totals.execute().iloc[0]
    times = frame[frame.index.isna()].iloc[0]
    return QualityReport(
        rows_read=kept + sum(removed.values()),
        rows_kept=kept,
        removed=removed,
        customers=int(total.customers),
        orders=int(total.orders),
        revenue=round(float(total.revenue), _DIGITS),
        returned=round(float(returns.amount.sum().fill_null(0).execute()), _DIGITS),
        first_order=_iso(times["first"]),
        last_order=_iso(times["last"]),
    )


def examples_of(rows: ir.Table, reasons: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the first rows excluded for each of these reasons, as plain values."""
    if not reasons:
        return {}
    removed = rows.select("reason", *_EXAMPLE_COLUMNS, "problem")
    first = ibis.union(
        *(removed.filter(removed.reason == reason).order_by("file_no", "row").limit(_EXAMPLES) for reason in reasons)
    )
    frame = first.order_by("reason", "file_no", "row").execute()
    frame["ordered_at"] = [None if pd.isna(time) else _iso(time) for time in frame["ordered_at"]]
    found: dict[str, list[dict[str, Any]]] = {}
    for record in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        found.setdefault(str(record.pop("reason")), []).append({str(name): value for name, value in record.items()})
    return found


def _nothing_kept(rows: ir.Table, removed: dict[str, int], files: str) -> str:
    """Return an error message with the most frequent reason, its first row, and what to do."""
    most = max(removed, key=lambda reason: removed[reason])
    listed = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in removed.items() if count)
    first = rows.filter(rows.reason == most).order_by("file_no", "row").limit(1).execute()
    where = f" (first in row {int(first.row.iloc[0])})" if len(first) else ""
    remedy = {
        Reason.MISSING_CUSTOMER: "Choose the column with the customer",
        Reason.CANCELLED: "Order numbers of C and digits mean cancelled. Choose another column for the order number",
        Reason.UNREADABLE: "Check the columns for date, quantity and price",
    }.get(Reason(most), "Check the columns for quantity, price and amount")
    if most == Reason.CANCELLED and len(first) and first.cancelled.iloc[0]:
        remedy = "The order status says so. Choose another column for the cancellation, or none"
    return f"{files}: none of the {sum(removed.values()):,} rows count: {listed}{where}. {remedy}."


def _iso(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="seconds")
