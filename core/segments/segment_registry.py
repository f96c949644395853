"""Storage of a dataset's segment models in the catalog, as numbered versions."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from core.errors import ConflictError, NotFoundError
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec, SegmentModel, digest_of
from core.workspace import audit, catalog
from core.workspace.records import By, Version
from core.workspace.store import Workspace

_MODELS: Final = catalog.segment_models


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A segment model and its origin.

    Parameters
    ----------
    model_version : int
        Number of the model; 1 for the dataset's first.
    fitted_on : int
        Dataset version it was fitted on.
    as_of : date
        Date of the snapshot it was fitted on.
    model : SegmentModel
        The frozen model.
    """

    model_version: int
    fitted_on: int
    as_of: date
    model: SegmentModel

    @cached_property
    def content(self) -> str:
        """Digest of everything except the number, for use as a cache key: a restore may reuse the number."""
        return digest_of([self.fitted_on, self.as_of.isoformat(), self.model.to_json()])


def models_of(workspace: Workspace, dataset_id: str) -> list[StoredModel]:
    """Return all models of a dataset, newest first."""
    return _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id))


def newest_of(workspace: Workspace, dataset_id: str) -> StoredModel | None:
    """Return the newest model of a dataset, or None."""
    found = _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id).limit(1))
    return found[0] if found else None


def model_of(workspace: Workspace, dataset_id: str, which: str | int | None) -> StoredModel:
    """Return one model of a dataset.

    Parameters
    ----------
    workspace, dataset_id : Workspace, str
        Workspace and dataset.
    which : str, int or None
        `StoredModel.content`; or `SegmentModel.assignment`, for the newest model with it and so with current names; or
        a number, as in results and jobs of earlier releases.

    Raises
    ------
    NotFoundError
        If there is no such model.
    """
    if isinstance(which, str):
        each = models_of(workspace, dataset_id)
        found = [stored for stored in each if which in (stored.content, stored.model.assignment)]
    else:
        this = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.model_version == which)
        found = _read(workspace, sa.select(_MODELS).where(*this))
    if not found:
        what = f"Segment model {which} no longer exists" if isinstance(which, int) else "These segments no longer exist"
        message = f"{what}. Choose the segment again."
        raise NotFoundError(message)
    return found[0]


def numbers_of(workspace: Workspace, dataset_id: str, assignment: str) -> list[int]:
    """Return the numbers of models with an assignment, newest first; earlier releases stored results under these."""
    each = models_of(workspace, dataset_id)
    return [stored.model_version for stored in each if stored.model.assignment == assignment]


def adopt(
    workspace: Workspace,
    version: Version,
    model: SegmentModel,
    as_of: date,
    by: By | None,
    *,
    instead_of: int | None = None,
) -> StoredModel:
    """Store a model as the dataset's next; earlier ones remain.

    Parameters
    ----------
    workspace : Workspace
        Target workspace.
    version : Version
        Dataset version it was fitted on.
    model : SegmentModel
        The model.
    as_of : date
        Date of the snapshot it was fitted on.
    by : By or None
        Who adopts it, for the audit trail; None for automatic models, which aren't recorded there.
    instead_of : int, optional
        Number of the model that the user saw in use, 0 for none; by default the newest, whichever it is.

    Raises
    ------
    ConflictError
        If another model was adopted or a segment renamed in the meantime.
    """
    if instead_of is None:
        instead_of = max((known.model_version for known in models_of(workspace, version.dataset_id)), default=0)
    stored = StoredModel(model_version=instead_of + 1, fitted_on=version.version, as_of=as_of, model=model)
    store(workspace, version.dataset_id, stored, by)
    return stored


def store(
    workspace: Workspace, dataset_id: str, stored: StoredModel, by: By | None, action: str = "adopt_segments"
) -> None:
    """Store a model under its number and record it in the audit trail.

    Raises
    ------
    ConflictError
        If that number is already taken.
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
            if by is not None:  # a dataset's first model is fitted automatically
                audit.record(connection, by, action, dataset_id, stored.fitted_on, model=stored.model_version)
    except sa.exc.IntegrityError as error:
        message = "Someone else changed the segments in the meantime; nothing was changed. Review their segments first."
        raise ConflictError(message) from error


def fit_again(model: SegmentModel, customers: pd.DataFrame, spec: ClusterSpec | None = None) -> SegmentModel:
    """Refit a model on other customers, by default with the same settings; nothing is stored.

    Renamed segments keep their names if their centroids get the same derived name, unless names would collide.

    Raises
    ------
    TooLittleDataError
        If there are too few customers.
    """
    fitted = fit(customers, spec or model.spec)
    edited = dict(zip(model.given, model.names, strict=True))
    names = tuple(edited.get(name, name) for name in fitted.given)
    unique = len({name.casefold() for name in names}) == len(names)
    return replace(fitted, names=names) if unique else fitted


def rename(workspace: Workspace, dataset_id: str, name: str, new: str, by: By) -> StoredModel:
    """Rename a segment of the dataset's newest model by storing a new version of the model.

    Stored models never change, so results created under an earlier one keep their names.

    Raises
    ------
    InputError
        If the name isn't allowed; see `SegmentModel.renamed`.
    ConflictError
        If someone else changed the segments in the meantime.
    NotFoundError
        If there are none because the dataset was deleted.
    """
    known = models_of(workspace, dataset_id)
    if not known:
        message = "This dataset was deleted in the meantime. Choose another."
        raise NotFoundError(message)
    newest = known[0]
    model = newest.model.renamed(name, new)
    if model == newest.model:
        return newest
    number = newest.model_version + 1
    renamed = replace(newest, model_version=number, model=model)
    store(workspace, dataset_id, renamed, by, "rename_segment")
    return renamed


def newest_or_first(workspace: Workspace, version: Version, customers: pd.DataFrame, as_of: date) -> StoredModel:
    """Return the dataset's newest model; if it has none, fit one on these customers and store it as number 1.

    Raises
    ------
    TooLittleDataError
        If it has none and there are too few customers to fit one.
    """
    known = models_of(workspace, version.dataset_id)
    try:
        return known[0] if known else adopt(workspace, version, fit(customers, ClusterSpec()), as_of, None)
    except ConflictError:  # another process fitted the first model at the same time
        return models_of(workspace, version.dataset_id)[0]


def _read(workspace: Workspace, query: sa.Select[Any]) -> list[StoredModel]:
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query.order_by(_MODELS.c.model_version.desc())).mappings().all()
    return [
        StoredModel(
            model_version=row["model_version"],
            fitted_on=row["fitted_on"],
            as_of=row["as_of"],
            model=SegmentModel.from_json(row["model"]),
        )
        for row in rows
    ]
