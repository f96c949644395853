"""Staged files: stored on disk and read once, with the result stored next to them until import."""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.ingest.apart.sandbox import Limits
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.reading_apart import read_apart
from core.progress import Progress, nobody
from core.scratch import new_name, owner_of
from core.settings import Settings
from core.workspace.checked_paths import below, inside, shown
from core.workspace.disk.disk_state import disk_full_told
from core.workspace.store import Workspace

KEPT_SECONDS: Final = 3 * 24 * 3600
"""Age at which staged files are deleted if not imported; long enough to upload on Friday and import on Monday."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_RESULT: Final = "tables.json"
_PATIENCE_SECONDS: Final = 20.0
_SPARE_SECONDS: Final = 600.0  # grace period for a reader that is being stopped


@dataclass(frozen=True, kw_only=True)
class StagedFile:
    """A staged file after reading.

    Parameters
    ----------
    staged : str
        Its name in the staging area.
    sha256 : str
        Hash of its content.
    size : int
        Size in bytes.
    tables : tuple of RawTable
        Its tables.
    """

    staged: str
    sha256: str
    size: int
    tables: tuple[RawTable, ...]


def staged_folder(workspace: Workspace, staged: str) -> Path:
    """Return the folder of a staged file; its content is in `original`.

    Raises
    ------
    InputError
        If the name isn't valid.
    """
    if not _NAME.fullmatch(staged):
        message = f"“{shown(staged)}” isn't a valid name in the staging area. Start again on the page Upload."
        raise InputError(message)
    return inside(workspace.folder / "uploads", staged)


def lies_in(folder: Path, table: RawTable) -> RawTable:
    """Return a table unchanged if its files really lie in a folder.

    Raises
    ------
    InputError
        If a path leads elsewhere, such as through a link.
    """
    for path in (table.path, table.rejects_path):
        if path is not None:
            below(folder, path)
    return table


def limits_of(settings: Settings) -> Limits:
    """Return the limits for reading a file, shared with others read for the same workspace."""
    return Limits(
        memory_gb=settings.read_memory_gb,
        query_memory_gb=settings.query_memory_gb,
        minutes=settings.read_minutes,
        disk_gb=settings.read_disk_gb,
        workspace=settings.workspace,
        at_once=settings.read_at_once,
    )


def limits_of_page(settings: Settings) -> Limits:
    """Return these limits with little patience, so that a waiting user soon learns if too many files are being read."""
    return replace(limits_of(settings), patience_seconds=_PATIENCE_SECONDS)


def read_before(workspace: Workspace, staged: str, options: ReadOptions) -> StagedFile | None:
    """Return what was read of a staged file under these options; None if it wasn't read yet."""
    result = staged_folder(workspace, staged) / _read_name(options) / _RESULT
    if not result.exists():
        return None
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    tables = tuple(lies_in(result.parent.parent, RawTable.from_json(table)) for table in found["tables"])
    return StagedFile(staged=staged, sha256=found["sha256"], size=found["size"], tables=tables)


def read_staged(
    workspace: Workspace,
    settings: Settings,
    staged: str,
    name: str,
    options: ReadOptions,
    progress: Progress = nobody,
    *,
    limits: Limits | None = None,
) -> StagedFile:
    """Read a staged file in a child process, once per set of options; later calls return the stored result.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Workspace with the file, and limits for reading.
    staged, name : str
        Its name in the staging area, and its name for the user.
    options : ReadOptions
        The user's choices.
    progress : callable
        See `core.progress.Progress`.
    limits : Limits, optional
        Limits to use if a user waits; by default those of the settings.

    Raises
    ------
    InputError
        If it can't be read or no longer exists.
    DiskFullError
    """
    if (before := read_before(workspace, staged, options)) is not None:
        return before
    folder = staged_folder(workspace, staged)
    original = folder / "original"
    if not original.exists():
        message = f"{name} is no longer in the staging area. Upload it again."
        raise InputError(message)
    with disk_full_told(workspace.folder):
        _read(settings, SourceFile(name=name, path=original), options, progress, limits)
    read = read_before(workspace, staged, options)
    assert read is not None  # noqa: S101  it was just written
    return read


def _read(
    settings: Settings, source: SourceFile, options: ReadOptions, progress: Progress, limits: Limits | None
) -> None:
    """Read a file into a separate folder, which gets its final name once it is complete."""
    folder, original = source.path.parent, source.path
    _clear_killed(folder, settings)
    scratch = folder / new_name("reading-")
    scratch.mkdir()
    try:
        waits, limits = limits is not None, limits or limits_of(settings)
        tables = read_apart(source, scratch, options, limits=limits, own=True, warm=waits, progress=progress)
        with original.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        final = folder / _read_name(options)
        moved = [_moved(table, scratch, final).to_json() for table in tables]
        found = {"sha256": sha256, "size": original.stat().st_size, "tables": moved}
        (scratch / _RESULT).write_text(json.dumps(found), encoding="utf-8")
        if not (final / _RESULT).exists():  # else another process has read it, and its result may be in use
            shutil.rmtree(final, ignore_errors=True)  # left by an attempt without a result
            scratch.rename(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _clear_killed(folder: Path, settings: Settings) -> None:
    """Delete leftovers of dead readers, and of those in unknown state that would have exceeded the time limit."""
    for scratch in folder.glob("reading-*"):
        owner = owner_of(scratch.name)
        is_late = _age(scratch) > 60 * settings.read_minutes + _SPARE_SECONDS
        if owner == "dead" or (owner == "unknown" and is_late):
            shutil.rmtree(scratch, ignore_errors=True)


def _age(path: Path) -> float:
    """Return the seconds since the last change of a folder; 0 if it has been deleted."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def clear(workspace: Workspace, staged: str) -> None:
    """Delete a staged file that is no longer needed."""
    shutil.rmtree(staged_folder(workspace, staged), ignore_errors=True)


def clear_old(workspace: Workspace, needed: Collection[str]) -> None:
    """Delete old staged files, except those that jobs still need."""
    for folder in (workspace.folder / "uploads").iterdir():
        if folder.name not in needed and _age(folder) > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _read_name(options: ReadOptions) -> str:
    said = json.dumps(options.to_json(), sort_keys=True)
    return f"read-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _moved(table: RawTable, scratch: Path, final: Path) -> RawTable:
    """Return a table with its paths adapted to the renamed folder."""
    values = table.to_json()
    for name in ("path", "rejects_path"):
        if values[name]:
            values[name] = str(final / Path(values[name]).relative_to(scratch.resolve()))
    return RawTable.from_json(values)
