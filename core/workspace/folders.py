"""Folders of versions on disk: whole or not there, also after a power cut or on a full disk."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from core.workspace import catalog
from core.workspace.disk import disk_full_told as disk_full_told  # noqa: PLC0414  also found here
from core.workspace.disk import is_disk_full as is_disk_full  # noqa: PLC0414  also found here
from core.workspace.disk import says_disk_full as says_disk_full  # noqa: PLC0414  also found here

LEFTOVER_SECONDS: Final = 24 * 3600  # no import takes that long
_FOLDERS: Final = ("versions", "unfinished", "uploads")


def make_folders(workspace: Path) -> None:
    """Make the folders of a workspace where they are missing."""
    for name in _FOLDERS:
        (workspace / name).mkdir(parents=True, exist_ok=True)


def clear_empty(workspace: Path) -> None:
    """Delete what is left of a workspace that could not be made; what holds anything stays."""
    with suppress(OSError):
        for path in workspace.glob(f"{catalog.FILE}*"):
            if not path.stat().st_size:
                path.unlink()
        if not (workspace / catalog.FILE).exists():
            (workspace / "reserve").unlink(missing_ok=True)
            for name in _FOLDERS:
                (workspace / name).rmdir()
            workspace.rmdir()


def sync(folder: Path) -> None:
    """Have all that is in a folder on disk, so that a power cut cannot leave a committed version half written."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            sync(path)
            continue
        with path.open("r+b") as written:  # Windows syncs only what is open for writing
            os.fsync(written.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    if os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(unfinished: Path, final: Path) -> None:
    """Move a whole folder among the versions; its age counts from now, see `clear_leftovers`."""
    sync(unfinished)
    os.utime(unfinished)
    unfinished.rename(final)
    sync_folder(final.parent)


def link_files(source: Path, target: Path) -> None:
    """Have the files of a version in another folder: the same ones, which never change, or copies of them."""
    for path in sorted(source.iterdir()):
        try:
            (target / path.name).hardlink_to(path)
        except OSError:  # not every file system has links
            shutil.copyfile(path, target / path.name)


def discard(folder: Path, workspace: Path) -> None:
    """Delete a version's folder; others see it whole or not at all."""
    away = workspace / "unfinished" / uuid4().hex
    try:
        folder.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away, ignore_errors=True)


def results_of(workspace: Path, dataset_id: str, version: int) -> Path:
    """Folder of what long work made of a version, see `core.workspace.results`."""
    return workspace / "results" / f"{dataset_id}-{version}"


def models_of(workspace: Path, dataset_id: str) -> Path:
    """Folder of the models that were trained on a dataset, see `core.models.registry`."""
    return workspace / "models" / dataset_id


def clear_leftovers(workspace: Path, engine: sa.Engine) -> None:
    """Delete what a process that was killed left a day ago or longer: unfinished folders, and versions in no catalog.

    A process that is committing does so under the same lock and has moved its folder less than a day ago.
    """
    for unfinished in _old(workspace / "unfinished"):
        shutil.rmtree(unfinished, ignore_errors=True)
    if not _unknown(workspace, engine):
        return
    with catalog.writing(engine) as connection:
        for folder in _unknown(workspace, connection):
            discard(folder, workspace)


def _unknown(workspace: Path, engine: sa.Engine | sa.Connection) -> list[Path]:
    """Old folders among the versions that no catalog row stands for."""
    old = list(_old(workspace / "versions"))
    if not old:
        return []
    query = sa.select(catalog.versions.c.folder).where(catalog.versions.c.deleted_at.is_(None))
    if isinstance(engine, sa.Connection):
        known = set(engine.scalars(query))
    else:
        with engine.connect() as connection:
            known = set(connection.scalars(query))
    return [folder for folder in old if folder.name not in known]


def _old(parent: Path) -> Iterator[Path]:
    for folder in parent.iterdir():
        with suppress(FileNotFoundError):  # finished or deleted by another process meanwhile
            if time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS:
                yield folder
