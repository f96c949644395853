"""Daily, verified copies of an SQLite catalog, and the error for a damaged one."""

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
"""Number of daily copies: a week, as damage may go unnoticed over a weekend."""

_NAME: Final = re.compile(r"catalog-(\d{4}-\d{2}-\d{2})\.sqlite")
_DAMAGES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def file_of(engine: sa.Engine) -> Path | None:
    """Return the file of an SQLite catalog; None for other databases, or one in memory."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database)


def is_inside(workspace: Path, engine: sa.Engine) -> bool:
    """Return whether the catalog is a file in the workspace, so that no other workspace uses it."""
    file = file_of(engine)
    return file is not None and file.absolute().parent == workspace.absolute()


def all_of(workspace: Path) -> list[Path]:
    """Return the copies in a workspace, newest first."""
    with suppress(FileNotFoundError):
        return sorted((path for path in (workspace / "copies").iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    return []


def last_good(workspace: Path) -> Path | None:
    """Return the newest intact copy, including those made by upgrades; None if there is none."""
    before = sorted(workspace.glob("catalog-schema-*.sqlite"), reverse=True)
    return next((copy for copy in [*all_of(workspace), *before] if is_whole(copy)), None)


def keep_one_a_day(workspace: Path, engine: sa.Engine) -> None:
    """Copy a catalog with datasets once a day; if there is no space, a later call does it.

    Raises
    ------
    InputError
        If the catalog is damaged; earlier copies stay.
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
    """Return whether SQLite finds a catalog's file intact."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT 1 FROM datasets, versions LIMIT 1").fetchone()
    except sqlite3.Error:
        return False
    return bool(verdict == "ok")


def is_damage(error: BaseException | None) -> bool:
    """Return whether an error of SQLite means that its file is damaged or not a database."""
    return isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGES


def damaged(workspace: Path, file: Path) -> InputError:
    """Return the error for a damaged catalog, with the way to recover it."""
    copy = last_good(workspace)
    if copy is None:
        way = "rebuilds it from the version folders"
    else:
        way = f"restores the last good copy ({copy}) and adds the versions made since"
    message = (
        f"The catalog {file} is damaged; nothing was changed. Stop Clientele, then run `python -m core adopt "
        f"--workspace {workspace}`. It keeps the damaged file, and {way}."
    )
    return InputError(message)


def watch(engine: sa.Engine, workspace: Path) -> None:
    """Raise the error for a damaged catalog from every query that finds damage."""
    file = file_of(engine)
    if file is None:
        return

    @sa.event.listens_for(engine, "handle_error")
    def tell(context: sa.engine.ExceptionContext) -> None:
        if is_damage(context.original_exception):
            raise damaged(workspace, file) from context.original_exception


def check(workspace: Path, engine: sa.Engine) -> None:
    """Check an SQLite catalog for damage, without reading every value.

    Raises
    ------
    InputError
    """
    file = file_of(engine)
    if file is None:
        return
    with engine.connect() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        raise damaged(workspace, file)


def put_back(copy: Path, file: Path, unfinished: Path) -> None:
    """Restore a copy as the catalog, whose files must be gone."""
    try:
        shutil.copyfile(copy, unfinished)
        with unfinished.open("r+b") as written:
            folders.sync_file(written)
        unfinished.replace(file)
        folders.sync_folder(file.parent)
    finally:
        scratch.remove(unfinished)


def files_of(file: Path) -> list[Path]:
    """Return the existing files of an SQLite database and its logs, without the log index, which SQLite rebuilds."""
    return [path for ending in ("", "-wal", "-journal") if (path := Path(f"{file}{ending}")).exists()]


def _has_datasets(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(catalog.datasets)) != 0


def write(file: Path, target: Path) -> None:
    """Copy an SQLite database, as readers see it, into one file flushed to disk."""
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
