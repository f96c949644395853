"""Export of a DuckDB table or query to Parquet, with DuckDB restricted to that one file."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import pyarrow as pa

from core.errors import InputError
from core.ingest.sources.row_writer import GROUP_BYTES, Written
from core.ingest.sources.sql import find_table, one_select, whole_table

_BATCH: Final = 8_192  # rows that DuckDB returns at once, however wide
_GROUP: Final = 100_000  # rows of a Parquet row group
_CLOSED: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
}


def read_duckdb(file: Path, table: str | None, query: str | None, written: Written) -> tuple[tuple[str, ...], int]:
    """Write a table or query of a DuckDB file as Parquet; see `core.ingest.sources.database.read_table`."""
    try:
        with (
            TemporaryDirectory() as spill,
            duckdb.connect(str(file), read_only=True, config={**_CLOSED, "temp_directory": spill}) as connection,
        ):
            sql = one_select(query, "duckdb") if query is not None else _whole(connection, table or "")
            columns = _write(connection.execute(sql).to_arrow_reader(_BATCH), written)
    except duckdb.Error as error:
        message = f"DuckDB can't read {file.name}: {str(error).splitlines()[0][:200]}. Check the table or query."
        raise InputError(message) from error
    return columns, written.rows


def _whole(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    schemas: dict[str | None, list[str]] = {None: [name for schema, name in found if schema == "main"]}
    for schema, name in found:
        schemas.setdefault(schema, []).append(name)
    return whole_table(*find_table(table, dict(schemas)), "duckdb")


def _write(batches: Any, written: Written) -> tuple[str, ...]:
    """Write rows in the largest groups that fit in memory."""
    waiting: list[pa.RecordBatch] = []
    with written:
        for batch in batches:
            waiting.append(batch)
            if sum(b.num_rows for b in waiting) >= _GROUP or sum(b.nbytes for b in waiting) >= GROUP_BYTES:
                written.add(pa.Table.from_batches(waiting))
                waiting.clear()
        if waiting:
            written.add(pa.Table.from_batches(waiting))
    return tuple(batches.schema.names)
