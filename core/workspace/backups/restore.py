"""Restore of missing data from a backup; existing data is never overwritten."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from core.errors import ConflictError, InputError
from core.progress import Progress, nobody
from core.workspace import audit, catalog, folders
from core.workspace.backups.archive import ArchiveReader, DamagedArchiveError, opened
from core.workspace.backups.archive_rows import Meanings
from core.workspace.checked_paths import inside
from core.workspace.disk import disk_state
from core.workspace.ownership import quarantine, sidecars
from core.workspace.records import By
from core.workspace.store import Workspace

_AUDIT: Final = ("who", "action", "dataset_id", "version")
_SQL: Final = catalog.versions.c
_OWNED: Final = {"folder": "folder", "import_id": "import"}
_MEANWHILE: Final = "Someone else changed the workspace at the same time; nothing was changed. Try again."


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """The outcome of a restore.

    Parameters
    ----------
    versions : int
        Number of restored versions.
    there : int
        Number of the backup's versions that the workspace already had.
    """

    versions: int
    there: int


def restore_backup(
    workspace: Workspace,
    file: Path,
    by: By,
    progress: Progress = nobody,
    meanings: Meanings = MappingProxyType({}),
) -> Recovered:
    """Check a whole backup, then add what the workspace lacks; on any error, nothing changes.

    Parameters
    ----------
    workspace : Workspace
        The workspace. Deleted versions and datasets are restored under their number or id.
    file : Path
        The backup, see `core.workspace.backups.archive`.
    by : By
        Author of the change.
    progress : callable
        See `core.workspace.backups.backup.Progress`.
    meanings : Meanings
        Parsers of row content, see `core.workspace.backups.archive_rows.Meanings`; rows they reject are errors.

    Raises
    ------
    InputError
        If the file isn't a backup, is damaged or from a newer program, or if a version in it differs from the one of
        that number in the workspace.
    ConflictError
        If others have changed the workspace meanwhile.
    DiskFullError
    """
    scratch = folders.new_unfinished(workspace.folder)
    try:
        with opened(file, meanings) as archive, disk_state.disk_full_told(workspace.folder):
            lacking = _lacking(workspace, archive, compare=True)
            _extract(archive, {row["folder"] for row in lacking}, scratch, progress)
            _add(workspace, archive, lacking, scratch, by)
            live = sum(row["deleted_at"] is None for row in archive.rows["versions"])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Recovered(versions=len(lacking), there=live - len(lacking))


def _lacking(workspace: Workspace, archive: ArchiveReader, *, compare: bool) -> list[dict[str, Any]]:
    """Return the backup's version rows whose files the workspace lacks, optionally comparing the others.

    Raises
    ------
    InputError
        If the workspace has a different version of the same number.
    """
    with workspace.catalog().connect() as connection:
        rows = connection.execute(sa.select(catalog.versions)).mappings().all()
    known = {(row["dataset_id"], row["version"]): row for row in rows}
    _check_names(archive, rows)
    simulated = {row["id"] for row in archive.rows["datasets"] if row["simulated"]}
    lacking = []
    for row in archive.rows["versions"]:
        files = archive.folder(row["folder"])
        if not files and row["deleted_at"] is None:
            raise DamagedArchiveError(row["folder"])
        mine = known.get((row["dataset_id"], row["version"]))
        if mine is None or mine["folder"] == row["folder"]:
            folder = folders.version_of(workspace.folder, row["folder"])
            complete = folder.is_dir() and all((folder / name).is_file() for name in files)
            there = mine is not None and mine["deleted_at"] is None and complete
            if row["deleted_at"] is None and not there:
                lacking.append(row)
            same = not there or not compare or row["deleted_at"] is not None or _sums(folder) == files
        elif row["dataset_id"] in simulated:  # each workspace creates its own demo shop
            same = mine["report"] == row["report"]
        else:
            same = mine["deleted_at"] is not None and row["deleted_at"] is not None
        if not same:
            raise InputError(_other(f"version {row['version']}", row["dataset_id"]))
    return lacking


def _check_names(archive: ArchiveReader, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Check that the backup's folders and import ids don't belong to other versions of the workspace.

    Raises
    ------
    InputError
    """
    for name in ("folder", "import_id"):
        mine = {row[name]: (row["dataset_id"], row["version"]) for row in rows if row[name] is not None}
        for row in archive.rows["versions"]:
            owner = mine.get(row[name], (row["dataset_id"], row["version"]))
            if owner != (row["dataset_id"], row["version"]):
                message = (
                    f"In the workspace, version {owner[1]} of the dataset “{owner[0]}” has the same {_OWNED[name]} as "
                    f"version {row['version']} of the dataset “{row['dataset_id']}” in the backup; nothing was "
                    "changed. Restore into an empty workspace with --workspace DIR."
                )
                raise InputError(message)


def _extract(archive: ArchiveReader, wanted: set[str], scratch: Path, progress: Progress) -> None:
    """Check the SHA-256 sum of every file, and copy the files of the wanted folders."""
    total, done = sum(info["bytes"] for info in archive.files.values()) or 1, 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done / total, 1.0), "Checking and copying versions")

    scratch.mkdir()
    for name in archive.files:
        _, folder, file = name.split("/")
        if folder not in wanted:
            archive.read(name, None, more)
            continue
        inside(scratch, folder).mkdir(exist_ok=True)
        with inside(scratch, folder, file).open("xb") as target:
            archive.read(name, target, more)


def _add(workspace: Workspace, archive: ArchiveReader, lacking: list[dict[str, Any]], scratch: Path, by: By) -> None:
    """Move the folders into place, then add their rows in one transaction, with slow disk work outside it."""
    finals = [folders.version_of(workspace.folder, row["folder"]) for row in lacking]
    folders.sync(scratch)
    moved: list[Path] = []
    with folders.announced(workspace.folder, finals):
        try:
            known = _move(workspace, archive, lacking, scratch, moved)
            folders.sync_folder(workspace.folder / "versions")
            with catalog.writing(workspace.catalog()) as connection:
                _check_moved(connection, known, finals)
                _add_rows(connection, archive, lacking, by)
                sidecars.forget(workspace.folder, [final.name for final in finals])
        except BaseException as error:
            for final in moved:
                if not workspace.may_know(final.name):  # an interrupted process may have committed
                    folders.discard(final, workspace.folder)
            if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):  # contradictory rows
                raise DamagedArchiveError from error
            raise
    sidecars.add_missing(workspace.folder, workspace.catalog())


def _move(
    workspace: Workspace, archive: ArchiveReader, lacking: list[dict[str, Any]], scratch: Path, moved: list[Path]
) -> list[tuple[Any, ...]]:
    """Move the folders into place, adding new ones to `moved`, and return the catalog's current versions.

    The folders are on disk before their rows are added; `_add` checks that these still match.
    """
    with catalog.writing(workspace.catalog()) as connection:  # no other process moves or clears them meanwhile
        _check_still(workspace, archive, lacking)
        for row in lacking:
            final = folders.version_of(workspace.folder, row["folder"])
            if final.is_dir() and _sums(final) == archive.folder(row["folder"]):  # only the catalog was lost
                continue
            if final.exists() and not quarantine.put(workspace.folder, final, "a backup has a complete copy"):
                raise ConflictError(_MEANWHILE)
            folders.move(scratch / row["folder"], final)
            moved.append(final)
        return _known(connection)


def _check_moved(connection: sa.Connection, known: list[tuple[Any, ...]], finals: list[Path]) -> None:
    if _known(connection) != known or not all(final.is_dir() for final in finals):
        raise ConflictError(_MEANWHILE)


def _known(connection: sa.Connection) -> list[tuple[Any, ...]]:
    query = sa.select(_SQL.dataset_id, _SQL.version, _SQL.folder, _SQL.deleted_at).order_by(_SQL.folder)
    return [tuple(row) for row in connection.execute(query)]


def _check_still(workspace: Workspace, archive: ArchiveReader, lacking: list[dict[str, Any]]) -> None:
    if _lacking(workspace, archive, compare=False) != lacking:
        raise ConflictError(_MEANWHILE)


def _add_rows(connection: sa.Connection, archive: ArchiveReader, lacking: list[dict[str, Any]], by: By) -> None:
    rows = archive.rows
    _insert_new(connection, catalog.datasets, rows["datasets"])
    _insert_new(connection, catalog.versions, rows["versions"])
    for row in lacking:
        this = (_SQL.dataset_id == row["dataset_id"], _SQL.version == row["version"])
        connection.execute(sa.update(catalog.versions).where(*this).values(deleted_at=None))
        back = catalog.datasets.c.id == row["dataset_id"]
        connection.execute(sa.update(catalog.datasets).where(back).values(deleted_at=None))
    table = catalog.datasets
    live = set(connection.scalars(sa.select(table.c.id).where(table.c.deleted_at.is_(None))))
    _insert_new(
        connection,
        catalog.segment_models,
        [row for row in rows["segment_models"] if row["dataset_id"] in live],
        same=lambda mine, row: mine["model"] == row["model"],
    )
    maps = [row for row in rows["rfm_maps"] if row["dataset_id"] in live]
    _insert_new(connection, catalog.rfm_maps, maps)  # existing maps of the same name stay unchanged
    _insert_new(connection, catalog.remembered, rows["remembered_mappings"])
    _add_audit(connection, rows["audit"])
    for row in lacking:
        audit.record(connection, by, "recover", row["dataset_id"], row["version"])


def _insert_new(
    connection: sa.Connection,
    table: sa.Table,
    rows: list[dict[str, Any]],
    same: Callable[[Any, dict[str, Any]], bool] = lambda _mine, _row: True,
) -> None:
    """Insert the rows with new keys.

    Raises
    ------
    InputError
        If a row with the same key exists and differs.
    """
    keys = [column.name for column in table.primary_key]
    mine = {tuple(row[key] for key in keys): row for row in connection.execute(sa.select(table)).mappings()}
    for row in rows:
        known = mine.get(tuple(row[key] for key in keys))
        if known is None:
            connection.execute(sa.insert(table).values(row))
        elif not same(known, row):
            raise InputError(_other(f"segment model {row['model_version']}", row["dataset_id"]))


def _add_audit(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Insert missing rows of the audit trail, with new ids."""

    def key(row: Any) -> tuple[Any, ...]:
        return (catalog.in_utc(row["at"]), *(row[name] for name in _AUDIT))

    mine = {key(row) for row in connection.execute(sa.select(catalog.audit)).mappings()}
    for row in rows:
        if key(row) not in mine:
            values = {name: value for name, value in row.items() if name != "id"}
            connection.execute(sa.insert(catalog.audit).values(values))


def _sums(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _other(what: str, dataset_id: str) -> str:
    return (
        f"In the workspace, {what} of the dataset “{dataset_id}” differs from the backup, or its files are damaged; "
        "nothing was changed. Delete it and restore again, or restore into an empty workspace with "
        "--workspace DIR."
    )
