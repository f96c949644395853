"""Diagnosis of damaged version files, run after something failed to read them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ClienteleError, InputError, NotFoundError
from core.schema import ORDERS
from core.workspace.reader import WorkspaceReader
from core.workspace.records import Version

DETAILS: Final = "quality.json"
_TABLES: Final = ("rows.parquet", "orders.parquet", "returns.parquet", "product_days.parquet")
_REPORT: Final = ("rows_read", "rows_kept", "removed", "customers", "orders", "revenue", "first_order", "last_order")
_COLUMNS: Final = {"orders.parquet": frozenset(ORDERS), "returns.parquet": frozenset(ORDERS)}
_MEMORY: Final = "1GB"


class DamagedVersionError(InputError):
    """A missing or damaged file of a version."""


def damage_of(version: Version) -> str | None:
    """Describe the damage of a version's files and the remedy; return None if all can be read.

    Slow, since it reads every file completely; use it after something has failed.
    """
    folder = version.folder
    if not folder.is_dir():
        return _sentence(version, "its folder is missing")
    for name in _TABLES:
        if what := _table_damage(folder / name):
            return _sentence(version, f"{name} {what}")
    if what := _details_damage(folder / DETAILS):
        return _sentence(version, f"{DETAILS} {what}")
    rejects = folder / "rejects.parquet"
    if rejects.exists() and (what := _table_damage(rejects)):  # older versions have none
        return _sentence(version, f"{rejects.name} {what}")
    return None


@contextmanager
def damage_told(workspace: WorkspaceReader, *versions: Version) -> Iterator[None]:
    """Turn errors of reading versions into messages, if damaged files are the cause.

    Raises
    ------
    DamagedVersionError
    NotFoundError
        If a version has been deleted.
    """
    try:
        yield
    except (ClienteleError, MemoryError):
        raise
    except Exception as error:
        for version in versions:
            if reason := why(workspace, version.dataset_id, version.version):
                raise reason from error
        raise


def why(workspace: WorkspaceReader, dataset_id: str, version: int) -> ClienteleError | None:
    """Return why a version can't be read: it was deleted, or its files are damaged; None if neither."""
    try:
        found = workspace.version(dataset_id, version)
    except NotFoundError as error:
        return error
    damage = damage_of(found)
    return DamagedVersionError(damage) if damage else None


def _sentence(version: Version, what: str) -> str:
    return (
        f"Version {version.version} of the dataset “{version.dataset_id}” is damaged: {what}. On the page Versions, "
        "restore an earlier version, or delete this one and restore it from a backup with "
        "`python -m core restore FILE`."
    )


def _table_damage(path: Path) -> str:
    """Describe the damage of a Parquet file; empty if there is none."""
    if not path.is_file():
        return "is missing"
    try:
        file = pq.ParquetFile(path)
        if not _COLUMNS.get(path.name, frozenset()) <= set(file.schema_arrow.names):
            return "lacks required columns"
        for group in range(file.num_row_groups):
            file.read_row_group(group)
        with duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1}) as connection:
            connection.execute("SELECT max(hash(found)) FROM read_parquet(?) found", [str(path)]).fetchall()
    except (OSError, ValueError, KeyError, pa.ArrowException, duckdb.Error):
        return "cannot be read: it was cut short or changed"
    return ""


def _details_damage(path: Path) -> str:
    """Describe the damage of a version's details file; empty if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError, RecursionError):
        return "cannot be read: it was cut short or changed"
    if not isinstance(found, dict) or not set(_REPORT) <= set(found):
        return "lacks required content"
    return ""
