"""Leftovers of killed processes, cleared by owner and age when a workspace is opened.

- Files of running processes are never touched, at any age.
- Unfinished files of dead processes are deleted. Files they had moved into place without a commit are quarantined.
- Files of unknown origin are quarantined after a day.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core import scratch
from core.errors import ClienteleError
from core.workspace import catalog, folders
from core.workspace.checked_paths import LOOSE_MODELS
from core.workspace.ownership import catalog_copies, quarantine, sidecars

log = logging.getLogger("clientele")

_MODEL: Final = re.compile(r"[0-9a-f]{12}")
_UNCOMMITTED: Final = "its process was stopped before the commit"
_UNKNOWN: Final = "not in the catalog, and no process is known to use it"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A process's note of paths it was about to create outside `unfinished`, see `folders.announced`."""

    file: Path
    owner: scratch.Owner
    paths: tuple[Path, ...]


def clear(workspace: Path, engine: sa.Engine) -> None:
    """Clear leftovers in and beside a workspace; those that can't be cleared stay for the next time."""
    scratch.clear_temporary()
    try:
        _clear_moved(workspace, engine)
    except (OSError, ClienteleError, sa.exc.SQLAlchemyError) as error:  # a full or read-only disk
        log.warning("Leftovers in %s could not be cleared: %s", workspace, error)
    _clear_unfinished(workspace)
    _clear_uploads(workspace)
    _clear_copies(workspace, engine)
    quarantine.expire(workspace)


def _clear_moved(workspace: Path, engine: sa.Engine) -> None:
    """Clear files outside `unfinished` that are not in the catalog."""
    dead, busy = _dead_and_busy(workspace)
    if not dead and not _suspects(workspace, engine, busy):
        return
    with catalog.writing(engine) as connection:  # no other process moves or commits meanwhile
        dead, busy = _dead_and_busy(workspace)
        _clear_uncommitted(workspace, connection, dead)
        for path, why in _suspects(workspace, connection, busy):
            _put_away(workspace, path, why)
    for note in dead:
        scratch.remove(note.file)


def _dead_and_busy(workspace: Path) -> tuple[list[Note], set[Path]]:
    """Return the notes of ended processes, and the paths that running ones are moving."""
    dead, busy = list[Note](), set[Path]()
    for note in notes(workspace):
        if note.owner == "dead" or (note.owner == "unknown" and scratch.is_old(note.file)):
            dead.append(note)
        else:
            busy.update(note.paths)
    return dead, busy


def notes(workspace: Path) -> list[Note]:
    """Return the notes of all processes."""
    found = []
    for file in folders.entries(workspace / "unfinished"):
        if file.name.startswith(folders.MOVES):
            paths = list[Path]()
            with suppress(OSError, ValueError, TypeError):  # deleted meanwhile, or only partly written
                paths = [workspace / path for path in json.loads(file.read_text(encoding="utf-8"))]
            paths = [path for path in paths if ".." not in path.parts]
            found.append(Note(file=file, owner=scratch.owner_of(file.name), paths=tuple(paths)))
    return found


def _clear_uncommitted(workspace: Path, connection: sa.Connection, dead: Iterable[Note]) -> None:
    live, models = _live_versions(connection), _models(connection)
    for note in dead:
        for path in note.paths:
            is_version = path.parent == workspace / "versions" and not _was_committed(workspace, path.name)
            is_model = path.parent.parent == workspace / "models"
            if (is_version and path.name not in live) or (is_model and path.name not in models):
                quarantine.put(workspace, path, _UNCOMMITTED)
            elif scratch.is_unfinished_by(path.name, note.file.name) and path.is_file():
                scratch.remove(path)  # an unfinished backup in another folder


def _suspects(workspace: Path, engine: sa.Engine | sa.Connection, busy: set[Path]) -> list[tuple[Path, str]]:
    """Return paths without a row in the catalog or a running process, each with a reason; empty if deleted."""
    if isinstance(engine, sa.Engine):
        with engine.connect() as connection:
            return _suspects(workspace, connection, busy)
    found = [*_stray_versions(workspace, engine), *_stray_models(workspace, engine), *_stray_results(workspace, engine)]
    return [(path, why) for path, why in found if path not in busy]


def _stray_versions(workspace: Path, connection: sa.Connection) -> Iterator[tuple[Path, str]]:
    there = folders.entries(workspace / "versions")
    live = _live_versions(connection)
    strays = [path for path in there if path.name not in live]
    query = sa.select(catalog.versions.c.folder).where(catalog.versions.c.folder.in_([path.name for path in strays]))
    deleted = set(connection.scalars(query)) if strays else set[str]()
    for path in strays:
        if _was_committed(workspace, path.name):
            continue
        if path.name in deleted:  # but its process was stopped before deleting the files
            yield path, ""
        elif scratch.is_old(path):
            yield path, _UNKNOWN


def _stray_models(workspace: Path, connection: sa.Connection) -> Iterator[tuple[Path, str]]:
    homes = [home for home in folders.entries(workspace / "models") if home.name != LOOSE_MODELS and home.is_dir()]
    if not homes:
        return
    known, table = _models(connection), catalog.datasets
    deleted = set(connection.scalars(sa.select(table.c.id).where(table.c.deleted_at.is_not(None))))
    for home in homes:
        if home.name in deleted:
            yield home, ""
            continue
        for path in folders.entries(home):
            is_one = _MODEL.fullmatch(path.name) and (path / "card.json").is_file()
            if is_one and path.name not in known and scratch.is_old(path):
                yield path, _UNKNOWN


def _stray_results(workspace: Path, connection: sa.Connection) -> Iterator[tuple[Path, str]]:
    there = folders.entries(workspace / "results")
    if not there:
        return
    table = catalog.versions.c
    rows = connection.execute(sa.select(table.dataset_id, table.version, table.deleted_at)).all()
    known = {f"{row.dataset_id}-{row.version}": row.deleted_at for row in rows}  # only compared, never a path
    for path in there:
        if path.name not in known and scratch.is_old(path):
            yield path, _UNKNOWN
        elif known.get(path.name) is not None:
            yield path, ""


def _was_committed(workspace: Path, name: str) -> bool:
    """Return whether a version was committed; if the catalog lacks it, the catalog is an older one."""
    return sidecars.is_live(sidecars.read(workspace, name))


def _put_away(workspace: Path, path: Path, why: str) -> None:
    """Quarantine a path with a reason; delete one without, which was deleted in the catalog."""
    if why:
        quarantine.put(workspace, path, why)
    else:
        folders.discard(path, workspace)


def _clear_unfinished(workspace: Path) -> None:
    """Clear unfinished files."""
    for path in folders.entries(workspace / "unfinished"):
        owner = scratch.owner_of(path.name)
        if path.name.startswith(folders.MOVES):  # see `_clear_moved`
            continue
        if owner == "dead":
            scratch.remove(path)
        elif owner == "unknown" and scratch.is_old(path):
            quarantine.put(workspace, path, _UNKNOWN)


def _clear_uploads(workspace: Path) -> None:
    """Clear partial reads and downloads beside staged files, and heartbeat files of dead workers."""
    for staged in folders.entries(workspace / "uploads"):
        if scratch.owner_of(staged.name) == "dead":
            scratch.remove(staged)
        left = [path for path in folders.entries(staged) if scratch.owner_of(path.name) == "dead"]
        for path in left:
            scratch.remove(path)
        if left or scratch.is_old(staged):
            with suppress(OSError):  # the staged file is still in it
                staged.rmdir()
    for sign in folders.entries(workspace / "workers"):
        if scratch.owner_of(sign.name) == "dead":
            scratch.remove(sign)


def _clear_copies(workspace: Path, engine: sa.Engine) -> None:
    """Clear unfinished copies of the catalog."""
    file = catalog_copies.file_of(engine)
    for folder in {workspace, *([file.parent] if file else [])}:
        for path in folders.entries(folder):
            if path.name.startswith(".catalog-") and scratch.owner_of(path.name) == "dead":
                scratch.remove(path)


def _live_versions(connection: sa.Connection) -> set[str]:
    table = catalog.versions.c
    return set(connection.scalars(sa.select(table.folder).where(table.deleted_at.is_(None))))


def _models(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(catalog.predictors.c.id)))
