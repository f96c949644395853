"""The unreadable rows of a version: lines that couldn't be split, and rows with unreadable values."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.ingest.cleaning.parsing import raw_table
from core.ingest.reading.raw_table import RawTable
from core.ingest.reading.rejects import LONGEST_TEXT, REJECTS
from core.schema import Reason

REJECTS_FILE = "rejects.parquet"
"""Name of the table in a version's folder."""


def rejected_rows(
    connection: Backend,
    rows: ir.Table,
    raws: Sequence[RawTable],
    *,
    first_no: int,
    earlier: Path | None,
    unreadable: bool = True,
) -> ir.Table:
    """Return the rejected rows of a version.

    Parameters
    ----------
    connection : Backend
        Connection that may read the tables.
    rows : Table
        The version's cleaned rows.
    raws : sequence of RawTable
        The tables added in this version.
    first_no : int
        `file_no` of the first of them.
    earlier : Path, optional
        Folder of the version they are appended to.
    unreadable : bool
        Whether any of `rows` has a value that could not be read; where none has, they need not be searched.

    Returns
    -------
    Table
        Columns `file`, `line` (from 1 within the file or sheet), `reason`, `text` (the raw line, or the row's values
        separated by commas).
    """
    wrong = raws if unreadable else ()
    parts = [_unreadable(connection, rows, raw, first_no + position) for position, raw in enumerate(wrong)]
    kept = [raw.rejects_path for raw in raws if raw.rejects_path] + ([earlier / REJECTS_FILE] if earlier else [])
    parts += [parquet(connection, path).select(*REJECTS.names) for path in kept if path.exists()]
    if not parts:
        return connection.create_table(ibis.util.gen_name("rejects"), REJECTS.empty_table(), temp=True)
    return reduce(lambda one, other: one.union(other), parts).order_by("file", "line")


def _unreadable(connection: Backend, rows: ir.Table, raw: RawTable, file_no: int) -> ir.Table:
    """Return the raw rows of one table that have unreadable values."""
    found = rows.filter((rows.reason == Reason.UNREADABLE.value) & (rows.file_no == file_no))
    source = raw_table(connection, raw)
    joined = found.select("row", "problem").inner_join(source, found.row == source.file_row_number + 2)
    return joined.select(
        file=ibis.literal(raw.name),
        line=joined.row,
        reason=joined.problem,
        text=ibis.literal(",").join([_cell(joined[name]) for name in raw.columns]).substr(0, LONGEST_TEXT),
    )


def _cell(column: ir.Value) -> ir.StringValue:
    """Format a column as CSV values; missing values are empty."""
    text = column.cast("string").fill_null("")
    return ibis.ifelse(text.re_search('[",\n\r]'), ibis.literal('"') + text.replace('"', '""') + '"', text)
