"""Detection of a file's kind of export: continued lines, order totals, guests, currencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir

from core.ingest.cleaning.continued_lines import FILLED, filled, is_continued, is_shopify
from core.ingest.cleaning.order_totals import repeats_totals, with_lines
from core.ingest.recognising.aliases import plain
from core.ingest.recognising.column_mapping import GUEST_IDS, NO_ONE, ColumnMapping
from core.ingest.recognising.currencies import CurrencyRows, currencies_of


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Findings about a file beyond its columns' roles; see `ReadPlan` for the fields."""

    continued: bool
    order_totals: bool
    guest: str | None
    currencies: tuple[CurrencyRows, ...]
    notes: tuple[str, ...]


def shape_of(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping, *, order_totals: bool | None) -> Shape:
    """Detect a file's kind of export.

    Parameters
    ----------
    table : Table
        Raw rows with `file_row_number`.
    columns : sequence of str
        Its columns.
    mapping : ColumnMapping
        Role → column.
    order_totals : bool, optional
        The user's choice: whether each amount is the whole order's; None to detect.
    """
    continued = is_continued(table, columns, mapping)
    whole = filled(table, mapping, with_amount=False) if continued else table
    if order_totals is None:
        order_totals = repeats_totals(whole, columns, mapping)
    by_id = plain(mapping.customer or "") in GUEST_IDS and mapping.email not in (None, mapping.customer)
    return Shape(
        continued=continued,
        order_totals=order_totals and mapping.order is not None and mapping.amount is not None,
        guest=NO_ONE if by_id else None,
        currencies=currencies_of(whole, mapping.currency) if mapping.currency else (),
        notes=tuple(_notes(whole, columns, mapping, order_totals=order_totals)),
    )


def shaped(
    table: ir.Table, columns: Sequence[str], mapping: ColumnMapping, *, continued: bool, order_totals: bool
) -> ir.Table:
    """Fill lines from their order's first line, and count each order's lines if the amount will be divided."""
    if continued:
        table = filled(table, mapping, with_amount=order_totals)
    return with_lines(table, columns, mapping) if order_totals else table


def _notes(whole: ir.Table, columns: Sequence[str], mapping: ColumnMapping, *, order_totals: bool) -> list[str]:
    """Return sentences that tell the user how the file is interpreted."""
    notes = []
    if FILLED in whole.columns:
        lines = int(whole[FILLED].notnull().sum().execute())
        notes.append(
            f"{lines:,} lines have blanks, such as the date or customer, that were filled in from the first line of "
            "their order."
        )
    if order_totals:
        notes.append(
            f"“{mapping.amount}” repeats the order total on each line, so it is split evenly between the lines."
        )
    if mapping.amount is None and is_shopify(columns):
        notes.append(_SHOPIFY)
    ids = next((column for column in columns if plain(column) in GUEST_IDS), None)
    if ids and mapping.email and mapping.customer == mapping.email:
        notes.append(f"Customers are identified by “{mapping.email}”, because “{ids}” is {NO_ONE} for all guests.")
    elif ids and mapping.email and mapping.customer == ids:
        notes.append(f"Rows with “{ids}” {NO_ONE} are guest orders and have no customer.")
    return notes


_SHOPIFY: Final = (
    "Revenue is quantity × price. It excludes shipping, discounts, added taxes and refunds, because the file has these "
    "per order only."
)
