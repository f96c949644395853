"""Normalisation of ids and names: trimmed, placeholders as missing, and `17850.0` as `17850`."""

from collections.abc import Iterable
from typing import Final

import ibis
import ibis.expr.types as ir

_NO_VALUE: Final = r"^(|-+|nan|null|none|n/a|#n/a|<na>|nat)$"
_LONGEST_NO_VALUE: Final = 4
_SHORTENED: Final = r"^\d(\.\d+)?[eE]\+\d{2,3}$"  # 1.23457E+11, as spreadsheets show long numbers
_LARGEST_EXACT: Final = 2.0**53  # above it, floats can't represent every whole number
# DuckDB evaluates each branch of a CASE only for the rows that need it, so cheap tests guard slow ones below.


def identifier(column: ir.Value) -> ir.StringValue:
    """Return an id column as text; blanks and placeholders such as `null` become missing."""
    if column.type().is_floating():
        whole = column.try_cast("int64")  # null where it is too large
        text = ibis.ifelse(whole.cast("float64") == column, whole.cast("string"), column.cast("string"))
        return ibis.ifelse(column.isnan(), ibis.null("string"), text)
    if not column.type().is_string():
        return column.cast("string")
    text = column.strip()
    no_value = ibis.ifelse(text.length() <= _LONGEST_NO_VALUE, text.lower().re_search(_NO_VALUE), False)
    whole = ibis.ifelse(text.contains("."), text.re_replace(r"^(\d+)\.0+$", r"\1"), text)
    return ibis.ifelse(no_value, ibis.null("string"), whole)


def shortened(column: ir.Value) -> ir.BooleanValue:
    """Return whether an id has lost digits, so that different ids may look equal: `1.23457E+11`, floats above 2^53."""
    if column.type().is_floating():
        return (column.abs() > _LARGEST_EXACT).fill_null(False)
    if not column.type().is_string():
        return ibis.literal(False)
    return ibis.ifelse(column.contains("+"), column.strip().re_search(_SHORTENED), False).fill_null(False)


def label(column: ir.Value) -> ir.StringValue:
    """Return a name column as text; only blanks become missing, since NA is Namibia."""
    return column.cast("string").strip().nullif("")


def tidy_identifiers(table: ir.Table, columns: Iterable[str]) -> frozenset[str]:
    """Return the id columns of type text that `identifier` wouldn't change, so that parsing can skip it.

    Parameters
    ----------
    table : Table
        Raw rows.
    columns : iterable of str
        Its id columns.
    """
    texts = [name for name in columns if table[name].type().is_string()]
    if not texts:
        return frozenset()
    changed = [(~identifier(table[name]).identical_to(table[name]) | shortened(table[name])).any() for name in texts]
    found = table.agg(**{f"c{i}": value for i, value in enumerate(changed)}).execute().iloc[0]
    return frozenset(name for i, name in enumerate(texts) if not found[f"c{i}"])
