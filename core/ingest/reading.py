"""A file of any supported format as one Parquet file, columns as they stand in the source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.excel import read_excel
from core.ingest.files import FileKind, SourceFile, kind_of, unwrap
from core.ingest.text import TextFormat, check_names, delimiter_of, encoding_of, header_of, to_utf8

_REJECTS_KEPT: Final = 1_000  # rows kept as they stand; those beyond are only counted


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A file's content, its columns not yet interpreted.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    path : Path
        Parquet file with the columns of the source, in its order; text columns where the source is text.
    columns : tuple of str
        Their names.
    rows : int
        Rows read, those that could not be split into columns included.
    rejected : int
        Rows that could not be split into columns.
    rejects : tuple of (int, str, str)
        Row, reason and raw text of the first of them.
    encoding, delimiter : str, optional
        How text was read.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: int
    rejected: int = 0
    rejects: tuple[tuple[int, str, str], ...] = ()
    encoding: str | None = None
    delimiter: str | None = None


def read_raw(connection: Backend, file: SourceFile, scratch: Path, text: TextFormat) -> RawTable:
    """Read a file once into Parquet below `scratch`; a Parquet file is taken as it is.

    Raises
    ------
    InputError
        Where it cannot be read or holds no rows.
    """
    plain = unwrap(file, scratch)
    kind = kind_of(plain, text.encoding)
    if kind is FileKind.PARQUET:
        raw = _parquet(plain)
    elif kind is FileKind.EXCEL:
        path = scratch / f"{len(list(scratch.iterdir()))}-excel.parquet"
        columns, rows = read_excel(plain, path)
        raw = RawTable(name=file.name, path=path, columns=columns, rows=rows)
    else:
        raw = _delimited(connection, plain, scratch, text)
    if raw.rows == 0:
        message = f"{file.name} has a header in row 1 but no order lines below it; export the orders again."
        raise InputError(message)
    if raw.rows == raw.rejected:
        message = f"{file.name}, row {raw.rejects[0][0]}: no row has the {len(raw.columns)} columns of row 1; "
        raise InputError(message + "say which delimiter the file has, or export it again.")
    return raw


def _parquet(file: SourceFile) -> RawTable:
    try:
        metadata = pq.read_metadata(file.path)
    except (pa.ArrowInvalid, OSError) as error:
        message = f"{file.name} is a damaged Parquet file ({error}); export or copy it again."
        raise InputError(message) from error
    columns = tuple(metadata.schema.to_arrow_schema().names)
    check_names(file, columns)
    return RawTable(name=file.name, path=file.path, columns=columns, rows=metadata.num_rows)


def _delimited(connection: Backend, file: SourceFile, scratch: Path, text: TextFormat) -> RawTable:
    encoding = text.encoding or encoding_of(file)
    utf8 = to_utf8(file, encoding, scratch)
    delimiter = text.delimiter or delimiter_of(utf8)
    columns = header_of(file, utf8, delimiter)
    target = scratch / f"text_{len(list(scratch.iterdir()))}.parquet"
    kept = _copy(connection, file, utf8, columns, delimiter, target)
    rejected, rejects = _rejects(connection, target.stem)
    return RawTable(
        name=file.name,
        path=target,
        columns=columns,
        rows=kept + rejected,
        rejected=rejected,
        rejects=rejects,
        encoding=encoding,
        delimiter=delimiter,
    )


def _copy(
    connection: Backend, file: SourceFile, source: Path, columns: tuple[str, ...], delimiter: str, target: Path
) -> int:
    """Copy text to Parquet in one pass: each reading of the source would report its rejects again."""
    import duckdb  # noqa: PLC0415  only for the names of its errors

    try:
        table = connection.read_csv(
            str(source),
            columns=dict.fromkeys(columns, "VARCHAR"),
            auto_detect=False,
            header=True,
            delim=delimiter,
            quote='"',
            escape='"',
            store_rejects=True,
            rejects_table=f"{target.stem}_rejects",  # of its own: the usual one goes on from file to file
            rejects_scan=f"{target.stem}_scan",
            rejects_limit=0,  # all of them, for every row counts
            hive_partitioning=False,
            max_line_size=1 << 23,
        )
        table.to_parquet(str(target), compression="lz4_raw")
    except duckdb.Error as error:
        message = f"{file.name} cannot be read as a table: {str(error).splitlines()[0]}; save it as CSV again."
        raise InputError(message) from error
    return int(pq.read_metadata(target).num_rows)


def _rejects(connection: Backend, stem: str) -> tuple[int, tuple[tuple[int, str, str], ...]]:
    """How many rows DuckDB set aside, and the first of them, each once, with the row as counted in the file."""
    table = f"{stem}_rejects"  # a row that is too short has an error for each missing column
    counted = connection.raw_sql(f"SELECT count(DISTINCT line) FROM {table}").fetchone()  # noqa: S608
    found = connection.raw_sql(
        f"SELECT line, min(error_message), min(csv_line) FROM {table} "  # noqa: S608
        f"GROUP BY line ORDER BY line LIMIT {_REJECTS_KEPT}"
    ).fetchall()
    return int(counted[0]), tuple((int(row), str(reason), str(text)[:500]) for row, reason, text in found)
