"""Column detection for the order history of a single customer, which needs no customer column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Final
from uuid import uuid4

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.parsing import propose_mapping, raw_table, sample_of
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.aliases import ALIASES, plain
from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.dates import looks_like_dates
from core.ingest.recognising.decimal_marks import looks_like_numbers

SOMEBODY: Final = "the customer"
"""Name and value of the column added if a history has no customer column."""

_LINES: Final = ("lines", "items", "products", "lineitems", "orderlines", "numberofproducts", "differentproducts")
_CLOCK: Final = r"^\s*\d{1,2}:\d{2}(:\d{2})?(\s*[AaPp][Mm])?\s*$"


@dataclass(frozen=True, kw_only=True)
class GivenColumns:
    """A table of one customer's orders with its column mapping.

    Parameters
    ----------
    raw : RawTable
        The table, with a customer column.
    mapping : ColumnMapping
        Role → column.
    lines : str or None
        Column with the number of order lines, if each row is a whole order.
    """

    raw: RawTable
    mapping: ColumnMapping
    lines: str | None

    @property
    def simple(self) -> bool:
        """True if a row is an order rather than one of its lines."""
        return self.mapping.order is None and self.mapping.product is None and self.mapping.description is None


def given_columns(connection: Backend, raw: RawTable, scratch: Path, clock: time) -> GivenColumns:
    """Detect the roles of the columns.

    Without a header row, the columns are a date, an amount, units and lines, in this order, and a country anywhere.

    Parameters
    ----------
    connection : Backend
        Connection that may read the table and write to `scratch`.
    raw : RawTable
        The table as read.
    scratch : Path
        Folder for the table with added columns.
    clock : time
        Time of rows whose time cell is blank.

    Raises
    ------
    InputError
        If no date or amount column is found.
    """
    sample = sample_of(connection, raw)
    mapping = _by_name(propose_mapping(connection, raw), raw.columns)
    lines = next((column for column in raw.columns if plain(column) in _LINES), None)
    rest = [column for column in raw.columns if column not in (*mapping.roles().values(), lines)]
    times = next((column for column in rest if _is_clock(sample[column])), None)
    mapping, lines = _by_position(raw, sample, [column for column in rest if column != times], mapping, lines)
    if needed := [name for name in mapping.missing() if name != "customer"]:
        listed = ", ".join(raw.columns[:_LISTED])
        message = (
            f"{raw.name}: no column was found for the {' and the '.join(needed)} among {listed}; name the columns in "
            "the first row, such as: date, amount."
        )
        raise InputError(message)
    if mapping.customer is not None and times is None:
        return GivenColumns(raw=raw, mapping=mapping, lines=lines)
    return GivenColumns(
        raw=_with(connection, raw, mapping, scratch, times, clock),
        mapping=replace(mapping, customer=mapping.customer or SOMEBODY),
        lines=lines,
    )


_LISTED: Final = 12


def _by_name(mapping: ColumnMapping, columns: Sequence[str]) -> ColumnMapping:
    """Map a required role to a column with its name, whatever it holds: in a few rows, one typo is a large share."""
    if mapping.date is None:
        mapping = replace(mapping, date=_first_named("date", columns, mapping))
    if mapping.amount is None and (mapping.quantity is None or mapping.unit_price is None):
        mapping = replace(mapping, amount=_first_named("amount", columns, mapping))
    return mapping


def _first_named(role: str, columns: Sequence[str], mapping: ColumnMapping) -> str | None:
    free = {plain(column): column for column in columns if column not in mapping.roles().values()}
    return next((free[alias] for alias in ALIASES[role] if alias in free), None)


def _is_clock(values: pd.Series) -> bool:
    filled = values.dropna().astype("str")
    return len(filled) > 0 and bool(filled.str.match(_CLOCK).all())


def _by_position(
    raw: RawTable, sample: pd.DataFrame, rest: Sequence[str], mapping: ColumnMapping, lines: str | None
) -> tuple[ColumnMapping, str | None]:
    """Map remaining roles by content, and by column order if there is no header row."""
    dates = [column for column in rest if looks_like_dates(sample[column])]
    if mapping.date is None and dates:
        mapping = replace(mapping, date=dates[0])
    numbers = [column for column in rest if column not in dates and looks_like_numbers(sample[column])]
    without = mapping.amount is None and (mapping.quantity is None or mapping.unit_price is None)
    if raw.header_row != 0:
        only = numbers[0] if without and len(numbers) == 1 else mapping.amount
        return replace(mapping, amount=only), lines
    if mapping.amount in raw.columns:
        numbers = [column for column in raw.columns if column in (*numbers, mapping.amount)]
    found = dict(zip(("amount", "quantity", "lines"), numbers, strict=False))
    texts = [column for column in rest if column not in (*dates, *numbers) and sample[column].notna().any()]
    country = texts[0] if len(texts) == 1 else mapping.country
    mapping = replace(mapping, amount=found.get("amount"), quantity=found.get("quantity"), country=country)
    return mapping, found.get("lines", lines)


def _with(
    connection: Backend, raw: RawTable, mapping: ColumnMapping, scratch: Path, times: str | None, clock: time
) -> RawTable:
    """Write a copy of the table with a customer column, and with times from their own column added to dates."""
    table = raw_table(connection, raw)
    added: dict[str, ir.Value] = {}
    if mapping.customer is None:
        added[SOMEBODY] = ibis.literal(SOMEBODY)
    if times is not None and mapping.date is not None and table[mapping.date].type().is_string():
        at = table[times].cast("string").strip().nullif("")
        added[mapping.date] = table[mapping.date].strip() + " " + at.fill_null(f"{clock:%H:%M}")
    path = scratch / f"{uuid4().hex}.parquet"
    table.mutate(**added).to_parquet(str(path))
    names = raw.columns if mapping.customer is not None else (*raw.columns, SOMEBODY)
    return replace(raw, path=path, columns=names, has_places=True)
