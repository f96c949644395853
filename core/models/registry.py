"""Trained models of a dataset: kept in a folder each, listed in the catalog, one of each horizon in use."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import NotFoundError
from core.models import stored
from core.models.predictor import Predictor
from core.models.suite import CHAMPION
from core.workspace import audit, catalog, folders
from core.workspace.records import By
from core.workspace.store import Workspace

_MODELS: Final = catalog.predictors
_DIGITS: Final = 12
_ID: Final = re.compile(r"[0-9a-f]{12}")
_SHOWN: Final = 60  # letters of what is no id
_LOOSE: Final = "from-files"  # no dataset has such an id


@dataclass(frozen=True, kw_only=True)
class StoredPredictor:
    """A trained model and where it comes from.

    Parameters
    ----------
    id : str
        Key in links and on the command line.
    dataset_id : str
        Whose customers it was trained on; it scores any version of the dataset.
    version : int
        The version it was trained on.
    name : str
        See `core.models.predictor.Predictor.name`.
    horizon : int
        Days.
    as_of : date
        It has seen nothing from this day on.
    created_at : datetime
        In UTC.
    in_use : bool
        Whether somebody chose it for its horizon.
    card : dict
        Data, settings, features, figures and library versions.
    folder : Path
        Where it is.
    """

    id: str
    dataset_id: str
    version: int
    name: str
    horizon: int
    as_of: date
    created_at: datetime
    in_use: bool
    card: dict[str, Any]
    folder: Path


def keep_predictors(
    workspace: Workspace,
    dataset_id: str,
    version: int,
    made: Mapping[str, tuple[Predictor, dict[str, Any]]],
) -> dict[str, str]:
    """Keep models of one training: all or none.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    dataset_id : str
        Whose customers they were trained on.
    version : int
        On which version.
    made : mapping
        By name, each model and its card.

    Returns
    -------
    dict
        Ids by name.

    Raises
    ------
    NotFoundError
        Where the version was deleted meanwhile.
    DiskFullError
        Where the disk is full; nothing is kept then.
    """
    home = folders.models_of(workspace.folder, dataset_id)
    with _written(workspace.folder, home, made) as ids, catalog.writing(workspace.catalog()) as connection:
        workspace.version(dataset_id, version)
        for name, (predictor, card) in made.items():
            row = {
                "id": ids[name], "dataset_id": dataset_id, "version": version, "name": name,
                "horizon": predictor.horizon, "as_of": predictor.as_of, "created_at": catalog.now(),
                "in_use": False, "card": {"id": ids[name], **card},
            }  # fmt: skip
            connection.execute(sa.insert(_MODELS).values(row))
    return ids


def keep_loose(workspace: Path, made: Mapping[str, tuple[Predictor, dict[str, Any]]]) -> dict[str, str]:
    """Keep models that were trained on files and belong to no dataset, all or none; `folder_of` finds them.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    made : mapping
        By name, each model and its card.

    Returns
    -------
    dict
        Ids by name.
    """
    with _written(workspace, folders.models_of(workspace, _LOOSE), made) as ids:
        return ids


def folder_of(workspace: Path, model_id: str) -> Path:
    """Folder of a model by its id, whichever dataset it belongs to, if any.

    Raises
    ------
    NotFoundError
        Where there is none.
    """
    found = sorted((workspace / "models").glob(f"*/{model_id}")) if _ID.fullmatch(model_id) else []
    if not found:
        message = (
            f"There is no model “{model_id[:_SHOWN]}” in the workspace {workspace}; give the id that `train` printed, "
            "the id that the page of models shows, or the folder of a model."
        )
        raise NotFoundError(message)
    return found[0]


def predictors_of(workspace: Workspace, dataset_id: str, horizon: int | None = None) -> list[StoredPredictor]:
    """Models of a dataset, the newest first; of one horizon, where that is given."""
    query = sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id)
    if horizon is not None:
        query = query.where(_MODELS.c.horizon == horizon)
    return _read(workspace, query)


def predictor_of(workspace: Workspace, dataset_id: str, model_id: str) -> StoredPredictor:
    """One model of a dataset.

    Raises
    ------
    NotFoundError
        Where there is none.
    """
    found = _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id, _MODELS.c.id == model_id))
    if not found:
        message = f"There is no model “{model_id}” of this dataset, or not any more; choose another one."
        raise NotFoundError(message)
    return found[0]


def in_use(workspace: Workspace, dataset_id: str, horizon: int) -> StoredPredictor | None:
    """The model in use for a horizon: the one that somebody chose, else the newest champion; None without any."""
    able = (_MODELS.c.horizon == horizon, _MODELS.c.in_use | (_MODELS.c.name == CHAMPION))
    query = sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id, *able)
    # each card is long, so that those of other models are not read
    return next(iter(_read(workspace, query.order_by(_MODELS.c.in_use.desc()).limit(1))), None)


def horizons_of(workspace: Workspace, dataset_id: str) -> set[int]:
    """Horizons in days for which there are models."""
    query = sa.select(_MODELS.c.horizon).where(_MODELS.c.dataset_id == dataset_id).distinct()
    with workspace.catalog().connect() as connection:
        return set(connection.execute(query).scalars())


def crown(workspace: Workspace, dataset_id: str, model_id: str, by: By) -> None:
    """Use a model for its horizon, instead of any other.

    Raises
    ------
    NotFoundError
        Where there is no such model.
    """
    model = predictor_of(workspace, dataset_id, model_id)
    same = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.horizon == model.horizon)
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.update(_MODELS).where(*same).values(in_use=False))
        connection.execute(sa.update(_MODELS).where(*same, _MODELS.c.id == model_id).values(in_use=True))
        audit.record(connection, by, "use_model", dataset_id, model.version, model=model_id, name=model.name)


def uncrown(workspace: Workspace, dataset_id: str, horizon: int, by: By) -> None:
    """Let the newest champion be used again."""
    with catalog.writing(workspace.catalog()) as connection:
        same = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.horizon == horizon)
        connection.execute(sa.update(_MODELS).where(*same).values(in_use=False))
        audit.record(connection, by, "use_model", dataset_id, None, model=None, name=CHAMPION)


def load(model: StoredPredictor) -> Predictor:
    """Read a model from its folder.

    Raises
    ------
    ModelFolderError
        Where it is damaged; see `core.models.stored.read`.
    """
    return stored.read(model.folder)


@contextmanager
def _written(
    workspace: Path, home: Path, made: Mapping[str, tuple[Predictor, dict[str, Any]]]
) -> Iterator[dict[str, str]]:
    """Ids by name of models that stand below `home`; all of them are gone again where what is done with them fails."""
    ids = {name: uuid4().hex[:_DIGITS] for name in made}
    unfinished = folders.new_unfinished(workspace)
    try:
        with folders.disk_full_told(workspace):
            home.mkdir(parents=True, exist_ok=True)
            for name, (predictor, card) in made.items():
                (unfinished / ids[name]).mkdir(parents=True)
                stored.write(predictor, unfinished / ids[name], {"id": ids[name], **card})
            with folders.announced(workspace, [home / model_id for model_id in ids.values()]):
                yield from _published(unfinished, home, ids, workspace)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _published(unfinished: Path, home: Path, ids: dict[str, str], workspace: Path) -> Iterator[dict[str, str]]:
    moved: list[Path] = []
    try:
        for model_id in ids.values():
            folders.publish(unfinished / model_id, home / model_id)
            moved.append(home / model_id)
        yield ids
    except BaseException:
        for folder in moved:
            folders.discard(folder, workspace)
        raise


def _folder(workspace: Workspace, dataset_id: str, model_id: str) -> Path:
    return folders.models_of(workspace.folder, dataset_id) / model_id


def _read(workspace: Workspace, query: sa.Select[Any]) -> list[StoredPredictor]:
    order = (_MODELS.c.created_at.desc(), _MODELS.c.id)
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query.order_by(*order)).mappings().all()
    return [
        StoredPredictor(
            created_at=catalog.in_utc(row["created_at"]),
            folder=_folder(workspace, row["dataset_id"], row["id"]),
            **{name: row[name] for name in row if name != "created_at"},
        )
        for row in rows
    ]
