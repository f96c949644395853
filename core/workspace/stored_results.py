"""Stored results of jobs on a dataset version: computed once, read at every click.

A result is named by its inputs: dataset, version, generation, and a frozen spec. It can be recomputed from these, so
backups exclude it, and it is deleted with its version.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.plain import Plain
from core.workspace import catalog, folders
from core.workspace.checked_paths import inside, is_id, is_version, shown
from core.workspace.disk import disk_state
from core.workspace.store import Workspace

_RECIPE: Final = "recipe.json"
_FILES: Final = "files"
_KEY: Final = ("dataset_id", "version", "generation", "kind", "spec")
_DIGITS: Final = 32
_PARQUET: Final = b"PAR1"
_OPENED_SECONDS: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class ResultKey(Plain):
    """The inputs that identify a result.

    Parameters
    ----------
    dataset_id : str
        The dataset.
    version, generation : int
        Version number, and generation of the dataset.
    kind : str
        Kind of job, one of `core.jobs.KINDS`.
    spec : dict
        Spec of the job, in plain JSON values.
    """

    dataset_id: str
    version: int
    generation: int
    kind: str
    spec: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (is_id(self.dataset_id) and is_version(self.version) and is_id(self.kind)):
            name = f"{self.kind} of version {self.version} of the dataset “{self.dataset_id}”"
            message = f"“{shown(name)}” isn't a valid result; open the page again and choose the dataset."
            raise InputError(message)

    @property
    def digest(self) -> str:
        """Hexadecimal digest that identifies the result."""
        text = json.dumps(self.to_json(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def kept(workspace: Workspace, key: ResultKey) -> Path | None:
    """Return the folder of a stored result; None if it is missing, or damaged and must be recomputed."""
    folder = _folder(workspace, key)
    if not _recipe(folder):
        return None
    _mark_opened(folder)
    return folder


def all_kept(workspace: Workspace, dataset_id: str, version: int, kind: str) -> list[ResultKey]:
    """Return the keys of a version's stored results of one kind, newest first."""
    folder = folders.results_of(workspace.folder, dataset_id, version)
    made = [(path, recipe) for path in folder.glob(f"{kind}-*") if (recipe := _recipe(path))]
    made.sort(key=lambda one: (one[0] / _RECIPE).stat().st_mtime_ns, reverse=True)
    return [_key_in(recipe) for _, recipe in made]


def keep(workspace: Workspace, key: ResultKey, write: Callable[[Path], None]) -> Path:
    """Compute a result unless it is stored; it is stored completely or not at all.

    Parameters
    ----------
    workspace : Workspace
        Workspace to store it in.
    key : ResultKey
        Inputs of the result.
    write : callable
        Writes the result's files into a folder.

    Returns
    -------
    Path
        The result's folder, as returned by `kept`.

    Raises
    ------
    NotFoundError
        If the version has been deleted.
    DiskFullError
        If the disk is full; then nothing is stored.
    """
    if found := kept(workspace, key):
        return found
    with written(workspace, key, write) as unfinished:
        with catalog.writing(workspace.catalog()):
            final = publish(workspace, key, unfinished)
        folders.sync_folder(final.parent)
    return final


@contextmanager
def written(workspace: Workspace, key: ResultKey, write: Callable[[Path], None]) -> Iterator[Path]:
    """Write a result to disk and yield its folder, which is deleted at the end unless `publish` stores it.

    Raises
    ------
    DiskFullError
    """
    unfinished = folders.new_unfinished(workspace.folder)
    try:
        with disk_state.disk_full_told(workspace.folder):
            unfinished.mkdir()
            write(unfinished)
            recipe = {**key.to_json(), _FILES: _sums(unfinished)}
            (unfinished / _RECIPE).write_text(json.dumps(recipe, indent=1), encoding="utf-8")
            folders.sync(unfinished)
            yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def publish(workspace: Workspace, key: ResultKey, unfinished: Path) -> Path:
    """Store the result that `written` yields and return its folder.

    Call it inside `catalog.writing`, so that the version can't be deleted meanwhile.

    Raises
    ------
    NotFoundError
        If the version has been deleted.
    """
    workspace.version(key.dataset_id, key.version)
    final = _folder(workspace, key)
    final.parent.mkdir(parents=True, exist_ok=True)
    if not _recipe(final):
        folders.discard(final, workspace.folder)  # damaged, so it is replaced
    try:
        folders.move(unfinished, final)
    except OSError:
        if not final.is_dir():  # otherwise another process stored the same result
            raise
    return final


def recipe_of(folder: Path) -> ResultKey:
    """Return the key of a stored result."""
    return _key_in(json.loads((folder / _RECIPE).read_text(encoding="utf-8")))


def discard(workspace: Workspace, key: ResultKey) -> None:
    """Delete a stored result."""
    folders.discard(_folder(workspace, key), workspace.folder)


def _key_in(recipe: dict[str, Any]) -> ResultKey:
    return ResultKey.from_json({name: recipe[name] for name in _KEY})


def _mark_opened(folder: Path) -> None:
    """Update a result's last use, at most once an hour, for `core.workspace.retention`."""
    with suppress(OSError):  # on a full or read-only disk
        if abs(time.time() - folder.stat().st_mtime) > _OPENED_SECONDS:
            os.utime(folder)


def _recipe(folder: Path) -> dict[str, Any] | None:
    """Return a result's recipe if all its files are unchanged, else None: then it must be recomputed."""
    try:
        found = json.loads((folder / _RECIPE).read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not set(_KEY) <= set(found):
            return None
        if _FILES in found:
            return found if found[_FILES] == _sums(folder) else None
        paths = [path for path in folder.rglob("*") if path.is_file()]  # stored before checksums were added
        return found if all(_is_readable(path, *_stamp(path)) for path in paths) else None
    except (OSError, ValueError, RecursionError):
        return None


def _sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 sums of a result's files, except its recipe, by relative path."""
    return {
        path.relative_to(folder).as_posix(): _sum(path, *_stamp(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / _RECIPE
    }


@lru_cache(maxsize=4096)
def _sum(path: Path, _size: int, _changed: int) -> str:
    """Return a file's SHA-256 sum, cached until the file changes, as results are read with every click."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4096)
def _is_readable(path: Path, size: int, _changed: int) -> bool:
    """Return whether a file looks complete: valid JSON, or Parquet with both magic numbers."""
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    if path.suffix == ".parquet":
        with path.open("rb") as file:
            begins = file.read(len(_PARQUET)) == _PARQUET
            file.seek(max(size - len(_PARQUET), 0))
            return begins and file.read() == _PARQUET
    return True


def _stamp(path: Path) -> tuple[int, int]:
    """Return a file's size and modification time, which differ after a change."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _folder(workspace: Workspace, key: ResultKey) -> Path:
    return inside(folders.results_of(workspace.folder, key.dataset_id, key.version), f"{key.kind}-{key.digest}")
