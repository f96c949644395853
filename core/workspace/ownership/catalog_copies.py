"""Copies of an SQLite catalog, one a day, each checked before it counts; what to say of a catalog that is damaged."""

import logging
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core import scratch
from core.errors import InputError
from core.workspace import catalog, folders

log = logging.getLogger("clientele")

KEPT: Final = 7
"""Copies, a week of them: a damage may be noticed after a weekend."""

_NAME: Final = re.compile(r"catalog-(\d{4}-\d{2}-\d{2})\.sqlite")
_DAMAGES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def file_of(engine: sa.Engine) -> Path | None:
    """File of an SQLite catalog; None for another database, or one in memory."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database)


def is_inside(workspace: Path, engine: sa.Engine) -> bool:
    """Whether the catalog is a file in the workspace, and so that of no other one."""
    file = file_of(engine)
    return file is not None and file.absolute().parent == workspace.absolute()


def all_of(workspace: Path) -> list[Path]:
    """The copies in a workspace, the newest first."""
    with suppress(FileNotFoundError):
        return sorted((path for path in (workspace / "copies").iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    return []


def last_good(workspace: Path) -> Path | None:
    """The newest copy that is whole, if there is one; an upgrade keeps copies, too."""
    before = sorted(workspace.glob("catalog-schema-*.sqlite"), reverse=True)
    return next((copy for copy in [*all_of(workspace), *before] if is_whole(copy)), None)


def keep_one_a_day(workspace: Path, engine: sa.Engine) -> None:
    """Copy a catalog that has datasets, unless that was done today; where there is no room, it is left for later.

    Raises
    ------
    InputError
        Where the catalog is damaged; the copies of earlier days stay.
    """
    file = file_of(engine)
    copy = workspace / "copies" / f"catalog-{datetime.now(UTC):%Y-%m-%d}.sqlite"
    if file is None or copy.exists() or not _has_datasets(engine):
        return
    unfinished = folders.new_unfinished(workspace)
    try:
        copy.parent.mkdir(exist_ok=True)
        write(file, unfinished)
        if is_whole(unfinished):
            unfinished.replace(copy)
            folders.sync_folder(copy.parent)
            _forget_old(workspace, copy)
        elif not is_whole(file):
            raise damaged(workspace, file)
    except (OSError, sqlite3.Error) as error:
        if is_damage(error):
            raise damaged(workspace, file) from error
        log.warning("The catalog of %s could not be copied: %s", workspace, error)
    finally:
        scratch.remove(unfinished)


def is_whole(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with a catalog's file."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT 1 FROM datasets, versions LIMIT 1").fetchone()
    except sqlite3.Error:
        return False
    return bool(said == "ok")


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that its file is damaged, or none of its own."""
    return isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGES


def damaged(workspace: Path, file: Path) -> InputError:
    """The sentence about a damaged catalog, with the way to its last good copy."""
    copy = last_good(workspace)
    if copy is None:
        way = "rebuilds it from the version folders"
    else:
        way = f"puts its last good copy in its place ({copy}) and adds the versions made since"
    message = (
        f"The catalog {file} is damaged; nothing was changed. Stop Clientele, then run `python -m core adopt "
        f"--workspace {workspace}`: it keeps the damaged file, and {way}."
    )
    return InputError(message)


def watch(engine: sa.Engine, workspace: Path) -> None:
    """Have every query that meets a damage in an SQLite catalog end with the sentence about it."""
    file = file_of(engine)
    if file is None:
        return

    @sa.event.listens_for(engine, "handle_error")
    def tell(context: sa.engine.ExceptionContext) -> None:
        if is_damage(context.original_exception):
            raise damaged(workspace, file) from context.original_exception


def check(workspace: Path, engine: sa.Engine) -> None:
    """See that an SQLite catalog is not damaged, as far as SQLite can tell without reading every value.

    Raises
    ------
    InputError
    """
    file = file_of(engine)
    if file is None:
        return
    with engine.connect() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if said != "ok":
        raise damaged(workspace, file)


def put_back(copy: Path, file: Path, unfinished: Path) -> None:
    """Put a copy in the place of the catalog, whose files are no longer there."""
    try:
        shutil.copyfile(copy, unfinished)
        with unfinished.open("r+b") as written:
            folders.sync_file(written)
        unfinished.replace(file)
        folders.sync_folder(file.parent)
    finally:
        scratch.remove(unfinished)


def files_of(file: Path) -> list[Path]:
    """Files of an SQLite database that are there: itself and its logs; what indexes these is made again."""
    return [path for ending in ("", "-wal", "-journal") if (path := Path(f"{file}{ending}")).exists()]


def _has_datasets(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(catalog.datasets)) != 0


def write(file: Path, target: Path) -> None:
    """Copy an SQLite database, as it is for a reader, into one file that is on the disk when this returns."""
    try:
        with closing(sqlite3.connect(file, timeout=30)) as source, closing(sqlite3.connect(target)) as copied:
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
    finally:
        scratch.remove(target.with_name(f"{target.name}-journal"))
    with target.open("r+b") as written:
        folders.sync_file(written)


def _forget_old(workspace: Path, today: Path) -> None:
    for copy in [copy for copy in all_of(workspace) if copy != today][KEPT - 1 :]:
        scratch.remove(copy)
