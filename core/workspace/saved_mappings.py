"""Import settings remembered by file headers, so that similar files need no questions."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.workspace import catalog
from core.workspace.reader import WorkspaceReader


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """Remembered choices for a file.

    Parameters
    ----------
    choices : dict
        Plain values of the choices.
    file : str
        Name of the file they were made for.
    who : str
        The person who made them.
    at : datetime
        Time, in UTC.
    """

    choices: dict[str, Any]
    file: str
    who: str
    at: datetime


def recall(workspace: WorkspaceReader, columns: Sequence[str]) -> Remembered | None:
    """Return the choices for the last file with these headers, in this order; None if there is none."""
    table = catalog.remembered
    query = sa.select(table).where(table.c.signature == _signature(columns))
    with workspace.catalog().connect() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    at = catalog.in_utc(row["at"])
    return Remembered(choices=dict(row["choices"]), file=row["file"], who=row["who"], at=at)


def remember(
    workspace: WorkspaceReader, columns: Sequence[str], choices: dict[str, Any], *, file: str, who: str
) -> None:
    """Store the choices for files with these headers, replacing earlier ones."""
    table = catalog.remembered
    row = {"signature": _signature(columns), "choices": choices, "file": file[:300], "who": who, "at": catalog.now()}
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.delete(table).where(table.c.signature == row["signature"]))
        connection.execute(sa.insert(table).values(row))


def forget(workspace: WorkspaceReader, columns: Sequence[str]) -> None:
    """Delete the choices for files with these headers."""
    table = catalog.remembered
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.delete(table).where(table.c.signature == _signature(columns)))


def _signature(columns: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()
