"""Column names and types of Clientele's tables.

Types are Ibis types. A leading `!` means never null. Times are local times in the shop's time zone, and money is in the
shop's currency.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Reasons to exclude a row, in the order in which they are checked."""

    DUPLICATE = "duplicate"
    MISSING_CUSTOMER = "missing_customer"
    CANCELLED = "cancelled"
    NON_POSITIVE_QUANTITY = "non_positive_quantity"
    NON_POSITIVE_PRICE = "non_positive_price"
    UNREADABLE = "unreadable"


VALUES: Final[dict[str, str]] = {
    "order_id": "string",
    "customer_id": "string",
    "ordered_at": "timestamp(6)",
    "product_id": "string",
    "product": "string",
    "quantity": "float64",  # units; shops sell half metres too
    "unit_price": "float64",
    "amount": "float64",  # quantity × unit price, or as the file gives it
    "country": "string",
    "currency": "string",
    "email": "string",
    "consent": "string",
    "extra": "string",  # columns without a role, one per line; compared when finding duplicates
}
"""Parsed values of a row. Rows with equal values are duplicates."""

PLACE: Final[dict[str, str]] = {"file_no": "!int32", "row": "!int64"}
"""Position of a row: file number within the dataset, and row within the file, where the header is row 1."""

ROWS: Final[dict[str, str]] = {**PLACE, **VALUES, "problem": "string", "cancelled": "boolean", "reason": "string"}
"""Every row read. `reason` is null for included rows (`lines`); `problem` describes what could not be read.

`cancelled` is true if the order's status says it was cancelled. Null means no, as in versions older than the column. It
is not compared when finding duplicates, since the status text is in `extra`.
"""

ORDERS: Final[dict[str, str]] = {
    "order_id": "string",
    "customer_id": "!string",
    "ordered_at": "!timestamp(6)",
    "new_order": "!int64",  # 1 on the order's first day, 0 on days that add lines to it; the sum counts orders
    "amount": "!float64",
    "units": "!float64",
    "lines": "!int64",
    "country": "string",
}
"""One row per order and day. `returns` has one per cancelled order, with the returned value as `amount`."""

HISTORY: Final = (*(name for name in ORDERS if name != "customer_id"), "went_back")
"""Columns of one customer's history: those of `ORDERS`, and whether the row is a return."""

CUSTOMERS: Final[dict[str, str]] = {
    "customer_id": "!string",
    "recency": "!int64",  # whole days from the last order to as_of
    "frequency": "!int64",  # distinct orders before as_of
    "monetary": "!float64",  # gross
    "returned": "!float64",
    "net": "!float64",  # monetary − returned
    "first_order": "!timestamp(6)",
    "last_order": "!timestamp(6)",
    "country": "string",
}
"""One row per customer with an order before as_of."""
