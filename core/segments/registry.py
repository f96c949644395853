"""Segment models of a dataset, kept in the catalog with a version each."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from core.errors import ConflictError
from core.segments.clustering import fit
from core.segments.model import ClusterSpec, SegmentModel
from core.workspace import catalog
from core.workspace.records import Version
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


def newest_or_first(workspace: Workspace, version: Version, customers: pd.DataFrame, as_of: date) -> StoredModel:
    """The dataset's newest model; where it has none, one is fitted on these customers and kept as version 1.

    Raises
    ------
    TooLittleDataError
        Where there is none and too few customers to fit one.
    """
    known = models_of(workspace, version.dataset_id)
    try:
        return known[0] if known else refit(workspace, version, customers, as_of)
    except ConflictError:  # somebody else looked for the first time, too
        return models_of(workspace, version.dataset_id)[0]


def refit(workspace: Workspace, version: Version, customers: pd.DataFrame, as_of: date) -> StoredModel:
    """Fit a model on these customers and keep it as the dataset's next; earlier ones stay.

    Raises
    ------
    TooLittleDataError
        Where there are too few customers.
    ConflictError
        Where somebody else refitted meanwhile.
    """
    known = models_of(workspace, version.dataset_id)
    spec = known[0].model.spec if known else ClusterSpec()
    stored = StoredModel(
        model_version=known[0].model_version + 1 if known else 1,
        fitted_on=version.version,
        as_of=as_of,
        model=fit(customers, spec),
    )
    store(workspace, version.dataset_id, stored)
    return stored
