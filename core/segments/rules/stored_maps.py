"""Maps that people edited, kept per dataset under a name; each change stands in the audit trail."""

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
    """A map that somebody edited.

    Parameters
    ----------
    rfm_map : RfmMap
        The map; one with gaps or overlaps is a draft.
    who : str
        Who saved it last.
    created_at : datetime
        When, in UTC.
    """

    rfm_map: RfmMap
    who: str
    created_at: datetime


def maps_of(workspace: Workspace, dataset_id: str) -> list[StoredMap]:
    """All maps that were edited for a dataset, by name."""
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
    """Keep a map under its name, a draft as well as a sound one.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    dataset_id : str
        The dataset it belongs to.
    rfm_map : RfmMap
        The map.
    by : By
        Who does it.
    instead_of : StoredMap, optional
        The map that was edited, as it was read: it is replaced, and renamed where the new one has another name.

    Raises
    ------
    InputError
        Where the name is that of a map that comes with Clientele.
    ConflictError
        Where another map of the dataset has the name, or somebody else saved the one that was edited meanwhile.
    NotFoundError
        Where there is no such dataset, or the map that was edited is gone.
    """
    if rfm_map.name in {known.name for known in BUILT_IN.values()}:
        message = f"The name “{rfm_map.name}” belongs to a map that comes with Clientele; choose another name."
        raise InputError(message)
    workspace.dataset(dataset_id)
    with catalog.writing(workspace.catalog()) as connection:
        saved, before = _saved(connection, dataset_id), None
        if instead_of is not None:
            before = instead_of.rfm_map.name
            if before not in saved:
                raise NotFoundError(_gone(before))
            if saved.pop(before) != instead_of.created_at:
                message = f"Somebody else saved “{before}” meanwhile; nothing was changed. Look at theirs first."
                raise ConflictError(message)
        if rfm_map.name in saved:
            message = (
                f"There is another map of the name “{rfm_map.name}”; choose another name, or delete that one first."
            )
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
        Where it is gone already.
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
    return f"The map “{name}” does not exist, or somebody deleted it meanwhile; choose another one."
