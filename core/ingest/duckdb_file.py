"""A table or query of a DuckDB file as Parquet. DuckDB is closed down: it reads that file and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from core.errors import InputError
from core.ingest.sql import find_table, one_select, whole_table

_BATCH: Final = 100_000  # rows in memory at once
_CLOSED: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
}


def read_duckdb(
    file: Path, table: str | None, query: str | None, target: Path, progress: Callable[[float, str], None]
) -> tuple[tuple[str, ...], int]:
    """Write a table or query of a DuckDB file as Parquet; see `core.ingest.database.read_table`."""
    try:
        with duckdb.connect(str(file), read_only=True, config=_CLOSED) as connection:
            sql = one_select(query, "duckdb") if query is not None else _whole(connection, table or "")
            rows = _write(connection.execute(sql).to_arrow_reader(_BATCH), target, progress)
    except duckdb.Error as error:
        message = f"The DuckDB file {file.name} says: {str(error).splitlines()[0][:200]}; check the table or the query."
        raise InputError(message) from error
    return tuple(pq.read_schema(target).names), rows


def _whole(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    schemas: dict[str | None, list[str]] = {None: [name for schema, name in found if schema == "main"]}
    for schema, name in found:
        schemas.setdefault(schema, []).append(name)
    return whole_table(*find_table(table, dict(schemas)), "duckdb")


def _write(batches: object, target: Path, progress: Callable[[float, str], None]) -> int:
    rows = 0
    with pq.ParquetWriter(target, batches.schema, compression="zstd") as writer:  # type: ignore[attr-defined]
        for batch in batches:  # type: ignore[attr-defined]
            writer.write_batch(batch)
            rows += batch.num_rows
            progress(0.0, f"Reading the database: {rows:,} rows")
    if rows == 0:
        message = "The table or query gives no rows; choose another."
        raise InputError(message)
    return rows
