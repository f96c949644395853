"""What processes that were killed left in a workspace: found when it is opened, and cleared by owner and age.

- What a living process makes is never touched, however old it is.
- What a dead one left unfinished is deleted; what it had put in its place without a commit goes into quarantine.
- Where nobody can say who made something, it goes into quarantine after a day.
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
_UNKNOWN: Final = "the catalog does not know it, nor anybody who works on it"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a process said it was about to put outside `unfinished`, see `folders.announced`."""

    file: Path
    owner: scratch.Owner
    paths: tuple[Path, ...]


def clear(workspace: Path, engine: sa.Engine) -> None:
    """Clear what is left over in a workspace and beside it; whatever cannot be cleared stays for the next time."""
    scratch.clear_temporary()
    try:
        _clear_moved(workspace, engine)
    except (OSError, ClienteleError, sa.exc.SQLAlchemyError) as error:  # a disk that is full or cannot be written
        log.warning("What is left over in %s could not be cleared: %s", workspace, error)
    _clear_unfinished(workspace)
    _clear_uploads(workspace)
    _clear_copies(workspace, engine)
    quarantine.expire(workspace)


def _clear_moved(workspace: Path, engine: sa.Engine) -> None:
    """What stands outside `unfinished` and in no catalog."""
    dead, busy = _dead_and_busy(workspace)
    if not dead and not _suspects(workspace, engine, busy):
        return
    with catalog.writing(engine) as connection:  # nobody moves or commits anything meanwhile
        dead, busy = _dead_and_busy(workspace)
        _clear_uncommitted(workspace, connection, dead)
        for path, why in _suspects(workspace, connection, busy):
            _put_away(workspace, path, why)
    for note in dead:
        scratch.remove(note.file)


def _dead_and_busy(workspace: Path) -> tuple[list[Note], set[Path]]:
    """Notes whose process has ended, and the paths that others still move."""
    dead, busy = list[Note](), set[Path]()
    for note in notes(workspace):
        if note.owner == "dead" or (note.owner == "unknown" and scratch.is_old(note.file)):
            dead.append(note)
        else:
            busy.update(note.paths)
    return dead, busy


def notes(workspace: Path) -> list[Note]:
    """All that processes said they were about to move."""
    found = []
    for file in folders.entries(workspace / "unfinished"):
        if file.name.startswith(folders.MOVES):
            said = list[Path]()
            with suppress(OSError, ValueError, TypeError):  # ended meanwhile, or killed while it was written
                said = [workspace / path for path in json.loads(file.read_text(encoding="utf-8"))]
            said = [path for path in said if ".." not in path.parts]
            found.append(Note(file=file, owner=scratch.owner_of(file.name), paths=tuple(said)))
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
                scratch.remove(path)  # a backup that was being written elsewhere


def _suspects(workspace: Path, engine: sa.Engine | sa.Connection, busy: set[Path]) -> list[tuple[Path, str]]:
    """What no row of the catalog stands for and nobody works on; with why, or nothing where it was deleted."""
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
        if path.name in deleted:  # and its process was stopped before the files were
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
    """Whether a version was; a catalog that does not know it is an older one."""
    return sidecars.is_live(sidecars.read(workspace, name))


def _put_away(workspace: Path, path: Path, why: str) -> None:
    """Into quarantine; what somebody deleted is deleted."""
    if why:
        quarantine.put(workspace, path, why)
    else:
        folders.discard(path, workspace)


def _clear_unfinished(workspace: Path) -> None:
    """What was being written."""
    for path in folders.entries(workspace / "unfinished"):
        owner = scratch.owner_of(path.name)
        if path.name.startswith(folders.MOVES):  # see `_clear_moved`
            continue
        if owner == "dead":
            scratch.remove(path)
        elif owner == "unknown" and scratch.is_old(path):
            quarantine.put(workspace, path, _UNKNOWN)


def _clear_uploads(workspace: Path) -> None:
    """What was being read or fetched beside staged files, and the signs of dead workers."""
    for staged in folders.entries(workspace / "uploads"):
        if scratch.owner_of(staged.name) == "dead":
            scratch.remove(staged)
        left = [path for path in folders.entries(staged) if scratch.owner_of(path.name) == "dead"]
        for path in left:
            scratch.remove(path)
        if left or scratch.is_old(staged):
            with suppress(OSError):  # the file itself is there
                staged.rmdir()
    for sign in folders.entries(workspace / "workers"):
        if scratch.owner_of(sign.name) == "dead":
            scratch.remove(sign)


def _clear_copies(workspace: Path, engine: sa.Engine) -> None:
    """Copies of the catalog that were being written beside it."""
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
