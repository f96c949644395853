"""Canonical names and types of the tables that flow through Clientele.

Types are Ibis types. A leading `!` means never null. Times are wall time in the shop's time zone,
money is in the shop's currency.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a row of a file does not count, in the order in which the reasons are tried."""

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
    "extra": "string",  # the columns of the file without a role, one a line: they count when rows are compared
}
"""What a row of a file says, once parsed: the columns by which two rows are compared."""

PLACE: Final[dict[str, str]] = {"file_no": "!int32", "row": "!int64"}
"""Where a row stood: number of the file within the dataset, and row within it, the header being row 1."""

ROWS: Final[dict[str, str]] = {**PLACE, **VALUES, "problem": "string", "cancelled": "boolean", "reason": "string"}
"""Every row read. `reason` is null for the rows that count (`lines`); `problem` says what could not be read.

`cancelled` says that the order's status calls it off; null, as in versions from before there was the column, means no.
Rows are not compared by it: the text of the status is in `extra`.
"""

ORDERS: Final[dict[str, str]] = {
    "order_id": "string",
    "customer_id": "!string",
    "ordered_at": "!timestamp(6)",
    "new_order": "!int64",  # 1 on the order's first day, 0 where lines were added on a later one; its sum counts orders
    "amount": "!float64",
    "units": "!float64",
    "lines": "!int64",
    "country": "string",
}
"""One row per order and day, and per cancelled order in `returns`, where `amount` is the value that went back."""

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
