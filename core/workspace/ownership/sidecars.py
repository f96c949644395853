"""Sidecars: small files with a version's catalog rows, so that lost rows can be restored.

They are written after the commit. So if the catalog lacks a version with a sidecar, the version isn't a leftover of a
killed process: the catalog is an older one.
"""

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core import scratch
from core.errors import DiskError
from core.workspace import catalog, folders
from core.workspace.backups.archive_rows import WrongRowError, row_of

log = logging.getLogger("clientele")

_VERSIONS: Final = catalog.versions.c
_AT_ONCE: Final = 500  # names in one query

Sidecar = dict[str, dict[str, Any]]
"""Rows of the catalog in Python's own types: `dataset` and `version`."""


def names(workspace: Path) -> set[str]:
    """Return the folder names of the versions with a sidecar."""
    with suppress(FileNotFoundError):
        return {path.stem for path in (workspace / "sidecars").iterdir() if path.suffix == ".json"}
    return set()


def read(workspace: Path, name: str) -> Sidecar | None:
    """Read a version's sidecar; return None if it is missing or damaged."""
    try:
        values = json.loads(_path(workspace, name).read_text(encoding="utf-8"))
        dataset = row_of(catalog.datasets, values["dataset"], 0, older=True)
        version = row_of(catalog.versions, {**values["version"], "folder": name}, 0, older=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, WrongRowError):
        return None
    return {"dataset": dataset, "version": version} if version["dataset_id"] == dataset["id"] else None


def write(workspace: Path, engine: sa.Engine, dataset_id: str) -> None:
    """Update the sidecars of a dataset; slow, so don't call it within a transaction.

    If it fails, the next process to open the workspace writes the missing ones.
    """
    try:
        _write(workspace, engine, _VERSIONS.dataset_id == dataset_id)
    except (OSError, sa.exc.SQLAlchemyError, DiskError) as error:
        log.warning("The sidecars of dataset %s could not be written: %s", dataset_id, error)


def add_missing(workspace: Path, engine: sa.Engine) -> None:
    """Write missing sidecars, of older workspaces or killed processes."""
    with engine.connect() as connection:
        known = set(connection.scalars(sa.select(_VERSIONS.folder)))
    missing = sorted(known - names(workspace))
    try:
        for start in range(0, len(missing), _AT_ONCE):
            _write(workspace, engine, _VERSIONS.folder.in_(missing[start : start + _AT_ONCE]))
    except (OSError, DiskError) as error:
        log.warning("Sidecars could not be written: %s", error)


def forget(workspace: Path, folder_names: Iterable[str]) -> None:
    """Delete sidecars of versions about to be deleted or restored, before that is committed."""
    for name in folder_names:
        with suppress(OSError):
            _path(workspace, name).unlink()


def is_live(found: Sidecar | None) -> bool:
    """Return whether a sidecar describes a version that was not deleted."""
    return found is not None and found["version"]["deleted_at"] is None


def _write(workspace: Path, engine: sa.Engine, which: sa.ColumnElement[bool]) -> None:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(catalog.versions).where(which)).mappings().all()
        wanted = catalog.datasets.c.id.in_({row["dataset_id"] for row in rows})
        datasets = {row["id"]: row for row in connection.execute(sa.select(catalog.datasets).where(wanted)).mappings()}
    (workspace / "sidecars").mkdir(exist_ok=True)
    changed = False
    for row in rows:
        path = _path(workspace, row["folder"])
        text = json.dumps({"dataset": dict(datasets[row["dataset_id"]]), "version": dict(row)}, default=catalog.as_json)
        if not (path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text):
            scratch.write_whole(path, text, folders.new_unfinished(workspace))
            changed = True
    if changed:
        folders.sync_folder(workspace / "sidecars")


def _path(workspace: Path, name: str) -> Path:
    return workspace / "sidecars" / f"{Path(name).name}.json"
