"""How people read files, remembered by the headers: the next file with the same ones needs no questions."""

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
    """What was chosen for a file.

    Parameters
    ----------
    choices : dict
        Plain values, as they were given.
    file : str
        Name of the file they were chosen for.
    who : str
        Who chose.
    at : datetime
        When, in UTC.
    """

    choices: dict[str, Any]
    file: str
    who: str
    at: datetime


def recall(workspace: WorkspaceReader, columns: Sequence[str]) -> Remembered | None:
    """What was chosen for the last file with these headers, in this order; None where there was none."""
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
    """Keep what was chosen for a file with these headers, in place of what was kept before."""
    table = catalog.remembered
    row = {"signature": _signature(columns), "choices": choices, "file": file[:300], "who": who, "at": catalog.now()}
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.delete(table).where(table.c.signature == row["signature"]))
        connection.execute(sa.insert(table).values(row))


def forget(workspace: WorkspaceReader, columns: Sequence[str]) -> None:
    """Forget what was chosen for files with these headers."""
    table = catalog.remembered
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.delete(table).where(table.c.signature == _signature(columns)))


def _signature(columns: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()
