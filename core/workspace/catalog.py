"""The catalog of datasets, versions, models and jobs. A change is committed when its row is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core.errors import ConflictError, DiskError, DiskFullError, InputError
from core.redaction import redacted
from core.workspace.disk import disk_state

LONGEST_WHO: Final = 200
_TRIES: Final = 3  # each waits for the busy timeout in _prepare_sqlite
_LOCK: Final = 5_140_811_903  # an arbitrary key for the writers' lock on PostgreSQL, the same in all processes

_READ_ONLY, _DISK_FULL = "25006", "53100"  # PostgreSQL error codes
_SERVER_CLASSES: Final = ("08", "53", "57P")  # connection errors, resources, a server starting or stopping
_LONGEST_DETAIL: Final = 200

FILE: Final = "catalog.sqlite"

METADATA: Final = sa.MetaData()

schema_number: Final = sa.Table("schema_number", METADATA, sa.Column("number", sa.Integer, primary_key=True))

workspace_id: Final = sa.Table("workspace_id", METADATA, sa.Column("id", sa.String(32), primary_key=True))
"""One row: the id that is also in the workspace's folder, see `core.workspace.ownership.identity`."""

datasets: Final = sa.Table(
    "datasets",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),  # ISO 4217; empty if unknown
    sa.Column("timezone", sa.String(64), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),  # the row stays, so that its id is never reused
)

versions: Final = sa.Table(
    "versions",
    METADATA,
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("folder", sa.String(80), nullable=False, unique=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Column("action", sa.String(16)),  # create, append, replace or restore
    sa.Column("who", sa.String(LONGEST_WHO)),
    sa.Column("base", sa.Integer),  # the version it was made from
    sa.Column("sources", sa.JSON),  # per file: name, SHA-256 of its content, bytes, how it was read
    sa.Column("import_id", sa.String(32)),  # the import that made it, so that a retry finds it
    sa.Column("deleted_at", sa.DateTime(timezone=True)),  # the row stays, so that its number is never reused
    sa.Index("ix_versions_import_id", "import_id", unique=True),
)

segment_models: Final = sa.Table(
    "segment_models",
    METADATA,
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), primary_key=True),
    sa.Column("model_version", sa.Integer, primary_key=True),
    sa.Column("fitted_on", sa.Integer, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("model", sa.JSON, nullable=False),
)

rfm_maps: Final = sa.Table(
    "rfm_maps",
    METADATA,
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), primary_key=True),
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("map", sa.JSON, nullable=False),
    sa.Column("who", sa.String(LONGEST_WHO), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

predictors: Final = sa.Table(
    "predictors",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),  # version it was trained on
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("horizon", sa.Integer, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("in_use", sa.Boolean, nullable=False, default=False),
    sa.Column("card", sa.JSON, nullable=False),
    sa.Column("training", sa.String(32)),  # digest of the key of its training run; None if not recorded
)

audit: Final = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.String(LONGEST_WHO), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("dataset_id", sa.String(32), index=True),
    sa.Column("version", sa.Integer),
    sa.Column("details", sa.JSON, nullable=False),
)

jobs: Final = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("who", sa.String(LONGEST_WHO), nullable=False),
    sa.Column("dataset_id", sa.String(32)),
    sa.Column("state", sa.String(16), nullable=False, index=True),  # queued, running, done, failed or cancelled
    sa.Column("progress", sa.Float, nullable=False, default=0.0),  # 0 to 1
    sa.Column("message", sa.String(300), nullable=False, default=""),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.Text),
    sa.Column("replaced_by", sa.String(32)),  # id of the newer job that replaced it
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("worker", sa.String(80)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("heartbeat_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
)

remembered: Final = sa.Table(
    "remembered_mappings",
    METADATA,
    sa.Column("signature", sa.String(64), primary_key=True),  # hash of a file's headers
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("file", sa.String(300), nullable=False),  # the file it was chosen for
    sa.Column("who", sa.String(LONGEST_WHO), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


def connect(url: str, folder: Path, *, place: disk_state.Place | None = None) -> sa.Engine:
    """Connect to the catalog; `core.workspace.ownership.opening` also updates its tables.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; empty for SQLite in `folder`.
    folder : Path
        Folder of the workspace.
    place : Place, optional
        Place to name in errors of SQLite's disk; by default the folder of the catalog.

    Notes
    -----
    SQLite waits up to 30 seconds for another writer.
    """
    try:
        engine = sa.create_engine(url or f"sqlite:///{folder / FILE}", hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError, ValueError, TypeError):
        message = (
            "CLIENTELE_CATALOG_URL isn't the URL of a database that Clientele can use. Write it like "
            "postgresql+psycopg://user:password@host:5432/database, or leave it empty."
        )
        raise InputError(message) from None  # the cause quotes the URL, including the password
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    explain_errors(engine, place or _place_of(url, folder))
    return engine


def explain_errors(engine: sa.Engine, place: disk_state.Place) -> None:
    """Turn errors of the catalog's disk or server into messages for the user.

    Parameters
    ----------
    engine : Engine
        Engine that raises `DiskError` from now on.
    place : Place
        Location of an SQLite catalog.
    """

    def explain(context: Any) -> None:
        error = context.original_exception
        if engine.dialect.name == "sqlite":
            explained = disk_state.explain(error, place)
        else:
            explained = _server_error(engine.url, error, is_away=context.is_disconnect or context.connection is None)
        if explained is not None:
            raise explained from error

    sa.event.listen(engine, "handle_error", explain)


def _place_of(url: str, folder: Path) -> disk_state.Place:
    """Return the place of an SQLite catalog: the workspace, unless the settings name another."""
    file = Path(sa.make_url(url).database or "") if url else folder / FILE
    if file.is_relative_to(folder):
        return disk_state.workspace_place(folder)
    return disk_state.Place(
        path=file.parent,
        name=f"the catalog {file}",
        more_room="Free some space there and try again.",
        elsewhere="choose another catalog with CLIENTELE_CATALOG_URL",
    )


def _server_error(url: sa.URL, error: BaseException, *, is_away: bool) -> DiskError | None:
    """Return the error of a catalog's server; None if the statement caused the error."""
    host = (url.host or "this machine").rpartition("@")[2]  # an unencoded @ leaves part of the password here
    server = f"The catalog “{url.database}” on {host}"  # the rest of the URL may contain a password
    state = getattr(error, "sqlstate", None) or ""
    if state == _READ_ONLY:
        message = f"{server} is read-only; nothing was changed. Let Clientele write to it, or try again later."
    elif state == _DISK_FULL:
        message = f"{server} has no space left on its disk; nothing was changed. Free some space there and try again."
        return DiskFullError(message)
    elif is_away or state.startswith(_SERVER_CLASSES):
        text = " ".join(str(error).split()).replace(url.host or host, host)
        detail = redacted(text, url.render_as_string(hide_password=False))[:_LONGEST_DETAIL]
        message = (
            f"{server} can't be used ({detail}); nothing was changed. Check that the server is running and accepts "
            "connections, and check CLIENTELE_CATALOG_URL."
        )
    else:
        return None
    return DiskError(message)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open an exclusive write transaction, so that everything read in it is still true at its end.

    Afterwards, an SQLite catalog's file contains the changes, see `checkpoint`.

    Raises
    ------
    ConflictError
        If others keep the catalog locked for minutes.
    """
    with engine.connect() as connection:
        _lock(connection)
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    checkpoint(engine)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a read transaction that sees one consistent snapshot, whatever others write meanwhile."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("BEGIN")  # Python's driver only begins one before writes
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
        yield connection
        connection.rollback()


def log_ahead(engine: sa.Engine) -> None:
    """Switch an SQLite catalog to a write-ahead log, so that readers and the writer don't block each other."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            _log_ahead(cursor)


def checkpoint(engine: sa.Engine) -> None:
    """Move an SQLite catalog's log into its file, so that a copy of the file is complete; not in a transaction.

    It doesn't wait: pages that others are still reading stay in the log until the next time.
    """
    if engine.dialect.name == "sqlite":
        with suppress(sa.exc.OperationalError, DiskError), engine.connect() as connection:  # full disk: the log stays
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def in_utc(when: datetime) -> datetime:
    """Return a catalog time in UTC; SQLite doesn't store the time zone."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def as_json(value: object) -> str:
    """Return a date or time as JSON text; for `default` of `json.dumps`.

    Raises
    ------
    TypeError
    """
    if isinstance(value, datetime):
        return in_utc(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _lock(connection: sa.Connection) -> None:
    """Begin the transaction, waiting for other writers."""
    if connection.dialect.name != "sqlite":
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        return
    for left in reversed(range(_TRIES)):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            if "locked" not in str(error):
                raise
            if not left:
                message = "Another process keeps the workspace's catalog locked; nothing was changed. Try again."
                raise ConflictError(message) from error
            connection.rollback()
        else:
            return


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for statement in ("PRAGMA busy_timeout=30000", "PRAGMA foreign_keys=ON"):
        cursor.execute(statement)
    cursor.close()


def _log_ahead(cursor: Any) -> None:
    """Switch to WAL mode, retrying while locked, as SQLite's busy timeout doesn't apply to this."""
    for wait in (*[0.05] * 100, None):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if wait is None or "locked" not in str(error):
                raise
            time.sleep(wait)
        else:
            return
