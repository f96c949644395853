"""The audit trail of changes. Each row is written in the transaction of its change."""

from typing import Any

import sqlalchemy as sa

from core.workspace import catalog
from core.workspace.records import By, Change


def record(
    connection: sa.Connection,
    by: By,
    action: str,
    dataset_id: str | None = None,
    version: int | None = None,
    **details: Any,
) -> None:
    """Record one change; see `Change`."""
    row = {
        "at": catalog.now(),
        "who": by.who[: catalog.LONGEST_WHO],
        "action": action,
        "dataset_id": dataset_id,
        "version": version,
        "details": details,
    }
    connection.execute(sa.insert(catalog.audit).values(row))


def trail(engine: sa.Engine, dataset_id: str | None, limit: int) -> list[Change]:
    """Return the latest changes of a dataset, or of all datasets, newest first."""
    table = catalog.audit
    query = sa.select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    if dataset_id is not None:
        query = query.where(table.c.dataset_id == dataset_id)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Change(
            at=catalog.in_utc(row["at"]),
            **{name: row[name] for name in ("who", "action", "dataset_id", "version", "details")},
        )
        for row in rows
    ]
