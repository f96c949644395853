"""Segment models of a dataset, kept in the catalog with a version each."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.errors import ConflictError
from core.segments.model import SegmentModel
from core.workspace import catalog
from core.workspace.store import Workspace


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A segment model and where it comes from.

    Parameters
    ----------
    model_version : int
        1 for the dataset's first.
    fitted_on : int
        Dataset version it was fitted on.
    as_of : date
        As of when its customers were looked at.
    model : SegmentModel
        The frozen model.
    """

    model_version: int
    fitted_on: int
    as_of: date
    model: SegmentModel


def models_of(workspace: Workspace, dataset_id: str) -> list[StoredModel]:
    """All models of a dataset, newest first."""
    table = catalog.segment_models
    query = sa.select(table).where(table.c.dataset_id == dataset_id).order_by(table.c.model_version.desc())
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        StoredModel(
            model_version=row["model_version"],
            fitted_on=row["fitted_on"],
            as_of=row["as_of"],
            model=SegmentModel.from_json(row["model"]),
        )
        for row in rows
    ]


def store(workspace: Workspace, dataset_id: str, stored: StoredModel) -> None:
    """Keep a model under its version.

    Raises
    ------
    ConflictError
        Where that version exists already.
    """
    row = {
        "dataset_id": dataset_id,
        "model_version": stored.model_version,
        "fitted_on": stored.fitted_on,
        "as_of": stored.as_of,
        "created_at": catalog.now(),
        "model": stored.model.to_json(),
    }
    try:
        with workspace.catalog().begin() as connection:
            connection.execute(sa.insert(catalog.segment_models).values(row))
    except sa.exc.IntegrityError as error:
        message = "Somebody else refitted the segments meanwhile; look at theirs first."
        raise ConflictError(message) from error
