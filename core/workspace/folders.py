"""Folders of versions on disk: whole or not there, also after a power cut or on a full disk."""

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
"""How a note begins that says what a process is about to put outside `unfinished`, see `announced`."""


def make_folders(workspace: Path) -> None:
    """Make the folders of a workspace where they are missing."""
    for name in ("versions", "unfinished", "uploads", "sidecars"):
        (workspace / name).mkdir(parents=True, exist_ok=True)


def entries(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing where it is none."""
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def clear_empty(workspace: Path) -> None:
    """Delete what is left of a workspace that could not be made; what holds anything stays."""
    with suppress(OSError):
        file = workspace / catalog.FILE
        if file.exists() and file.stat().st_size:
            return  # somebody's catalog: its log may be empty, and in use
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
    """Give the path of something unfinished that nobody else uses; its name says which process makes it."""
    return workspace / "unfinished" / scratch.new_name()


@contextmanager
def unfinished_folder(workspace: Path) -> Iterator[Path]:
    """Give a folder for a while, which is gone at the end of the block."""
    folder = new_unfinished(workspace)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def announced(workspace: Path, paths: Iterable[Path]) -> Iterator[None]:
    """Note on disk what is about to be put outside `unfinished`, until the end of the block.

    Where this process is killed within the block, whoever opens the workspace next finds the note, and sets aside what
    the catalog does not know of it.
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
    """Have all that is in a folder on disk, so that a power cut cannot leave a committed version half written."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            sync(path)
            continue
        with path.open("r+b") as written:  # Windows syncs only what is open for writing
            sync_file(written)
    sync_folder(folder)


def sync_file(written: BinaryIO) -> None:
    """Have an open file on disk."""
    os.fsync(written.fileno())


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
    """Have a whole folder on disk and move it to its place. It waits for the disk: not within a transaction."""
    sync(unfinished)
    move(unfinished, final)
    sync_folder(final.parent)


def move(unfinished: Path, final: Path) -> None:
    """Move a folder that is on disk to its place; its age counts from now, see `core.workspace.ownership.leftovers`."""
    os.utime(unfinished)
    unfinished.rename(final)


def link_files(source: Path, target: Path) -> None:
    """Have the files of a version in another folder: the same ones, which never change, or copies of them."""
    for path in sorted(source.iterdir()):
        try:
            (target / path.name).hardlink_to(path)
        except OSError:  # not every file system has links
            shutil.copyfile(path, target / path.name)


def discard(folder: Path, workspace: Path) -> None:
    """Delete a version's folder; others see it whole or not at all."""
    away = new_unfinished(workspace)
    try:
        folder.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away, ignore_errors=True)


def results_of(workspace: Path, dataset_id: str, version: int) -> Path:
    """Folder of what long work made of a version, see `core.workspace.stored_results`."""
    return inside(workspace / "results", f"{dataset_id}-{version}")


def models_of(workspace: Path, dataset_id: str) -> Path:
    """Folder of the models that were trained on a dataset, see `core.models.training.model_registry`."""
    return inside(workspace / "models", dataset_id)


def version_of(workspace: Path, folder: str) -> Path:
    """Folder of a version by its name in the catalog."""
    return inside(workspace / "versions", folder)
