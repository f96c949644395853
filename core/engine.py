"""The query engine: DuckDB in the process, closed down, reached through Ibis."""

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
    """One DuckDB in memory that reads and writes only below the folders it was given.

    Parameters
    ----------
    folders : iterable of Path
        Folders it may read and write, with all that is below them.
    files : iterable of Path, default ()
        Single files it may read besides.
    memory_gb : float, default 4
        Gigabytes it may use before it spills to disk.
    threads : int, optional
        Default: one per core.

    Notes
    -----
    Once external access is off nothing can turn it on again while DuckDB runs. An Ibis connection must not be
    shared by threads, so each piece of work opens a `session` of its own, which costs a few milliseconds.
    """

    def __init__(
        self, *, folders: Iterable[Path], files: Iterable[Path] = (), memory_gb: float = 4.0, threads: int | None = None
    ) -> None:
        try:
            spill = scratch.new_temporary("spill")
        except OSError:  # full or read-only disks: what fits in memory can be looked at all the same
            spill = None
        self._clean_up = weakref.finalize(self, shutil.rmtree, spill or "", ignore_errors=True)
        self._root = connect_closed(folders=folders, files=files, spill=spill, memory_gb=memory_gb, threads=threads)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """One for the workspace and the demo shop, as pages and jobs use it."""
        return cls(folders=[settings.workspace], files=[settings.demo_shop], memory_gb=settings.query_memory_gb)

    @contextmanager
    def session(self) -> Iterator[Backend]:
        """Give an Ibis connection for one piece of work in one thread; its temporary tables end with it."""
        cursor = self._root.cursor()
        try:
            yield ibis.duckdb.from_connection(cursor)
        finally:
            cursor.close()

    def clear_scratch(self) -> None:
        """Remove the folder that it spills to, without waiting for queries that run: for a process that ends."""
        self._clean_up()

    def close(self) -> None:
        """Free memory and disk; sessions must have ended."""
        self._root.close()
        self._clean_up()


def parquet(connection: Backend, path: Path, **options: bool) -> ir.Table:
    """Read a Parquet file as its bytes say: names of folders such as `date=2024` are no columns of it."""
    return connection.read_parquet(str(path), hive_partitioning=False, **options)


@contextmanager
def as_view(connection: Backend, table: ir.Table) -> Iterator[ir.Table]:
    """Give a long expression a name for a while: it is written out once and not with each step that builds on it."""
    name = ibis.util.gen_name("view")
    connection.con.execute(f'CREATE TEMP VIEW "{name}" AS {_sql(connection, table)}')
    yield connection.table(name, database=_TEMPORARY)
    connection.con.execute(f'DROP VIEW "{name}"')


def computed(table: ir.Table) -> ir.Table:
    """Compute an expression now and keep the result as a temporary table, which ends with its session."""
    backend: Backend = table.get_backend()
    name = ibis.util.gen_name("computed")
    columns = ", ".join(column.sql("duckdb") for column in table.schema().to_sqlglot_column_defs("duckdb"))
    backend.con.execute(f'CREATE TEMP TABLE "{name}" ({columns})')
    backend.con.execute(f'INSERT INTO "{name}" {_sql(backend, table)}')
    return backend.table(name, database=_TEMPORARY)


def _sql(connection: Backend, table: ir.Table) -> str:
    """Return a table's SQL for a statement of ours: Ibis' own statements copy the whole tree again and again."""
    connection._run_pre_execute_hooks(table)  # noqa: SLF001  tables in memory, as in each of Ibis' own statements
    return str(connection.compile(table))
