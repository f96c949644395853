"""A catalog that can only be read, on a disk that cannot be written: what there is can be looked at."""

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

_LOG: Final = "-wal"  # changes stand beside an SQLite file until they are moved into it


def connect_in_place(folder: Path) -> sa.Engine:
    """Connect to the catalog of a workspace for reading.

    SQLite can do this only where the memory that goes with its write-ahead log is there or can be made.
    """
    path = folder / catalog.FILE

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False)

    engine = sa.create_engine(f"sqlite:///{path}", creator=connect)
    catalog.explain_errors(engine, disk_state.workspace_place(folder))
    return engine


def connect_to_copy(folder: Path) -> sa.Engine:
    """Connect to a copy of the catalog as it is now, which this process alone reads and which goes with it.

    What opens it first may bring it up to date; see `close_for_writing`.
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
    """Have all changes refused from now on: nobody would see them."""
    engine.dispose()
    sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON"))
