"""A table or query of a database as one Parquet file, read in batches, so that its size does not matter.

Ibis goes by declared types, and so fails on `numeric` without limits and on mixed columns of SQLite. Here rows are
streamed with SQLAlchemy from a cursor on the server and typed by their values; DuckDB streams Arrow by itself.
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

_BATCH: Final = 20_000  # rows: some megabytes, and few round trips
_GROUP: Final = 50_000  # rows of a Parquet row group; as Python values some 100 MB, and the most in memory at once
_PIECE: Final = 100  # rows between two looks at how much is in memory
LONGEST_BYTES: Final = 16 << 20
"""Bytes of one value of SQLite; no order holds a film."""

CONNECT_SECONDS: Final = 10
_CHECK_SECONDS: Final = 10  # between two looks of a server for whether its client is still there
STATEMENT_SECONDS: Final = 1800  # until the first rows of a heavy query; a forgotten one must end some day


class _Widened(Exception):  # noqa: N818  a signal to begin again, no error
    """A later batch needs wider columns than the first; `kinds` holds all so far."""

    def __init__(self, kinds: dict[str, Kind]) -> None:
        self.kinds = kinds


def is_database(address: str) -> bool:
    """Whether an address is a URL of a database, and not of a file or of a web server."""
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
    """Write a table, or the result of a query, as Parquet; apart: `core.ingest.sources.database_apart`.

    Parameters
    ----------
    url : str
        As Ibis or SQLAlchemy take it: `postgresql://user:password@host/database`, `sqlite:///file`, `duckdb:///file`.
    target : Path
        Parquet file to write.
    progress : callable
        Gets the share done (0 where the number of rows is not known) and a sentence; may raise.
    table, query : str
        One of them: `orders`, `schema.orders`, or one SELECT.
    folders : sequence of Path, optional
        Folders in which a database file must lie; any by default.
    disk_gb : float
        Gigabytes that the rows may take.

    Returns
    -------
    columns : tuple of str
    rows : int

    Raises
    ------
    InputError
        Where the database cannot be reached or read. No message holds a password.
    """
    if (table is None) == (query is None):
        message = "Say which table of the database to read, or give a query, not both."
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
        message = "This is no URL of a database; write it like postgresql://user:password@host:5432/database."
        raise InputError(message) from None  # the cause quotes the URL, and with it the password
    is_postgres = parsed.drivername.partition("+")[0] in ("postgres", "postgresql")
    return parsed.set(drivername="postgresql+psycopg") if is_postgres else parsed


def _file(url: sa.URL, folders: Sequence[Path] | None) -> Path:
    """File of a database that is one, where it may be read.

    Of `sqlite:///a/b` SQLAlchemy says `a/b` and Ibis `/a/b`; of `duckdb://a/b` Ibis says `a/b`.
    """
    name = url.database or ""
    readings = (name, f"/{name}", f"{url.host}/{name}" if url.host and name else url.host or "")
    paths = [Path(reading).expanduser().resolve() for reading in readings]
    inside = [path for path in paths if folders is None or any(map(path.is_relative_to, folders))]
    if not inside:
        message = f"The database file “{paths[0].name}” is outside the folders that may be read; put it into one of "
        raise InputError(message + "CLIENTELE_ALLOWED_FOLDERS, or have its folder added there.")
    found = next((path for path in inside if path.is_file()), None)
    if found is None:
        message = f"There is no database file “{name or url.host or ''}”; check its path."
        raise InputError(message)
    return found


@contextmanager
def _connected(url: sa.URL, file: Path | None) -> Iterator[sa.Connection]:
    """Open a read-only session that streams."""
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
            # JSON stays the text it is: parsing it would cost as much as all the rest, and round its numbers.
            set_json_loads(_as_text, connection.connection.dbapi_connection)  # type: ignore[arg-type]
        yield connection


def _notice_the_end(connection: sa.Connection) -> None:
    """Have the server end a query whose client is gone; older servers and some systems can't."""
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
    """SQL to run, and the number of its rows where it is cheap to know."""
    if query is not None:
        return one_select(query, connection.dialect.name), None
    inspector = sa.inspect(connection)
    schema, name = find_table(table or "", _tables(inspector))
    as_it_stands = connection.execution_options(no_parameters=True)  # a per cent sign in a name is one
    kind = connection.dialect.name
    total = as_it_stands.exec_driver_sql(whole_table(schema, name, kind, "count(*)")).scalar_one()
    return whole_table(schema, name, kind), int(total)


def _tables(inspector: sa.Inspector) -> dict[str | None, Sequence[str]]:
    """Tables and views by schema, those of the usual schema under None and under its name."""
    found: dict[str | None, Sequence[str]] = {None: [*inspector.get_table_names(), *inspector.get_view_names()]}
    if inspector.dialect.name == "postgresql":
        found[None] = [*found[None], *inspector.get_materialized_view_names()]
    for schema in inspector.get_schema_names():
        if schema not in ("information_schema", "pg_catalog"):
            found[schema] = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    return found


def _copy(connection: sa.Connection, sql: str, begin: Callable[[], Written]) -> tuple[tuple[str, ...], int]:
    """Run the statement and write its rows, again with wider columns where they turn out to be too narrow."""
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
    """As many rows as fit in memory, however wide."""
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
        message = f"The query gives two columns named “{twice}”; give each a name of its own with AS."
        raise InputError(message)
    return columns


@contextmanager
def _explained(url: sa.URL) -> Iterator[None]:
    """Turn the driver's errors into sentences that name the database but not how to get in."""
    where = f"{url.host}{f':{url.port}' if url.port else ''}/{url.database}" if url.host else f"{url.database}"
    try:
        yield
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError):
        message = f"Databases of the kind “{url.drivername}” need a driver that is not installed; PostgreSQL, SQLite "
        raise InputError(message + "and DuckDB are built in.") from None
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
        return f"The database {where} refuses the user “{url.username or ''}”: wrong user or password; correct its URL."
    if "statement timeout" in reason:
        return f"The database {where} took over {STATEMENT_SECONDS // 60} minutes to answer; ask for less at once."
    if "connection failed" in text or "resolve host" in text or "connection timeout" in text:
        return f"The database {where} cannot be reached ({text[-160:]}); check host, port and name in its URL."
    return f"The database {where} says: {text[:200]}; check the table or the query."
