"""The kind of export a file is: continued lines, order totals, guests, currencies."""

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
    """Findings about a file beyond the roles of its columns; the fields are explained in `ReadPlan`."""

    continued: bool
    order_totals: bool
    guest: str | None
    currencies: tuple[CurrencyRows, ...]
    notes: tuple[str, ...]


def shape_of(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping, *, order_totals: bool | None) -> Shape:
    """Find out what kind of export a file is.

    Parameters
    ----------
    table : Table
        As in the source, with `file_row_number`.
    columns : sequence of str
        Its columns.
    mapping : ColumnMapping
        Role → column.
    order_totals : bool, optional
        What the user says of the amounts; None to look.
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
    """Fill lines from their order's first line, and count them if the amount is to be divided."""
    if continued:
        table = filled(table, mapping, with_amount=order_totals)
    return with_lines(table, columns, mapping) if order_totals else table


def _notes(whole: ir.Table, columns: Sequence[str], mapping: ColumnMapping, *, order_totals: bool) -> list[str]:
    """Sentences about what is done with the file that a person should know of."""
    notes = []
    if FILLED in whole.columns:
        lines = int(whole[FILLED].notnull().sum().execute())
        notes.append(
            f"{lines:,} lines leave blank what stands on their order's first line, such as the date or the customer; "
            "they take it from there."
        )
    if order_totals:
        notes.append(
            f"“{mapping.amount}” is the total of the order and stands on each of its lines, so it is divided over them."
        )
    if mapping.amount is None and is_shopify(columns):
        notes.append(_SHOPIFY)
    ids = next((column for column in columns if plain(column) in GUEST_IDS), None)
    if ids and mapping.email and mapping.customer == mapping.email:
        notes.append(f"Customers are told apart by “{mapping.email}”, since “{ids}” is {NO_ONE} for guests.")
    elif ids and mapping.email and mapping.customer == ids:
        notes.append(f"Where “{ids}” is {NO_ONE} a guest bought; such rows have no customer.")
    return notes


_SHOPIFY: Final = (
    "Revenue is quantity × price of the lines: shipping, discounts, taxes that are added and refunds are left out, "
    "since the file gives them per order only."
)
