"""Version folders on disk, complete or absent even after a power cut or on a full disk."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from core import scratch
from core.workspace import catalog
from core.workspace.checked_paths import inside

NAMES: Final = ("versions", "unfinished", "uploads", "results", "models", "sidecars", "quarantine", "copies")
"""Folders of a workspace."""

MOVES: Final = "moves-"
"""Prefix of the notes made by `announced`."""


def make_folders(workspace: Path) -> None:
    """Create the missing folders of a workspace."""
    for name in ("versions", "unfinished", "uploads", "sidecars"):
        (workspace / name).mkdir(parents=True, exist_ok=True)


def entries(folder: Path) -> list[Path]:
    """Return the entries of a folder, sorted by name; empty if it doesn't exist."""
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def clear_empty(workspace: Path) -> None:
    """Delete the empty remains of a workspace that could not be created."""
    with suppress(OSError):
        file = workspace / catalog.FILE
        if file.exists() and file.stat().st_size:
            return  # a catalog in use, whose log may be empty
        for path in workspace.glob(f"{catalog.FILE}*"):
            if not path.stat().st_size:
                path.unlink()
        if not (workspace / catalog.FILE).exists():
            (workspace / "reserve").unlink(missing_ok=True)
            for name in NAMES:
                with suppress(FileNotFoundError):
                    (workspace / name).rmdir()
            workspace.rmdir()


def new_unfinished(workspace: Path) -> Path:
    """Return a unique path for unfinished work, named after this process."""
    return workspace / "unfinished" / scratch.new_name()


@contextmanager
def unfinished_folder(workspace: Path) -> Iterator[Path]:
    """Yield a temporary folder, and delete it at the end of the block."""
    folder = new_unfinished(workspace)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def announced(workspace: Path, paths: Iterable[Path]) -> Iterator[None]:
    """Write a note of paths about to be created outside `unfinished`, kept until the end of the block.

    If this process is killed within the block, the next one to open the workspace finds the note, and quarantines those
    that the catalog doesn't list.
    """
    note = workspace / "unfinished" / scratch.new_name(MOVES)
    inside = [path.relative_to(workspace) if path.is_relative_to(workspace) else path.absolute() for path in paths]
    try:
        note.write_text(json.dumps([str(path) for path in inside]), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def sync(folder: Path) -> None:
    """Flush a folder to disk, so that a power cut can't leave a committed version half written."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            sync(path)
            continue
        with path.open("r+b") as written:  # Windows only syncs files open for writing
            sync_file(written)
    sync_folder(folder)


def sync_file(written: BinaryIO) -> None:
    """Flush an open file to disk."""
    os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk."""
    if os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(unfinished: Path, final: Path) -> None:
    """Flush a folder to disk and move it to its final place. Slow, so don't call it within a transaction."""
    sync(unfinished)
    move(unfinished, final)
    sync_folder(final.parent)


def move(unfinished: Path, final: Path) -> None:
    """Move a flushed folder to its final place and reset its age, see `core.workspace.ownership.leftovers`."""
    os.utime(unfinished)
    unfinished.rename(final)


def link_files(source: Path, target: Path) -> None:
    """Hard-link a version's files, which never change, into another folder, or copy them."""
    for path in sorted(source.iterdir()):
        try:
            (target / path.name).hardlink_to(path)
        except OSError:  # not every file system has hard links
            shutil.copyfile(path, target / path.name)


def discard(folder: Path, workspace: Path) -> None:
    """Delete a folder atomically: others see all of it or nothing."""
    away = new_unfinished(workspace)
    try:
        folder.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away, ignore_errors=True)


def results_of(workspace: Path, dataset_id: str, version: int) -> Path:
    """Return the folder of a version's stored results, see `core.workspace.stored_results`."""
    return inside(workspace / "results", f"{dataset_id}-{version}")


def models_of(workspace: Path, dataset_id: str) -> Path:
    """Return the folder of a dataset's models, see `core.models.training.model_registry`."""
    return inside(workspace / "models", dataset_id)


def version_of(workspace: Path, folder: str) -> Path:
    """Return a version's folder, given its name in the catalog."""
    return inside(workspace / "versions", folder)
