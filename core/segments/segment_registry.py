"""Segment models of a dataset, kept in the catalog with a version each."""

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

    @cached_property
    def content(self) -> str:
        """Digest of all of it but its number, which another model may have after a restore: what caches go by."""
        return digest_of([self.fitted_on, self.as_of.isoformat(), self.model.to_json()])


def models_of(workspace: Workspace, dataset_id: str) -> list[StoredModel]:
    """All models of a dataset, newest first."""
    return _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id))


def newest_of(workspace: Workspace, dataset_id: str) -> StoredModel | None:
    """The newest model of a dataset alone; None where it has none."""
    found = _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id).limit(1))
    return found[0] if found else None


def model_of(workspace: Workspace, dataset_id: str, which: str | int | None) -> StoredModel:
    """One model of a dataset.

    Parameters
    ----------
    workspace, dataset_id : Workspace, str
        Whose.
    which : str, int or None
        `StoredModel.content`; or `SegmentModel.assignment`, of which the newest is given, with the names of today; or
        a number, as in results and jobs that an earlier Clientele made.

    Raises
    ------
    NotFoundError
        Where there is no such model.
    """
    if isinstance(which, str):
        each = models_of(workspace, dataset_id)
        found = [stored for stored in each if which in (stored.content, stored.model.assignment)]
    else:
        this = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.model_version == which)
        found = _read(workspace, sa.select(_MODELS).where(*this))
    if not found:
        what = f"Segment model {which} is" if isinstance(which, int) else "These segments are"
        message = f"{what} not there any more; choose the segment again."
        raise NotFoundError(message)
    return found[0]


def numbers_of(workspace: Workspace, dataset_id: str, assignment: str) -> list[int]:
    """Numbers of the models that put customers so, by which an earlier Clientele kept results; the newest first."""
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
    """Keep a model as the dataset's next; earlier ones stay.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    version : Version
        Dataset version it was fitted on.
    model : SegmentModel
        The model.
    as_of : date
        As of when its customers were looked at.
    by : By or None
        Who does it, for the audit trail; None where nobody decides and it says nothing.
    instead_of : int, optional
        Version of the model in use as it was seen when this one was chosen, 0 for none; without, whichever it is.

    Raises
    ------
    ConflictError
        Where somebody else adopted another one, or renamed a segment, meanwhile.
    """
    if instead_of is None:
        instead_of = max((known.model_version for known in models_of(workspace, version.dataset_id)), default=0)
    stored = StoredModel(model_version=instead_of + 1, fitted_on=version.version, as_of=as_of, model=model)
    store(workspace, version.dataset_id, stored, by)
    return stored


def store(
    workspace: Workspace, dataset_id: str, stored: StoredModel, by: By | None, action: str = "adopt_segments"
) -> None:
    """Keep a model under its version, and say so in the audit trail.

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
            if by is not None:  # nobody decided on a dataset's first model
                audit.record(connection, by, action, dataset_id, stored.fitted_on, model=stored.model_version)
    except sa.exc.IntegrityError as error:
        message = "Somebody else changed the segments meanwhile; look at theirs first."
        raise ConflictError(message) from error


def fit_again(model: SegmentModel, customers: pd.DataFrame, spec: ClusterSpec | None = None) -> SegmentModel:
    """Fit on other customers, by default with the same spec; nothing is stored.

    Segments that the centroids call the same keep the names that people gave them, where that leaves all unique.

    Raises
    ------
    TooLittleDataError
        Where there are too few customers.
    """
    fitted = fit(customers, spec or model.spec)
    edited = dict(zip(model.given, model.names, strict=True))
    names = tuple(edited.get(name, name) for name in fitted.given)
    unique = len({name.casefold() for name in names}) == len(names)
    return replace(fitted, names=names) if unique else fitted


def rename(workspace: Workspace, dataset_id: str, name: str, new: str, by: By) -> StoredModel:
    """Rename a segment of the dataset's newest model, as a new version of the model.

    A version never changes, so whatever was made under an earlier one keeps the names it was made with.

    Raises
    ------
    InputError
        Where the name cannot be given, see `SegmentModel.renamed`.
    ConflictError
        Where somebody else changed the segments meanwhile.
    NotFoundError
        Where there are none, because the dataset was deleted.
    """
    known = models_of(workspace, dataset_id)
    if not known:
        message = "This dataset has no segments any more; somebody deleted it meanwhile."
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
    """The dataset's newest model; where it has none, one is fitted on these customers and kept as version 1.

    Raises
    ------
    TooLittleDataError
        Where there is none and too few customers to fit one.
    """
    known = models_of(workspace, version.dataset_id)
    try:
        return known[0] if known else adopt(workspace, version, fit(customers, ClusterSpec()), as_of, None)
    except ConflictError:  # somebody else looked for the first time, too
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
