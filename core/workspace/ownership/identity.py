"""The workspace id, stored both in the folder and in the catalog."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from core import scratch
from core.workspace import catalog, folders, upgrade

MARKER: Final = "workspace.json"
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """The content of a catalog, read without changing it.

    Parameters
    ----------
    schema : int
        See `core.workspace.upgrade.schema_of`; 0 if it has no tables.
    id : str, optional
        Id of its workspace.
    live, deleted : set of str
        Folder names of existing and of deleted versions.
    is_foreign : bool
        Whether it has tables, but none of ours.
    lacks_tables : bool
        Whether it has some of our tables, but not the main ones.
    """

    schema: int = 0
    is_foreign: bool = False
    lacks_tables: bool = False
    id: str | None = None
    live: frozenset[str] = field(default_factory=frozenset)
    deleted: frozenset[str] = field(default_factory=frozenset)


def of_folder(workspace: Path) -> str | None:
    """Return the id in a folder; None if it has none."""
    try:
        found = json.loads((workspace / MARKER).read_text(encoding="utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def known_to(engine: sa.Engine) -> Knowledge:
    """Read the content of a catalog; raise InputError if a newer Clientele made it."""
    with engine.connect() as connection:
        schema = upgrade.schema_of(connection)
        inspector, table = sa.inspect(connection), catalog.versions
        if not schema:
            return Knowledge(is_foreign=bool(inspector.get_table_names()))
        has_id = inspector.has_table(catalog.workspace_id.name)
        if not (inspector.has_table(table.name) and inspector.has_table(catalog.datasets.name)):
            return Knowledge(schema=schema, lacks_tables=True)
        names = {column["name"] for column in inspector.get_columns(table.name)}
        deleted_at = table.c.deleted_at if "deleted_at" in names else sa.null()
        rows = connection.execute(sa.select(table.c.folder, deleted_at.is_(None).label("live"))).all()
        return Knowledge(
            schema=schema,
            id=connection.scalar(sa.select(catalog.workspace_id.c.id)) if has_id else None,
            live=frozenset(row.folder for row in rows if row.live),
            deleted=frozenset(row.folder for row in rows if not row.live),
        )


def give(workspace: Path, engine: sa.Engine, known: Knowledge, *, take_over: bool = False) -> None:
    """Store the same id in the folder and the catalog; if several processes open a new workspace, one sets it.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    engine : Engine
        The catalog's engine, with an up-to-date schema.
    known : Knowledge
        The catalog's content before.
    take_over : bool
        Whether to give the catalog the folder's id, even if it has another.
    """
    mine, theirs, table = of_folder(workspace), known.id, catalog.workspace_id
    if theirs is None or (take_over and mine and mine != theirs):
        with catalog.writing(engine) as connection:
            theirs = connection.scalar(sa.select(table.c.id))
            if theirs is None or (take_over and mine):
                theirs = mine or uuid4().hex
                connection.execute(sa.delete(table))
                connection.execute(sa.insert(table).values(id=theirs))
    if mine != theirs:
        workspace.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"id": theirs, "what": "a workspace of Clientele; its catalog has the same id"}, indent=1)
        unfinished = workspace / scratch.new_name(f".catalog-{MARKER}.")
        scratch.write_whole(workspace / MARKER, text + "\n", unfinished)
        folders.sync_folder(workspace)
