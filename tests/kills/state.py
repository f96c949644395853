"""Snapshots of a workspace's rows and files, and their differences."""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

DATABASES: Final = ("catalog.sqlite",)
MAY_CHANGE: Final = frozenset({"jobs", "schema_number", "kv"})
"""Tables whose rows change while others work; rows of all other tables never change."""
_PLACES: Final = {"versions": 1, "models": 2, "results": 2, "unfinished": 1, "uploads": 1, "workers": 1}
"""Folders of a workspace, and the depth of the items in them that are complete or absent."""
LONG_AGO: Final = 30 * 24 * 3600.0  # seconds; whatever is left is cleared well before


@dataclass(frozen=True, kw_only=True)
class State:
    """A snapshot of a workspace.

    Parameters
    ----------
    rows : dict
        Rows by table and primary key.
    things : dict
        Checksums by path of versions, models, results and so on, also beside the workspace.
    damage : tuple of str
        Damage that SQLite reports in its files.
    """

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    damage: tuple[str, ...] = ()

    def shape(self) -> "Counter[str]":
        """Return the number of items of each kind, without generated names."""
        shape: Counter[str] = Counter()
        for table, rows in self.rows.items():
            shape[f"rows of {table}"] += len(rows)
        for row in self.rows.get("audit", {}).values():
            shape[f"audit: {row['action']}"] += 1
        for job in self.rows.get("jobs", {}).values():
            shape[f"jobs: {job['kind']} {job['state']}"] += 1
        for path in self.things:
            shape[f"in {_kind(path)}"] += 1
        return shape


def look(workspace: Path, *beside: Path) -> State:
    """Take a snapshot of a workspace, and of folders beside it that must be empty."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    damage: list[str] = []
    for name in DATABASES:
        if (workspace / name).exists():
            _read(workspace / name, rows, damage)
    things = {str(path.relative_to(workspace)): _sum(path) for path in _things(workspace)}
    for folder in beside:
        things |= {f"{folder.name}/{path.name}": _sum(path) for path in sorted(folder.iterdir())}
    return State(rows=rows, things=things, damage=tuple(damage))


def lost(before: State, after: State) -> list[str]:
    """Return what disappeared or changed, except active jobs."""
    found = [f"damaged: {what}" for what in after.damage]
    for table, rows in before.rows.items():
        there = after.rows.get(table, {})
        found += [f"lost: a row of {table}, {key}" for key in rows if key not in there and not _is_message(table)]
        if table not in MAY_CHANGE:
            found += [
                f"changed: a row of {table}, {key}" for key in rows if key in there and _other(rows[key], there[key])
            ]
    for path, digest in before.things.items():
        if path.split("/")[0] in ("versions", "models", "results") and after.things.get(path) != digest:
            found.append(f"{'changed' if path in after.things else 'lost'}: {path}")
    return found


def differing(expected: "Counter[str]", found: "Counter[str]") -> list[str]:
    """Return what is missing or extra compared with a run without a kill."""
    said = []
    for what in sorted({*expected, *found}):
        if what.startswith("audit: ") and not expected[what]:
            continue  # of cleaning up: without a kill there is nothing to clean
        if more := found[what] - expected[what]:
            said.append(f"{_word(what, more)}: {what}, {found[what]} instead of {expected[what]}")
    return said


def age(workspace: Path, known: State, *beside: Path) -> None:
    """Make everything newer than a snapshot old enough to be cleared."""
    then = time.time() - LONG_AGO
    now = [(str(path.relative_to(workspace)), path) for path in _things(workspace)]
    now += [(f"{folder.name}/{path.name}", path) for folder in beside for path in folder.iterdir()]
    for name, path in now:
        if name not in known.things:
            for each in (path, *(path.rglob("*") if path.is_dir() else ())):
                os.utime(each, (then, then), follow_symlinks=False)


def copy(workspace: Path, target: Path) -> None:
    """Copy a workspace that no process has open."""
    shutil.copytree(workspace, target)


def _read(path: Path, rows: dict[str, dict[str, dict[str, Any]]], damage: list[str]) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        whole = [row[0] for row in connection.execute("pragma integrity_check")]
        whole += [str(tuple(row)) for row in connection.execute("pragma foreign_key_check")]
        damage += [f"{path.name}: {what}" for what in whole if what != "ok"]
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            columns = connection.execute(f"pragma table_info('{table}')").fetchall()
            keys = [column["name"] for column in columns if column["pk"]] or [column["name"] for column in columns]
            found = [dict(row) for row in connection.execute(f"select * from '{table}'")]  # noqa: S608  its own names
            rows[table] = {json.dumps([row[key] for key in keys], default=repr): row for row in found}


def _things(workspace: Path) -> Iterator[Path]:
    for name, depth in _PLACES.items():
        yield from sorted((workspace / name).glob("/".join(["*"] * depth)))
    yield from sorted(path for path in workspace.glob(".*") if path.is_file())


def _sum(path: Path) -> str:
    """Return the checksum of a file, or of all files in a folder with their names."""
    summed = hashlib.sha256()
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if each.is_file():
            summed.update(f"{each.relative_to(path)}\0".encode() + each.read_bytes())
    return summed.hexdigest()


def _kind(path: str) -> str:
    """Return the folder of a path, and for a result also its kind of work."""
    place, *rest = path.split("/")
    if not rest:
        return "workspace"
    return f"{place}/{rest[-1].split('-')[0]}" if place == "results" else place


def _other(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether a row changed, except deleted rows restored from a backup."""
    if before.get("deleted_at"):
        return {**before, "deleted_at": None} != {**after, "deleted_at": None}
    return before != after


def _is_message(table: str) -> bool:
    """Return whether a table's rows are messages, which are deleted when read."""
    return table in {"task", "schedule", "kv"}


def _word(what: str, more: int) -> str:
    if what.startswith("in "):
        return "left" if more > 0 else "lost"
    return "doubled" if more > 0 else "lost"
