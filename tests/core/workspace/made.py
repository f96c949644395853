"""Minimal versions for tests of the workspace."""

import errno
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.scratch import LEFTOVER_SECONDS
from core.workspace.disk import disk_state
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace

ADA = By(who="ada@shop.example")
SHOP = NewDataset(name="Gift shop", currency="GBP", timezone="Europe/London", id="shop")


def rows(text: str, *files: str, sums: tuple[str, ...] = ()) -> Callable[[Path], Written]:
    """Return a writer of a version with a text as its rows."""

    def fill(folder: Path) -> Written:
        (folder / "rows.parquet").write_text(text)
        (folder / "quality.json").write_text("{}")
        sources = [{"name": f"{number}.csv", "sha256": sha256} for number, sha256 in enumerate(sums)]
        return Written(files=list(files or ("a.csv",)), report={"rows_read": len(text)}, sources=sources)

    return fill


def never(folder: Path) -> Written:
    """Stand in for a writer that must not be called."""
    message = f"asked to write {folder}"
    raise AssertionError(message)


def on_disk(workspace: Workspace) -> dict[str, str]:
    """Return the rows of each version folder, and check that nothing is unfinished."""
    assert list((workspace.folder / "unfinished").iterdir()) == []
    return {path.name: (path / "rows.parquet").read_text() for path in (workspace.folder / "versions").iterdir()}


def age(folder: Path) -> None:
    """Make a folder as old as a leftover."""
    before = time.time() - LEFTOVER_SECONDS - 60
    os.utime(folder, (before, before))


def read_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Simulate a read-only disk: SQLite refuses changes, and the system refuses new files."""

    def refuse(connection: object, _record: object) -> None:
        name = connection.execute("PRAGMA database_list").fetchone()[2]  # type: ignore[attr-defined]
        if Path(name).is_relative_to(folder):
            raise sqlite3.OperationalError("attempt to write a readonly database")

    def mkdir(path: Path, *_given: object, **_named: object) -> None:
        if path.is_relative_to(folder) and not path.is_dir():
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        os.makedirs(path, exist_ok=True)  # noqa: PTH103

    monkeypatch.setattr("core.workspace.catalog._prepare_sqlite", refuse)
    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(disk_state, "state_of", lambda path: "read_only" if path.is_relative_to(folder) else None)
