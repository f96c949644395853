"""Exports that state order-level values on an order's first line only, as Shopify's do.

Blank cells for the customer, date, country and similar roles are filled from the first line of the same order in the
same file that has a value. Rows must be equal afterwards only if they were equal in the source, so the names of filled
cells are stored with the columns without a role: an order's first line never equals its second, but its second may
equal its third.
"""

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from core.ingest.recognising.aliases import plain
from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.decimal_marks import LOOKS_SHARE
from core.ingest.recognising.ids import identifier

FILLED: Final = "clientele: blank in the file"
"""Column added by `filled`: the names of the columns filled in a row; null if none."""

_OF_THE_ORDER: Final = ("customer", "date", "country", "currency", "email", "consent", "cancelled")
_KEY: Final = "clientele: order"
_SHOPIFY: Final = frozenset({"name", "financialstatus", "createdat", "lineitemquantity", "lineitemprice"})


def is_shopify(columns: Sequence[str]) -> bool:
    """Return whether the headers are those of Shopify's order export."""
    return {plain(column) for column in columns} >= _SHOPIFY


def is_continued(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping) -> bool:
    """Return whether orders' further lines omit values of their first line.

    In Shopify's export, any blank cell that could be filled is enough. In other files, at least 90% of the lines that
    have an order number but no date must belong to orders dated elsewhere in the file, so that a few lost dates don't
    count.

    Parameters
    ----------
    table : Table
        Raw rows with `file_row_number`.
    columns : sequence of str
        Its columns.
    mapping : ColumnMapping
        Role → column.
    """
    if mapping.order is None or mapping.date is None:
        return False
    if is_shopify(columns):
        return bool(filled(table, mapping, with_amount=True)[FILLED].notnull().any().execute())
    blank = _text(table[mapping.date]).isnull()
    if not blank.any().execute():  # most files: the rest takes longer to be made into SQL
        return False
    key = identifier(table[mapping.order])
    undated = table.filter(blank, key.notnull()).select(key=key)
    lines = int(undated.count().execute())
    if not lines:
        return False
    dated = table.filter(~blank).select(key=key).distinct()
    return int(undated.semi_join(dated, "key").count().execute()) >= LOOKS_SHARE * lines


def filled(table: ir.Table, mapping: ColumnMapping, *, with_amount: bool) -> ir.Table:
    """Fill blank cells from the first line of the same order that has a value, and add the column `FILLED`.

    Parameters
    ----------
    table : Table
        Raw rows with `file_row_number`.
    mapping : ColumnMapping
        Role → column; must include the order number.
    with_amount : bool
        Whether the amount is the order's and is filled, too.
    """
    roles = (*_OF_THE_ORDER, "amount") if with_amount else _OF_THE_ORDER
    of_the_order = dict.fromkeys(column for role, column in mapping.roles().items() if role in roles)
    columns = {column: f"clientele: {number}" for number, column in enumerate(of_the_order)}
    keyed = table.mutate(**{_KEY: identifier(table[mapping.order])})
    given = {
        name: keyed[column].argmin(keyed.file_row_number, where=_text(keyed[column]).notnull())
        for column, name in columns.items()
    }
    firsts = keyed.filter(keyed[_KEY].notnull()).group_by(_KEY).agg(**given)
    joined = keyed.left_join(firsts, _KEY)
    blanks = {column: _text(joined[column]).isnull() & joined[name].notnull() for column, name in columns.items()}
    names = [ibis.ifelse(blank, ibis.literal(column), ibis.null("string")) for column, blank in blanks.items()]
    cells: dict[str, ir.Value] = {FILLED: ibis.literal(", ").join(names).nullif("")}
    cells |= {column: ibis.ifelse(blank, joined[columns[column]], joined[column]) for column, blank in blanks.items()}
    return joined.mutate(**cells).select(*table.columns, FILLED)


def _text(column: ir.Value) -> ir.StringValue:
    """Return a column as trimmed text; blanks become null."""
    return column.cast("string").strip().nullif("")
