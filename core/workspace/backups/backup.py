"""Backup of a workspace in use to one file."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import scratch
from core.errors import InputError
from core.progress import Progress, nobody
from core.workspace import catalog, folders
from core.workspace.backups.archive import TABLES, ArchiveWriter
from core.workspace.backups.archive_rows import Rows, is_sound
from core.workspace.disk import disk_state
from core.workspace.store import Workspace


@dataclass(frozen=True, kw_only=True)
class Backup:
    """The content of a backup.

    Parameters
    ----------
    versions, datasets : int
        Numbers, without deleted ones.
    left_out : tuple of str
        Excluded content: versions without files, and invalid rows.
    """

    versions: int
    datasets: int
    left_out: tuple[str, ...]


def write_backup(workspace: Workspace, out: Path, progress: Progress = nobody) -> Backup:
    """Write all versions, segment models, RFM maps, remembered mappings and the audit trail to one file.

    Parameters
    ----------
    workspace : Workspace
        The workspace. Others may use it meanwhile, since rows are read in one snapshot, and files never change.
    out : Path
        The backup file; an older one is replaced once the new one is complete.
    progress : callable
        See `Progress`.

    Raises
    ------
    InputError, DiskError
        If the file cannot be written.
    """
    scratch.clear_unfinished(out.parent, [out.name])
    try:
        with scratch.unfinished_beside(out) as unfinished, _announced(workspace, unfinished):
            with unfinished.open("xb") as file:
                with ArchiveWriter(file) as archive:
                    found = _write(workspace, archive, progress)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(out)
            folders.sync_folder(out.parent)
    except OSError as error:
        message = f"{out}: the backup can't be written ({error.strerror}); choose another place."
        places = (disk_state.out_place(out), disk_state.workspace_place(workspace.folder))
        raise disk_state.explain(error, *places) or InputError(message) from error
    return found


@contextmanager
def _announced(workspace: Workspace, unfinished: Path) -> Iterator[None]:
    """Note the unfinished file, in case this process is killed; a full disk of the workspace is ignored."""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(folders.announced(workspace.folder, [unfinished]))
        yield


def _write(workspace: Workspace, archive: ArchiveWriter, progress: Progress) -> Backup:
    made_at = catalog.now()
    rows, left_out = _sound(_rows(workspace))
    there = [row for row in rows["versions"] if row["deleted_at"] is None]
    total, done = sum(_size(folders.version_of(workspace.folder, row["folder"])) for row in there) or 1, 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done / total, 1.0), "Copying versions")

    for row in there:
        if not _add_version(archive, folders.version_of(workspace.folder, row["folder"]), more):
            row["deleted_at"] = made_at
            left_out.append(f"version {row['version']} of the dataset “{row['dataset_id']}”")
    live = {row["dataset_id"] for row in there if row["deleted_at"] is None}
    for row in rows["datasets"]:
        row["deleted_at"] = row["deleted_at"] or (None if row["id"] in live else made_at)
    for name in ("segment_models", "rfm_maps"):
        rows[name] = [row for row in rows[name] if row["dataset_id"] in live]
    archive.finish(rows, made_at)
    versions = sum(row["deleted_at"] is None for row in there)
    return Backup(versions=versions, datasets=len(live), left_out=tuple(left_out))


def _rows(workspace: Workspace) -> Rows:
    with catalog.reading(workspace.catalog()) as connection:
        return {
            table.name: [_plain(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in TABLES
        }


def _sound(rows: Rows) -> tuple[Rows, list[str]]:
    """Return the valid rows, and a description of the others; one invalid row would make a restore fail."""
    kept: Rows = {}
    for table in TABLES:
        kept[table.name] = [row for row in rows[table.name] if is_sound(table, row)]
    known = {row["id"] for row in kept["datasets"]}
    for name in ("versions", "segment_models", "rfm_maps"):
        kept[name] = [row for row in kept[name] if row["dataset_id"] in known]
    lost = {name: len(rows[name]) - len(kept[name]) for name in rows}
    return kept, [f"{count} damaged rows of the catalog's table “{name}”" for name, count in lost.items() if count]


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:
        return 0


def _add_version(archive: ArchiveWriter, folder: Path, more: Callable[[int], None]) -> bool:
    """Copy a folder, opening all files before copying any, so that it is complete or excluded."""
    with ExitStack() as files:
        try:
            sources = {path.name: files.enter_context(path.open("rb")) for path in sorted(folder.iterdir())}
        except FileNotFoundError:
            return False
        for name, source in sources.items():
            archive.add(f"versions/{folder.name}/{name}", source, more)
    return True
