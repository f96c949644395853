"""The catalog: what datasets, versions and segment models there are. A row in it is the commit."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

_METADATA: Final = sa.MetaData()

datasets: Final = sa.Table(
    "datasets",
    _METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),  # ISO 4217; empty where the shop did not say
    sa.Column("timezone", sa.String(64), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),  # its row stays, so that its id is never used again
)

versions: Final = sa.Table(
    "versions",
    _METADATA,
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("folder", sa.String(80), nullable=False, unique=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Column("action", sa.String(16)),  # create, append, replace or restore
    sa.Column("who", sa.String(200)),
    sa.Column("base", sa.Integer),  # the version it was made from
    sa.Column("sources", sa.JSON),  # of each file: name, sha256 of its content, bytes, how it was read
    sa.Column("import_id", sa.String(32), unique=True),  # of the import that made it: a second try finds it
    sa.Column("deleted_at", sa.DateTime(timezone=True)),  # its row stays, so that its number is never used again
)

segment_models: Final = sa.Table(
    "segment_models",
    _METADATA,
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), primary_key=True),
    sa.Column("model_version", sa.Integer, primary_key=True),
    sa.Column("fitted_on", sa.Integer, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("model", sa.JSON, nullable=False),
)

audit: Final = sa.Table(
    "audit",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("dataset_id", sa.String(32), index=True),
    sa.Column("version", sa.Integer),
    sa.Column("details", sa.JSON, nullable=False),
)

jobs: Final = sa.Table(
    "jobs",
    _METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("dataset_id", sa.String(32)),
    sa.Column("state", sa.String(16), nullable=False, index=True),  # queued, running, done, failed or cancelled
    sa.Column("progress", sa.Float, nullable=False, default=0.0),  # 0 to 1
    sa.Column("message", sa.String(300), nullable=False, default=""),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.Text),
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
    _METADATA,
    sa.Column("signature", sa.String(64), primary_key=True),  # of a file's headers
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("file", sa.String(300), nullable=False),  # the file it was chosen for
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


def open_catalog(url: str, folder: Path) -> sa.Engine:
    """Connect to the catalog and make its tables where they are missing.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; empty for SQLite in `folder`.
    folder : Path
        The workspace.

    Notes
    -----
    SQLite runs with a write-ahead log, so that readers and one writer do not wait for each other, and waits up to
    30 seconds for another writer.
    """
    engine = sa.create_engine(url or f"sqlite:///{folder / 'catalog.sqlite'}")
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    with engine.begin() as connection:  # IF NOT EXISTS, for another process may be making them
        for table in _METADATA.sorted_tables:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    return engine


def now() -> datetime:
    """The time in UTC, for the catalog's own records."""
    return datetime.now(UTC)


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for statement in ("PRAGMA busy_timeout=30000", "PRAGMA foreign_keys=ON"):
        cursor.execute(statement)
    _log_ahead(cursor)
    cursor.close()


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    """Switch to a write-ahead log. SQLite does not wait for this, so those who open a new catalog at once try again."""
    for wait in (*[0.05] * 100, None):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return
