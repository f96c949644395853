"""Reader for all supported formats, returning a raw table for each table in a file.

Run it sandboxed; see `core.ingest.apart.sandbox`.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InputError
from core.ingest.apart.disk_watch import DISK_GB
from core.ingest.reading import parquet_size
from core.ingest.reading.excel import read_workbook
from core.ingest.reading.header import MOST_COLUMNS, check_names
from core.ingest.reading.raw_table import RawTable
from core.ingest.reading.text import read_text
from core.ingest.sources.files import FileKind, SourceFile, kind_of, new_path, one_line
from core.ingest.sources.read_options import ReadOptions
from core.ingest.sources.size_limits import Room
from core.ingest.sources.unpacking import unpack


def read_raw(
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    scratch: Path,
    options: ReadOptions,
    *,
    disk_gb: float = DISK_GB,
) -> list[RawTable]:
    """Read a file once into Parquet below `scratch`; Parquet files are used as they are.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Reads and writes text.
    file : SourceFile
        File to read.
    scratch : Path
        Folder for the result.
    options : ReadOptions
        The user's choices.
    disk_gb : float
        Maximum gigabytes once unpacked.

    Returns
    -------
    list of RawTable
        One for each file of an archive and each sheet of a workbook that belongs to the orders.

    Raises
    ------
    InputError
        If it can't be read or has no rows.
    """
    tables: list[RawTable] = []
    kind_of(file, options.encoding)  # raises if there is no such file
    room = Room(file, disk_gb)
    for plain in unpack(file, scratch, options.encoding, room):
        kind = kind_of(plain, options.encoding)
        if kind is FileKind.PARQUET:
            tables.append(_parquet(plain, scratch, room))
        elif kind is FileKind.EXCEL:
            tables += read_workbook(plain, scratch, options, room)
        else:
            tables.append(read_text(connection, plain, scratch, options))
    for raw in tables:
        _check_rows(raw)
    return tables


def own_parquet(connection: duckdb.DuckDBPyConnection, raw: RawTable, scratch: Path) -> RawTable:
    """Copy a table to a new Parquet file, checking that every value can be read.

    Raises
    ------
    InputError
        If a value can't be read.
    """
    target = new_path(scratch, "parquet")
    copy = f"COPY (FROM read_parquet(?, hive_partitioning = false)) TO '{target}' (FORMAT parquet, COMPRESSION lz4_raw)"
    try:
        connection.execute(copy, [str(raw.path)])
    except duckdb.Error as error:
        message = f"{raw.name} is a damaged Parquet file ({one_line(error)}); export or copy it again."
        raise InputError(message) from error
    return replace(raw, path=target)


def _check_rows(raw: RawTable) -> None:
    if raw.rows == 0:
        where = f"a header in row {raw.header_row} but no order lines below it" if raw.header_row else "no order lines"
        message = f"{raw.name} has {where}. Export the orders again."
        raise InputError(message)
    if raw.rows == raw.rejected:
        message = (
            f"{raw.name}, row {raw.rejects[0][0]}: no row has the {len(raw.columns)} columns of row {raw.header_row}. "
            "Choose the file's delimiter, or export it again."
        )
        raise InputError(message)


def _parquet(file: SourceFile, scratch: Path, room: Room) -> RawTable:
    parquet_size.check_footer(file)
    try:
        metadata = pq.read_metadata(file.path)
        schema = metadata.schema.to_arrow_schema()
        columns = tuple(schema.names)
    except (pa.ArrowException, OSError) as error:
        message = f"{file.name} is a damaged Parquet file ({one_line(error)}); export or copy it again."
        raise InputError(message) from error
    if metadata.num_columns > MOST_COLUMNS:
        message = f"{file.name} has {metadata.num_columns:,} columns (maximum {MOST_COLUMNS:,}). Remove some."
        raise InputError(message)
    check_names(file.name, columns)
    _check_schema(file.name, schema)
    _check_size(file, metadata, room)
    path = file.path
    if set("*?[") & set(str(path)):  # DuckDB would read such a path as a glob pattern
        path = Path(shutil.copyfile(path, new_path(scratch, "parquet")))
    return RawTable(name=file.name, path=path, columns=columns, rows=metadata.num_rows)


def _check_size(file: SourceFile, metadata: pq.FileMetaData, room: Room) -> None:
    try:
        parquet_size.check(file, metadata, room)
    except (pa.ArrowException, OSError) as error:
        message = f"{file.name} is a damaged Parquet file ({one_line(error)}); export or copy it again."
        raise InputError(message) from error


def _check_schema(name: str, schema: pa.Schema) -> None:
    """Reject columns that the database would silently misread."""
    for position, field in enumerate(schema, start=1):
        if not field.name:
            message = f"{name}: column {position} has no name. Give it one."
            raise InputError(message)
        if pa.types.is_decimal256(field.type):
            message = (
                f"{name}, column “{field.name}”: decimals of {field.type.precision} digits aren't supported. Save it "
                "as a decimal of at most 38 digits, or as double."
            )
            raise InputError(message)
