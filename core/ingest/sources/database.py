"""Export of a database table or query to one Parquet file, in batches to bound memory.

Ibis relies on declared types, so it fails on `numeric` without limits and on mixed columns in SQLite. Instead, rows are
streamed from a server-side cursor with SQLAlchemy and typed by their values. DuckDB streams Arrow natively.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa
from psycopg.types.json import set_json_loads

from core.errors import InputError
from core.ingest.apart.disk_watch import DISK_GB
from core.ingest.sources.arrow_columns import Kind, arrow_type, kind_of_all, to_arrow
from core.ingest.sources.duckdb_file import read_duckdb
from core.ingest.sources.row_writer import GROUP_BYTES, Written
from core.ingest.sources.sql import find_table, one_select, whole_table
from core.progress import Progress
from core.redaction import redacted

_BATCH: Final = 20_000  # rows: a few megabytes, and few round trips
_GROUP: Final = 50_000  # rows of a Parquet row group: about 100 MB as Python values, the most held in memory at once
_PIECE: Final = 100  # rows between checks of memory in use
LONGEST_BYTES: Final = 16 << 20
"""Bytes of one SQLite value, far more than any order field needs."""

CONNECT_SECONDS: Final = 10
_CHECK_SECONDS: Final = 10  # between the server's checks that its client is still connected
STATEMENT_SECONDS: Final = 1800  # until a heavy query returns its first rows, so that abandoned queries end


class _Widened(Exception):  # noqa: N818  a signal to start again, not an error
    """Signal that a later batch needs wider columns; `kinds` holds every batch so far."""

    def __init__(self, kinds: dict[str, Kind]) -> None:
        self.kinds = kinds


def is_database(address: str) -> bool:
    """Return whether an address is a database URL rather than a file or web address."""
    scheme, mark, _rest = address.partition("://")
    return bool(mark) and scheme.lower() not in ("http", "https", "file", "ftp", "ftps", "s3", "gs")


def read_table(
    url: str,
    *,
    target: Path,
    progress: Progress,
    table: str | None = None,
    query: str | None = None,
    folders: Sequence[Path] | None = None,
    disk_gb: float = DISK_GB,
) -> tuple[tuple[str, ...], int]:
    """Write a table or query result as Parquet; see `database_apart` for the sandboxed version.

    Parameters
    ----------
    url : str
        In Ibis or SQLAlchemy form: `postgresql://user:password@host/database`, `sqlite:///file`, `duckdb:///file`.
    target : Path
        Parquet file to write.
    progress : callable
        Called with the share done (0 if the number of rows is unknown) and a message; may raise.
    table, query : str
        Exactly one: a table such as `orders` or `schema.orders`, or a single SELECT.
    folders : sequence of Path, optional
        Folders that may contain database files; any by default.
    disk_gb : float
        Gigabytes that the rows may take.

    Returns
    -------
    columns : tuple of str
    rows : int

    Raises
    ------
    InputError
        If the database can't be reached or read. Messages never contain passwords.
    """
    if (table is None) == (query is None):
        message = "Enter either a table of the database or a query, not both."
        raise InputError(message)
    parsed = _parse(url)
    kind = parsed.get_backend_name()
    file = _file(parsed, folders) if kind in ("sqlite", "duckdb") else None
    if kind == "duckdb" and file is not None:
        return read_duckdb(file, table, query, Written(target, disk_gb, progress))
    with _explained(parsed), _connected(parsed, file) as connection:
        sql, total = _statement(connection, table, query)
        return _copy(connection, sql, lambda: Written(target, disk_gb, progress, total))


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        message = "This isn't a database URL. Use the form postgresql://user:password@host:5432/database."
        raise InputError(message) from None  # the cause quotes the URL, and with it the password
    is_postgres = parsed.drivername.partition("+")[0] in ("postgres", "postgresql")
    return parsed.set(drivername="postgresql+psycopg") if is_postgres else parsed


def _file(url: sa.URL, folders: Sequence[Path] | None) -> Path:
    """Return the path of a file-based database, if it may be read.

    For `sqlite:///a/b`, SQLAlchemy reads `a/b` and Ibis `/a/b`; for `duckdb://a/b`, Ibis reads `a/b`.
    """
    name = url.database or ""
    readings = (name, f"/{name}", f"{url.host}/{name}" if url.host and name else url.host or "")
    paths = [Path(reading).expanduser().resolve() for reading in readings]
    inside = [path for path in paths if folders is None or any(map(path.is_relative_to, folders))]
    if not inside:
        message = f"The database file “{paths[0].name}” is outside the folders that may be read. Move it to a folder "
        raise InputError(message + "in CLIENTELE_ALLOWED_FOLDERS, or add its folder to that setting.")
    found = next((path for path in inside if path.is_file()), None)
    if found is None:
        message = f"There is no database file “{name or url.host or ''}”. Check the path."
        raise InputError(message)
    return found


@contextmanager
def _connected(url: sa.URL, file: Path | None) -> Iterator[sa.Connection]:
    """Open a read-only streaming session."""
    options: dict[str, Any] = {"poolclass": sa.pool.NullPool}
    if file is not None:
        options["creator"] = lambda: _sqlite(file)
    elif url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    engine = sa.create_engine("sqlite://" if file is not None else url, hide_parameters=True, **options)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)  # noqa: PLW2901
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
            _notice_the_end(connection)
            # JSON stays text: parsing it would double the time and round its numbers.
            set_json_loads(_as_text, connection.connection.dbapi_connection)  # type: ignore[arg-type]
        yield connection


def _notice_the_end(connection: sa.Connection) -> None:
    """Have the server cancel queries of disconnected clients, where it supports that."""
    with suppress(sa.exc.DBAPIError), connection.begin_nested():
        connection.exec_driver_sql(f"SET LOCAL client_connection_check_interval = '{_CHECK_SECONDS}s'")


def _sqlite(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _as_text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode()


def _statement(connection: sa.Connection, table: str | None, query: str | None) -> tuple[str, int | None]:
    """Return the SQL to run, and its number of rows if that is cheap to find out."""
    if query is not None:
        return one_select(query, connection.dialect.name), None
    inspector = sa.inspect(connection)
    schema, name = find_table(table or "", _tables(inspector))
    as_it_stands = connection.execution_options(no_parameters=True)  # a percent sign in a name is not a placeholder
    kind = connection.dialect.name
    total = as_it_stands.exec_driver_sql(whole_table(schema, name, kind, "count(*)")).scalar_one()
    return whole_table(schema, name, kind), int(total)


def _tables(inspector: sa.Inspector) -> dict[str | None, Sequence[str]]:
    """Return tables and views by schema; the default schema appears under None and its name."""
    found: dict[str | None, Sequence[str]] = {None: [*inspector.get_table_names(), *inspector.get_view_names()]}
    if inspector.dialect.name == "postgresql":
        found[None] = [*found[None], *inspector.get_materialized_view_names()]
    for schema in inspector.get_schema_names():
        if schema not in ("information_schema", "pg_catalog"):
            found[schema] = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    return found


def _copy(connection: sa.Connection, sql: str, begin: Callable[[], Written]) -> tuple[tuple[str, ...], int]:
    """Run the statement and write its rows, starting again with wider columns if needed."""
    kinds: dict[str, Kind] = {}
    while True:
        streaming = connection.execution_options(stream_results=True, max_row_buffer=_BATCH, no_parameters=True)
        with streaming.exec_driver_sql(sql) as result:
            columns = _unique(tuple(result.keys()))
            try:
                return columns, _write(result, columns, kinds, begin())
            except _Widened as widened:
                kinds = widened.kinds


def _write(result: sa.CursorResult[Any], columns: tuple[str, ...], known: dict[str, Kind], written: Written) -> int:
    kinds = dict(known)
    with written:
        while batch := _batch(result, written):
            values = dict(zip(columns, zip(*batch, strict=True), strict=True))
            wider = {name: kind_of_all(values[name], kinds.get(name, Kind.NOTHING)) for name in columns}
            if written.rows and [arrow_type(wider[n]) for n in columns] != [arrow_type(kinds[n]) for n in columns]:
                raise _Widened(wider)
            kinds = wider
            written.add(pa.table([to_arrow(values[name], kinds[name]) for name in columns], names=list(columns)))
    return written.rows


def _batch(result: sa.CursorResult[Any], written: Written) -> list[Any]:
    """Return as many rows as fit in memory, however wide."""
    most = _GROUP if written.rows else _BATCH
    rows: list[Any] = []
    size = 0
    while len(rows) < most and size < GROUP_BYTES and (more := result.fetchmany(min(_PIECE, most - len(rows)))):
        rows += more
        size += sum(len(value) for row in more for value in row if isinstance(value, str | bytes))
    return rows


def _unique(columns: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        message = f"The query returns two columns named “{twice}”. Use AS to give each a unique name."
        raise InputError(message)
    return columns


@contextmanager
def _explained(url: sa.URL) -> Iterator[None]:
    """Turn driver errors into messages that name the database without its credentials."""
    where = f"{url.host}{f':{url.port}' if url.port else ''}/{url.database}" if url.host else f"{url.database}"
    try:
        yield
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError):
        message = f"The driver for “{url.drivername}” databases isn't installed. Use PostgreSQL, SQLite or DuckDB, "
        raise InputError(message + "which are built in.") from None
    except sa.exc.DBAPIError as error:
        raise InputError(_sentence(str(error.orig), where, url)) from None  # causes quote statements and addresses
    except sa.exc.SQLAlchemyError as error:
        raise InputError(_sentence(str(error), where, url)) from None


def _sentence(reason: str, where: str, url: sa.URL) -> str:
    lines = [line.strip() for line in reason.splitlines() if line.strip()] or ["no reason was given"]
    text = redacted(lines[0], url.render_as_string(hide_password=False))
    if url.password:  # however short it is
        text = text.replace(str(url.password), "***")
    where = redacted(where)
    if "password authentication failed" in reason or "no password supplied" in reason:
        return f"The database {where} rejected the user “{url.username or ''}”. Check the user and password in its URL."
    if "statement timeout" in reason:
        return f"The database {where} took over {STATEMENT_SECONDS // 60} minutes to answer. Request less data at once."
    if "connection failed" in text or "resolve host" in text or "connection timeout" in text:
        return f"The database {where} can't be reached ({text[-160:]}). Check the host, port and name in its URL."
    return f"The database {where} returned an error: {text[:200]}. Check the table or query."
