"""Roles of a file's columns: proposed from headers and values, corrected by hand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import pandas as pd

from core.errors import InputError
from core.ingest.recognising.aliases import ALIASES, plain
from core.ingest.recognising.dates import looks_like_dates
from core.ingest.recognising.decimal_marks import LOOKS_SHARE, decimal_mark_of, looks_like_numbers, to_numbers
from core.ingest.recognising.serial_dates import serial_kind_of

LABELS: Final[dict[str, str]] = {
    "customer": "customer",
    "date": "order date",
    "order": "order number",
    "quantity": "quantity",
    "unit_price": "unit price",
    "amount": "amount",
    "product": "product code",
    "description": "product name",
    "country": "country",
    "currency": "currency",
    "email": "e-mail",
    "consent": "marketing consent",
    "cancelled": "cancellation",
}
"""Display name of each role, in the order of the form."""


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """The file's column for each role; None if it has none.

    An upload needs `customer`, `date`, and either `amount` or both `quantity` and `unit_price`. If all three are
    given, `amount` is the value of the row. `cancelled` marks cancelled orders by a status or a time of cancellation;
    see `core.ingest.recognising.statuses`.
    """

    customer: str | None = None
    date: str | None = None
    order: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    amount: str | None = None
    product: str | None = None
    description: str | None = None
    country: str | None = None
    currency: str | None = None
    email: str | None = None
    consent: str | None = None
    cancelled: str | None = None

    def roles(self) -> dict[str, str]:
        """Return role → column for the roles that have a column."""
        return {field.name: column for field in fields(self) if (column := getattr(self, field.name)) is not None}

    def missing(self) -> list[str]:
        """Return the display names of required roles without a column."""
        needed = [LABELS[role] for role in ("customer", "date") if getattr(self, role) is None]
        if self.amount is None and (self.quantity is None or self.unit_price is None):
            needed.append("amount, or quantity and unit price")
        return needed

    def check(self, file: str, columns: Sequence[str]) -> None:
        """Check that required roles have a column, that all columns exist, and that none has two exclusive roles.

        Raises
        ------
        InputError
            With the file, the column and the roles concerned.
        """
        listed = ", ".join(columns[:_LISTED]) + (" …" if len(columns) > _LISTED else "")
        for role, column in self.roles().items():
            if column not in columns:
                message = f"{file} has no column “{column}” for the {LABELS[role]}. Choose from {listed}."
                raise InputError(message)
        exclusive = [(role, self.roles()[role]) for role in _EXCLUSIVE if role in self.roles()]
        for role, column in exclusive:
            other = next((r for r, c in exclusive if c == column and r != role), None)
            if other:
                message = (
                    f"{file}, column “{column}”: one column can't be both {LABELS[role]} and {LABELS[other]}. "
                    "Choose another for one of them."
                )
                raise InputError(message)
        if self.customer is None and "amazonorderid" in {plain(column) for column in columns}:
            raise InputError(f"{file}{_NO_BUYER}")
        if needed := self.missing():
            message = (
                f"{file}, row 1: found no column for the {' and the '.join(needed)} among {listed}. "
                "Choose one manually (command line: --map role=column)."
            )
            raise InputError(message)


GUEST_IDS: Final = frozenset({"customerid", "customeruser", "userid", "idcustomer"})
"""Customer id headers, normalised by `plain`, in exports of shop systems that give all guests the id 0."""
NO_ONE: Final = "0"
"""The customer id of guests in WooCommerce, BigCommerce and PrestaShop."""

_NO_BUYER: Final = (
    ", row 1: Amazon's “All Orders” report doesn't identify customers. Use the “Amazon Fulfilled Shipments” report, "
    "which has the column buyer-email, or choose a customer column manually (command line: --map customer=column)."
)
_LISTED: Final = 30  # columns listed in a message
_EXCLUSIVE: Final = ("customer", "date", "quantity", "unit_price", "amount")


def propose(columns: Sequence[str], sample: pd.DataFrame) -> ColumnMapping:
    """Propose a mapping from known headers, or from the values if no header is known.

    Parameters
    ----------
    columns : sequence of str
        Columns of the file, in order.
    sample : DataFrame
        Some of its rows, with those columns.

    Returns
    -------
    ColumnMapping
        Roles without a suitable column are None.
    """
    found: dict[str, str] = {}
    named = {plain(column): column for column in reversed(columns)}
    for role, aliases in ALIASES.items():
        fitting = (named[alias] for alias in aliases if alias in named and _fits(role, alias, sample[named[alias]]))
        match = next((column for column in fitting if not _taken(role, column, found)), None)
        if match is not None:
            found[role] = match
    rest = [column for column in columns if column not in found.values()]
    _guess_from_values(found, rest, sample)
    if _has_guests(found, sample):
        found["customer"] = found["email"]
    if "quantity" in found and "unit_price" in found:
        found.pop("amount", None)  # quantity × price is certainly the line's value; a total may be the whole order's
    return ColumnMapping(**found)


def misfit(mapping: ColumnMapping, columns: Sequence[str], sample: pd.DataFrame) -> tuple[str, str] | None:
    """Return a required role without a column, and a column named like it whose values don't fit; None if none."""
    needed = ["date"] if mapping.date is None else []
    if mapping.amount is None:
        needed += [role for role in ("unit_price", "quantity", "amount") if getattr(mapping, role) is None]
    for role in needed:
        for column in columns:
            is_free = plain(column) in ALIASES[role] and column not in mapping.roles().values()
            if is_free and sample[column].notna().any() and not _fits(role, plain(column), sample[column]):
                return role, column
    return None


def with_overrides(mapping: ColumnMapping, overrides: Mapping[str, str]) -> ColumnMapping:
    """Apply the user's choices to a proposal; a column the user moved loses the roles proposed for it.

    Raises
    ------
    InputError
        If there is no such role.
    """
    for role in overrides:
        if role not in LABELS:
            message = f"--map {role}=…: unknown role “{role}”. Choose from {', '.join(LABELS)}."
            raise InputError(message)
    freed = {
        role: None
        for role, column in mapping.roles().items()
        if role not in overrides and _taken(role, column, overrides)
    }
    chosen = {role: column or None for role, column in overrides.items()}
    if chosen.get("amount") and not {"quantity", "unit_price"} & chosen.keys():
        freed |= {"unit_price": None}
    return replace(mapping, **{**freed, **chosen})


def _fits(role: str, alias: str, values: pd.Series) -> bool:
    """Return whether the values fit the role: `Order` may turn out to hold dates, and `Name` people's names."""
    if role == "date":
        return looks_like_dates(values) or serial_kind_of(values) is not None
    if role in ("quantity", "unit_price", "amount"):
        return looks_like_numbers(values)
    if role == "order" and alias == "name":
        return bool(values.dropna().astype("str").str.contains(r"\d").mean() >= LOOKS_SHARE)
    if role == "order" and alias == "reference":
        return bool(values.dropna().astype("str").str.match(_PRESTASHOP).mean() >= LOOKS_SHARE)
    return role != "order" or not looks_like_dates(values)


_PRESTASHOP: Final = r"^[A-Z]{9}$"  # its order reference; in other exports, a reference is usually the product's


def _taken(role: str, column: str, found: Mapping[str, str]) -> bool:
    """Return whether the column's role excludes this one; only the e-mail column may also be the customer."""
    return column in found.values() and not {role, *(r for r, c in found.items() if c == column)} <= {
        "customer",
        "email",
    }


def _has_guests(found: Mapping[str, str], sample: pd.DataFrame) -> bool:
    """Return whether guests share a customer id, so that only their e-mail identifies them.

    The e-mail is then the customer on every row, because one person may buy as a guest first and with an account later.
    """
    if plain(found.get("customer", "")) not in GUEST_IDS or found.get("email") in (None, found["customer"]):
        return False
    ids = sample[found["customer"]].dropna().astype("str").str.strip()
    return bool(ids.isin([NO_ONE, f"{NO_ONE}.0"]).any())


def _guess_from_values(found: dict[str, str], rest: list[str], sample: pd.DataFrame) -> None:
    """Fill required roles from the values if exactly one column fits; choosing between two would go unnoticed."""
    dates = [column for column in rest if looks_like_dates(sample[column])]
    if "date" not in found and len(dates) == 1:
        found["date"] = dates[0]
    hinted = [column for column in rest if column not in dates and re.search(_CUSTOMER_HINT, column.casefold())]
    if "customer" not in found and len(hinted) == 1:
        found["customer"] = hinted[0]
    if "amount" in found or {"quantity", "unit_price"} <= found.keys():
        return
    numeric = [
        column for column in rest if column not in (*dates, *found.values()) and looks_like_numbers(sample[column])
    ]
    with_cents = [column for column in numeric if _has_cents(sample[column])]
    role = "unit_price" if "quantity" in found else "amount"
    if len(with_cents) == 1:
        found[role] = with_cents[0]


def _has_cents(values: pd.Series) -> bool:
    return bool((to_numbers(values, decimal_mark_of(values)).dropna() % 1 != 0).any())


_CUSTOMER_HINT: Final = r"cust|client|user|member|buyer|shopper|account|kunde|cliente"
