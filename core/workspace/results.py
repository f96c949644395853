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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from core.workspace import catalog, folders
from core.workspace.store import Workspace

_RECIPE: Final = "recipe.json"
_DIGITS: Final = 32
_OPENED_SECONDS: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class ResultKey:
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

    @property
    def digest(self) -> str:
        """Hexadecimal digits that stand for it."""
        text = json.dumps(self.to_json(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(**values)


def kept(workspace: Workspace, key: ResultKey) -> Path | None:
    """Folder of a result; None where it was not made yet."""
    folder = _folder(workspace, key)
    if not folder.is_dir():
        return None
    _mark_opened(folder)
    return folder


def all_kept(workspace: Workspace, dataset_id: str, version: int, kind: str) -> list[ResultKey]:
    """What was made of a version by one kind of work, the newest first."""
    folder = folders.results_of(workspace.folder, dataset_id, version)
    made = [path for path in folder.glob(f"{kind}-*") if (path / _RECIPE).is_file()]
    made.sort(key=lambda path: (path / _RECIPE).stat().st_mtime_ns, reverse=True)
    return [recipe_of(path) for path in made]


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
    with written(workspace, key, write) as unfinished, catalog.writing(workspace.catalog()):
        return publish(workspace, key, unfinished)


@contextmanager
def written(workspace: Workspace, key: ResultKey, write: Callable[[Path], None]) -> Iterator[Path]:
    """A result that is written and not kept yet: `publish` keeps it, else nothing is left of it.

    Raises
    ------
    DiskFullError
    """
    unfinished = workspace.folder / "unfinished" / uuid4().hex
    try:
        with folders.disk_full_told(workspace.folder):
            unfinished.mkdir()
            write(unfinished)
            (unfinished / _RECIPE).write_text(json.dumps(key.to_json(), indent=1), encoding="utf-8")
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
    try:
        folders.publish(unfinished, final)
    except OSError:
        if not final.is_dir():  # else another process made the same one
            raise
    return final


def recipe_of(folder: Path) -> ResultKey:
    """What a kept result was made of."""
    return ResultKey.from_json(json.loads((folder / _RECIPE).read_text(encoding="utf-8")))


def discard(workspace: Workspace, key: ResultKey) -> None:
    """Delete a result where it is kept."""
    folders.discard(_folder(workspace, key), workspace.folder)


def _mark_opened(folder: Path) -> None:
    """Note that a result is used, at most once an hour: `core.workspace.retention` removes what nobody opens."""
    with suppress(OSError):  # on a disk that is full or only to be read
        if abs(time.time() - folder.stat().st_mtime) > _OPENED_SECONDS:
            os.utime(folder)


def _folder(workspace: Workspace, key: ResultKey) -> Path:
    return folders.results_of(workspace.folder, key.dataset_id, key.version) / f"{key.kind}-{key.digest}"
