"""Storage of a dataset's custom maps by name; changes are recorded in the audit trail."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.errors import ConflictError, InputError, NotFoundError
from core.segments.rules.known_maps import BUILT_IN
from core.segments.rules.rule_maps import RfmMap
from core.workspace import audit, catalog
from core.workspace.records import By
from core.workspace.store import Workspace

_MAPS = catalog.rfm_maps


@dataclass(frozen=True, kw_only=True)
class StoredMap:
    """A custom map.

    Parameters
    ----------
    rfm_map : RfmMap
        The map; with gaps or overlaps, it is a draft.
    who : str
        Who last saved it.
    created_at : datetime
        When it was last saved, in UTC.
    """

    rfm_map: RfmMap
    who: str
    created_at: datetime


def maps_of(workspace: Workspace, dataset_id: str) -> list[StoredMap]:
    """Return all custom maps of a dataset, sorted by name."""
    query = sa.select(_MAPS).where(_MAPS.c.dataset_id == dataset_id).order_by(_MAPS.c.name)
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        StoredMap(
            rfm_map=RfmMap.from_json(row["name"], row["map"]),
            who=row["who"],
            created_at=catalog.in_utc(row["created_at"]),
        )
        for row in rows
    ]


def save(
    workspace: Workspace, dataset_id: str, rfm_map: RfmMap, by: By, *, instead_of: StoredMap | None = None
) -> None:
    """Save a map under its name; drafts are allowed.

    Parameters
    ----------
    workspace : Workspace
        Target workspace.
    dataset_id : str
        Dataset of the map.
    rfm_map : RfmMap
        Map to save.
    by : By
        Who saves it.
    instead_of : StoredMap, optional
        The map as it was before editing; it is replaced, and renamed if the name changed.

    Raises
    ------
    InputError
        If a built-in map has the name.
    ConflictError
        If another map of the dataset has the name, or someone else saved the edited map in the meantime.
    NotFoundError
        If the dataset or the edited map no longer exists.
    """
    if rfm_map.name in {known.name for known in BUILT_IN.values()}:
        message = f"The name “{rfm_map.name}” belongs to a built-in map. Choose another name."
        raise InputError(message)
    workspace.dataset(dataset_id)
    with catalog.writing(workspace.catalog()) as connection:
        saved, before = _saved(connection, dataset_id), None
        if instead_of is not None:
            before = instead_of.rfm_map.name
            if before not in saved:
                raise NotFoundError(_gone(before))
            if saved.pop(before) != instead_of.created_at:
                message = f"Someone else saved “{before}” in the meantime; nothing was changed. Review their map first."
                raise ConflictError(message)
        if rfm_map.name in saved:
            message = f"Another map is already called “{rfm_map.name}”. Choose another name, or delete that map first."
            raise ConflictError(message)
        if before is not None:
            connection.execute(sa.delete(_MAPS).where(*_this(dataset_id, before)))
        row = {
            "dataset_id": dataset_id,
            "name": rfm_map.name,
            "map": rfm_map.to_json(),
            "who": by.who[: catalog.LONGEST_WHO],
            "created_at": catalog.now(),
        }
        connection.execute(sa.insert(_MAPS).values(row))
        audit.record(connection, by, "save_rfm_map", dataset_id, name=rfm_map.name, before=before)


def delete(workspace: Workspace, dataset_id: str, name: str, by: By) -> None:
    """Delete a stored map.

    Raises
    ------
    NotFoundError
        If it no longer exists.
    """
    with catalog.writing(workspace.catalog()) as connection:
        if not connection.execute(sa.delete(_MAPS).where(*_this(dataset_id, name))).rowcount:
            raise NotFoundError(_gone(name))
        audit.record(connection, by, "delete_rfm_map", dataset_id, name=name)


def _saved(connection: sa.Connection, dataset_id: str) -> dict[str, datetime]:
    """Return the time each map of a dataset was saved, by name."""
    rows = connection.execute(sa.select(_MAPS.c.name, _MAPS.c.created_at).where(_MAPS.c.dataset_id == dataset_id))
    return {name: catalog.in_utc(when) for name, when in rows}


def _this(dataset_id: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_MAPS.c.dataset_id == dataset_id, _MAPS.c.name == name)


def _gone(name: str) -> str:
    return f"The map “{name}” doesn't exist or was deleted in the meantime. Choose another."
