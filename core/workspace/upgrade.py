"""The catalog's schema number, and the upgrades from older schemas. Upgrades only add; no data is lost."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from core import scratch
from core.errors import DiskError, InputError
from core.workspace import catalog
from core.workspace.disk import disk_state, read_only_catalog
from core.workspace.ownership import catalog_copies

log = logging.getLogger("clientele")

NEWEST: Final = 5
"""Current schema number.

Schema 1 had no number, no audit trail, and no record of how a version was made. Schema 2 had no RFM maps, 3 no trained
models, and 4 neither the workspace's id, nor a model's training run, nor the replacements of jobs.
"""

_REJECTS: Final = pa.schema(
    [("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())]
)


def bring_up_to_date(engine: sa.Engine, folder: Path) -> None:
    """Create or upgrade the catalog's tables.

    Parameters
    ----------
    engine : Engine
        The catalog's engine.
    folder : Path
        The workspace's folder.

    Raises
    ------
    InputError
        If a newer Clientele made the workspace.

    Notes
    -----
    If several processes open a workspace at once, one upgrades it and the others wait. An upgrade is one transaction,
    so a process killed during it leaves the catalog unchanged. A copy of the older SQLite catalog stays beside it.
    """
    with engine.connect() as connection:
        number = schema_of(connection)
    if number != NEWEST:
        with catalog.writing(engine) as connection:
            _bring_up_to_date(connection, folder)


def to_read(folder: Path) -> sa.Engine:
    """Connect to an SQLite catalog for reading: in place if possible, else to an upgraded copy."""
    in_place = read_only_catalog.connect_in_place(folder)
    with suppress(DiskError), in_place.connect() as connection:
        if schema_of(connection) == NEWEST:
            return in_place
    with disk_state.disk_full_told(folder):
        copy = read_only_catalog.connect_to_copy(folder)
        bring_up_to_date(copy, folder)
    read_only_catalog.close_for_writing(copy)
    return copy


def schema_of(connection: sa.Connection) -> int:
    """Return the catalog's schema number; 0 if it has no tables yet.

    Raises
    ------
    InputError
        If it is newer than this code.
    """
    names = set(sa.inspect(connection).get_table_names())
    if catalog.schema_number.name not in names:
        return 1 if catalog.datasets.name in names else 0
    number = int(connection.scalars(sa.select(sa.func.max(catalog.schema_number.c.number))).one() or 1)
    if number > NEWEST:
        message = (
            f"The workspace has schema {number}, but this Clientele only supports schemas up to {NEWEST}. Update "
            "Clientele, or choose another workspace (CLIENTELE_WORKSPACE)."
        )
        raise InputError(message)
    return number


def _bring_up_to_date(connection: sa.Connection, folder: Path) -> None:
    """Run the missing upgrades, unless another process ran them while this one waited for the lock."""
    number = schema_of(connection)
    if number == NEWEST:
        return
    if number:
        _keep_copy(connection, number)
    _add_missing(connection)
    for step in range(max(number, 1), NEWEST if number else 1):
        STEPS[step](connection, folder)
    connection.execute(sa.delete(catalog.schema_number))
    connection.execute(sa.insert(catalog.schema_number).values(number=NEWEST))


def _keep_copy(connection: sa.Connection, number: int) -> None:
    """Copy an SQLite catalog before the upgrade, as readers see it until the transaction ends."""
    file = catalog_copies.file_of(connection.engine)
    if file is None:
        return
    copy = file.with_name(f"catalog-schema-{number}.sqlite")
    with scratch.unfinished_beside(copy) as unfinished:
        catalog_copies.write(file, unfinished)
        unfinished.replace(copy)


def _add_missing(connection: sa.Connection) -> None:
    """Add missing tables, columns and indices; added columns are nullable."""
    operations, inspector = Operations(MigrationContext.configure(connection)), sa.inspect(connection)
    known = set(inspector.get_table_names())
    for table in catalog.METADATA.sorted_tables:
        if table.name not in known:
            connection.execute(sa.schema.CreateTable(table))
            columns, indices = set(table.columns.keys()), set[str | None]()
        else:
            columns = {column["name"] for column in inspector.get_columns(table.name)}
            indices = {index["name"] for index in inspector.get_indexes(table.name)}
        for column in table.columns:
            if column.name not in columns:
                operations.add_column(table.name, sa.Column(column.name, column.type))
        for index in table.indexes:
            if index.name not in indices:
                names = [column.name for column in index.columns]
                operations.create_index(index.name, table.name, names, unique=index.unique)


def _with_rejects_table(connection: sa.Connection, folder: Path) -> None:
    """Upgrade 1 to 2: move rows that could not be split into columns from `quality.json` to `rejects.parquet`."""
    for name in connection.scalars(sa.select(catalog.versions.c.folder)).all():
        version = folder / "versions" / name
        try:
            _write_rejects(version)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, pa.ArrowException) as error:
            log.warning("Version folder %s was left unchanged: %s", version, error)


def _write_rejects(version: Path) -> None:
    details: dict[str, Any] = json.loads((version / "quality.json").read_text(encoding="utf-8"))
    rows = [
        {"file": row["file"], "line": row["row"], "reason": row["problem"], "text": row["text"]}
        for row in details.get("rejects", [])
    ]
    unfinished = version / "rejects.parquet.unfinished"
    pq.write_table(pa.Table.from_pylist(rows, schema=_REJECTS), unfinished, compression="zstd")
    unfinished.replace(version / "rejects.parquet")


def _with_what_is_missing(_connection: sa.Connection, _folder: Path) -> None:
    """Upgrade 2 to 3, 3 to 4 or 4 to 5: nothing to do, as the new tables and columns start empty."""


STEPS: Final[dict[int, Callable[[sa.Connection, Path], None]]] = {
    1: _with_rejects_table,
    2: _with_what_is_missing,
    3: _with_what_is_missing,
    4: _with_what_is_missing,
}
