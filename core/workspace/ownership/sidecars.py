"""A sidecar: a small file beside a version that says what the catalog says of it, so that a lost row can come back.

It is written after the commit. So one that tells of a version which the catalog does not know is no leftover of a
killed process: the catalog is an older one.
"""

import json
import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core import scratch
from core.workspace import catalog, folders

log = logging.getLogger("clientele")

_VERSIONS: Final = catalog.versions.c
_FOLDER: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_AT_ONCE: Final = 500  # names in one query
_DATES: Final = ("created_at", "deleted_at")

Sidecar = dict[str, dict[str, Any]]
"""Rows of the catalog in Python's own types: `dataset` and `version`."""


def names(workspace: Path) -> set[str]:
    """Folder names of the versions that have a sidecar."""
    with suppress(FileNotFoundError):
        return {path.stem for path in (workspace / "sidecars").iterdir() if path.suffix == ".json"}
    return set()


def read(workspace: Path, name: str) -> Sidecar | None:
    """What a version's sidecar says; None where it has none, or a damaged one."""
    try:
        said = json.loads(_path(workspace, name).read_text(encoding="utf-8"))
        if not (_FOLDER.fullmatch(name) and _ID.fullmatch(said["dataset"]["id"])):
            return None
        return {
            "dataset": _row(catalog.datasets, said["dataset"]),
            "version": {**_row(catalog.versions, said["version"]), "folder": name},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(workspace: Path, engine: sa.Engine, dataset_id: str) -> None:
    """Bring the sidecars of a dataset up to date; not within a transaction, since it waits for the disk.

    Where that fails, whoever opens the workspace next writes those that are missing.
    """
    try:
        _write(workspace, engine, _VERSIONS.dataset_id == dataset_id)
    except (OSError, sa.exc.SQLAlchemyError) as error:
        log.warning("The sidecars of dataset %s could not be written: %s", dataset_id, error)


def add_missing(workspace: Path, engine: sa.Engine) -> None:
    """Write the sidecars that are missing: of an older workspace, and those a killed process did not come to."""
    with engine.connect() as connection:
        known = set(connection.scalars(sa.select(_VERSIONS.folder)))
    missing = sorted(known - names(workspace))
    try:
        for start in range(0, len(missing), _AT_ONCE):
            _write(workspace, engine, _VERSIONS.folder.in_(missing[start : start + _AT_ONCE]))
    except OSError as error:
        log.warning("Sidecars could not be written: %s", error)


def forget(workspace: Path, folder_names: Iterable[str]) -> None:
    """Delete sidecars of versions that are about to be deleted or brought back, before the commit of that."""
    for name in folder_names:
        with suppress(OSError):
            _path(workspace, name).unlink()


def is_live(found: Sidecar | None) -> bool:
    """Whether a sidecar tells of a version that was not deleted."""
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
        text = json.dumps({"dataset": dict(datasets[row["dataset_id"]]), "version": dict(row)}, default=_plain)
        if not (path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text):
            scratch.write_whole(path, text, folders.new_unfinished(workspace))
            changed = True
    if changed:
        folders.sync_folder(workspace / "sidecars")


def _path(workspace: Path, name: str) -> Path:
    return workspace / "sidecars" / f"{Path(name).name}.json"


def _row(table: sa.Table, said: dict[str, Any]) -> dict[str, Any]:
    """A row from JSON, its types checked."""
    found = {}
    for column in table.columns:
        value = said.get(column.name)
        if value is None:
            if not column.nullable:
                raise ValueError(column.name)
        elif column.name in _DATES:
            value = catalog.in_utc(datetime.fromisoformat(value))
        elif not isinstance(column.type, sa.JSON) and type(value) is not column.type.python_type:
            raise TypeError(column.name)
        found[column.name] = value
    return found


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return catalog.in_utc(value).isoformat()
    raise TypeError(type(value))
