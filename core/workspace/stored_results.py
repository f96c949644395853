"""Results of long work on a dataset version, kept beside it: made once, read at every click.

A result is named by what it was made of, never by what it holds: dataset, version, generation, and a frozen spec. It
can be made again from these, so backups leave it out, and it goes with its version.
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
    """What a result was made of.

    Parameters
    ----------
    dataset_id : str
        The dataset.
    version, generation : int
        Its version, and the generation of that.
    kind : str
        Which work, one of `core.jobs.KINDS`.
    spec : dict
        How, in plain JSON values.
    """

    dataset_id: str
    version: int
    generation: int
    kind: str
    spec: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (is_id(self.dataset_id) and is_version(self.version) and is_id(self.kind)):
            said = f"{self.kind} of version {self.version} of the dataset “{self.dataset_id}”"
            message = f"There can be no such result: “{shown(said)}”; open the page again and choose the dataset."
            raise InputError(message)

    @property
    def digest(self) -> str:
        """Hexadecimal digits that stand for it."""
        text = json.dumps(self.to_json(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def kept(workspace: Workspace, key: ResultKey) -> Path | None:
    """Folder of a result; None where it was not made yet, or is damaged and has to be made again."""
    folder = _folder(workspace, key)
    if not _recipe(folder):
        return None
    _mark_opened(folder)
    return folder


def all_kept(workspace: Workspace, dataset_id: str, version: int, kind: str) -> list[ResultKey]:
    """What was made of a version by one kind of work, the newest first."""
    folder = folders.results_of(workspace.folder, dataset_id, version)
    made = [(path, recipe) for path in folder.glob(f"{kind}-*") if (recipe := _recipe(path))]
    made.sort(key=lambda one: (one[0] / _RECIPE).stat().st_mtime_ns, reverse=True)
    return [_key_in(recipe) for _, recipe in made]


def keep(workspace: Workspace, key: ResultKey, write: Callable[[Path], None]) -> Path:
    """Make a result, unless it is there; it is kept whole or not at all.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    key : ResultKey
        What it is made of.
    write : callable
        Writes the files into the folder it is given.

    Returns
    -------
    Path
        The folder, as `kept` gives it.

    Raises
    ------
    NotFoundError
        Where the version was deleted meanwhile.
    DiskFullError
        Where the disk is full; nothing is kept then.
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
    """A result that is written, on disk and not kept yet: `publish` keeps it, else nothing is left of it.

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
    """Keep what `written` gives, and give its folder; inside `catalog.writing`, so that nobody deletes the version.

    Raises
    ------
    NotFoundError
        Where the version was deleted meanwhile.
    """
    workspace.version(key.dataset_id, key.version)
    final = _folder(workspace, key)
    final.parent.mkdir(parents=True, exist_ok=True)
    if not _recipe(final):
        folders.discard(final, workspace.folder)  # damaged: it is made again
    try:
        folders.move(unfinished, final)
    except OSError:
        if not final.is_dir():  # else another process made the same one
            raise
    return final


def recipe_of(folder: Path) -> ResultKey:
    """What a kept result was made of."""
    return _key_in(json.loads((folder / _RECIPE).read_text(encoding="utf-8")))


def discard(workspace: Workspace, key: ResultKey) -> None:
    """Delete a result where it is kept."""
    folders.discard(_folder(workspace, key), workspace.folder)


def _key_in(recipe: dict[str, Any]) -> ResultKey:
    return ResultKey.from_json({name: recipe[name] for name in _KEY})


def _mark_opened(folder: Path) -> None:
    """Note that a result is used, at most once an hour: `core.workspace.retention` removes what nobody opens."""
    with suppress(OSError):  # on a disk that is full or only to be read
        if abs(time.time() - folder.stat().st_mtime) > _OPENED_SECONDS:
            os.utime(folder)


def _recipe(folder: Path) -> dict[str, Any] | None:
    """What a result was made of, where all its files are as they were written; else None: it has to be made again."""
    try:
        found = json.loads((folder / _RECIPE).read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not set(_KEY) <= set(found):
            return None
        if _FILES in found:
            return found if found[_FILES] == _sums(folder) else None
        paths = [path for path in folder.rglob("*") if path.is_file()]  # of before there were sums
        return found if all(_is_readable(path, *_stamp(path)) for path in paths) else None
    except (OSError, ValueError, RecursionError):
        return None


def _sums(folder: Path) -> dict[str, str]:
    """SHA-256 sums of all files of a result but its recipe, by their names within it."""
    return {
        path.relative_to(folder).as_posix(): _sum(path, *_stamp(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / _RECIPE
    }


@lru_cache(maxsize=4096)
def _sum(path: Path, _size: int, _changed: int) -> str:
    """Sum of a file, taken once as long as it does not change: results are looked at with every click."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4096)
def _is_readable(path: Path, size: int, _changed: int) -> bool:
    """Whether a file looks whole from outside: JSON that can be read, Parquet with both its ends."""
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    if path.suffix == ".parquet":
        with path.open("rb") as file:
            begins = file.read(len(_PARQUET)) == _PARQUET
            file.seek(max(size - len(_PARQUET), 0))
            return begins and file.read() == _PARQUET
    return True


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of the last change: another one where somebody changed the file."""
    said = path.stat()
    return said.st_size, said.st_mtime_ns


def _folder(workspace: Workspace, key: ResultKey) -> Path:
    return inside(folders.results_of(workspace.folder, key.dataset_id, key.version), f"{key.kind}-{key.digest}")
