"""The query engine: a locked-down, in-process DuckDB, used through Ibis."""

import shutil
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core import scratch
from core.locked_duckdb import connect_closed
from core.settings import Settings

_TEMPORARY: Final = ("temp", "main")  # catalog and schema


class Engine:
    """An in-memory DuckDB that can only access the given folders and files.

    Parameters
    ----------
    folders : iterable of Path
        Folders it may read and write, including subfolders.
    files : iterable of Path, default ()
        Single files it may also read.
    memory_gb : float, default 4
        Gigabytes it may use before it spills to disk.
    threads : int, optional
        Default: one per core.

    Notes
    -----
    Once external access is off, nothing can turn it on again while DuckDB runs. Threads must not share an Ibis
    connection, so each piece of work opens its own `session`, which costs a few milliseconds.
    """

    def __init__(
        self, *, folders: Iterable[Path], files: Iterable[Path] = (), memory_gb: float = 4.0, threads: int | None = None
    ) -> None:
        try:
            spill = scratch.new_temporary("spill")
        except OSError:  # on a full or read-only disk, queries that fit in memory still work
            spill = None
        self._clean_up = weakref.finalize(self, shutil.rmtree, spill or "", ignore_errors=True)
        self._root = connect_closed(folders=folders, files=files, spill=spill, memory_gb=memory_gb, threads=threads)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return an engine for the workspace and the demo shop, as used by pages and jobs."""
        return cls(folders=[settings.workspace], files=[settings.demo_shop], memory_gb=settings.query_memory_gb)

    @contextmanager
    def session(self) -> Iterator[Backend]:
        """Open an Ibis connection for one piece of work in one thread; its temporary tables are dropped at the end."""
        cursor = self._root.cursor()
        try:
            yield ibis.duckdb.from_connection(cursor)
        finally:
            cursor.close()

    def clear_scratch(self) -> None:
        """Remove the spill folder without waiting for running queries, when the process is about to exit."""
        self._clean_up()

    def close(self) -> None:
        """Free memory and disk; all sessions must have ended."""
        self._root.close()
        self._clean_up()


def parquet(connection: Backend, path: Path, **options: bool) -> ir.Table:
    """Read a Parquet file, without adding columns for folder names such as `date=2024`."""
    return connection.read_parquet(str(path), hive_partitioning=False, **options)


@contextmanager
def as_view(connection: Backend, table: ir.Table) -> Iterator[ir.Table]:
    """Name a long expression temporarily, so that later steps refer to it instead of repeating its SQL."""
    name = ibis.util.gen_name("view")
    connection.con.execute(f'CREATE TEMP VIEW "{name}" AS {_sql(connection, table)}')
    yield connection.table(name, database=_TEMPORARY)
    connection.con.execute(f'DROP VIEW "{name}"')


def computed(table: ir.Table) -> ir.Table:
    """Compute an expression now and store the result as a temporary table of the session."""
    backend: Backend = table.get_backend()
    name = ibis.util.gen_name("computed")
    columns = ", ".join(column.sql("duckdb") for column in table.schema().to_sqlglot_column_defs("duckdb"))
    backend.con.execute(f'CREATE TEMP TABLE "{name}" ({columns})')
    backend.con.execute(f'INSERT INTO "{name}" {_sql(backend, table)}')
    return backend.table(name, database=_TEMPORARY)


def _sql(connection: Backend, table: ir.Table) -> str:
    """Return a table's SQL for our own statements; Ibis' statements copy the whole expression tree repeatedly."""
    connection._run_pre_execute_hooks(table)  # noqa: SLF001  registers in-memory tables, as Ibis' own statements do
    return str(connection.compile(table))
