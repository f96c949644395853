"""Read-only access to a catalog on a disk that cannot be written."""

import shutil
import sqlite3
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import sqlalchemy as sa

from core import scratch
from core.workspace import catalog
from core.workspace.disk import disk_state

_LOG: Final = "-wal"  # holds changes until SQLite moves them into the main file


def connect_in_place(folder: Path) -> sa.Engine:
    """Connect to the catalog of a workspace for reading.

    SQLite can only do this if the shared memory of its write-ahead log exists or can be created.
    """
    path = folder / catalog.FILE

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False)

    engine = sa.create_engine(f"sqlite:///{path}", creator=connect)
    catalog.explain_errors(engine, disk_state.workspace_place(folder))
    return engine


def connect_to_copy(folder: Path) -> sa.Engine:
    """Connect to a temporary copy of the catalog, used by this process only.

    It may be upgraded first; see `close_for_writing`.
    """
    folder_of_copy = scratch.new_temporary("files")
    copy = folder_of_copy / catalog.FILE
    for end in ("", _LOG):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{folder / catalog.FILE}{end}", f"{copy}{end}")
    engine = catalog.connect(f"sqlite:///{copy}", folder, place=disk_state.workspace_place(folder))
    weakref.finalize(engine, scratch.remove, folder_of_copy)
    return engine


def close_for_writing(engine: sa.Engine) -> None:
    """Refuse all further changes, which would be lost."""
    engine.dispose()
    sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON"))
