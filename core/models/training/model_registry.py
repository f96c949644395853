"""Registry of trained models: a folder and a catalog row each, with one model in use per horizon."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import ConflictError, InputError, NotFoundError
from core.models.learners.predictor import Predictor
from core.models.training import model_folder
from core.models.training.suite import CHAMPION
from core.redaction import redacted_all
from core.workspace import audit, catalog, folders, stored_results
from core.workspace.checked_paths import LOOSE_MODELS, inside, shown
from core.workspace.disk import disk_state
from core.workspace.records import By
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey

_MODELS: Final = catalog.predictors
_DIGITS: Final = 12
_ID: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class StoredPredictor:
    """A trained model as stored.

    Parameters
    ----------
    id : str
        Key in links and on the command line.
    dataset_id : str
        Dataset it was trained on. It scores any version of that dataset.
    version : int
        Version it was trained on.
    name : str
        See `core.models.learners.predictor.Predictor.name`.
    horizon : int
        Days.
    as_of : date
        It has seen nothing from this day on.
    created_at : datetime
        Time of creation, in UTC.
    in_use : bool
        Whether it was chosen for its horizon.
    card : dict
        Data, settings, features, metrics and library versions.
    folder : Path
        Folder with its files.
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
    """Store the models of one training, all or none.

    Parameters
    ----------
    workspace : Workspace
        The workspace to store them in.
    dataset_id : str
        Dataset they were trained on.
    version : int
        Version they were trained on.
    made : mapping
        Each model and its card, by name.

    Returns
    -------
    dict
        Ids by name.

    Raises
    ------
    NotFoundError
        If the version was deleted in the meantime.
    DiskFullError
        If the disk is full. Nothing is stored in that case.
    """
    with (
        _written(workspace.folder, folders.models_of(workspace.folder, dataset_id), made) as ids,
        catalog.writing(workspace.catalog()) as connection,
    ):
        workspace.version(dataset_id, version)
        _insert(connection, dataset_id, version, {ids[name]: model for name, model in made.items()})
    return ids


def keep_training(
    workspace: Workspace,
    key: ResultKey,
    made: Mapping[str, tuple[Predictor, dict[str, Any]]],
    write: Callable[[Path, dict[str, str]], None],
) -> dict[str, str]:
    """Store the models of a training and its result in one commit, all or nothing.

    The result names its models. If the process is killed between moving the result and the commit, `recall_training`
    completes the commit.

    Parameters
    ----------
    workspace : Workspace
        The workspace to store them in.
    key : ResultKey
        Key of the result.
    made : mapping
        Each model and its card, by name.
    write : callable
        Writes the result, given a folder and the model ids by name.

    Returns
    -------
    dict
        Ids by name.

    Raises
    ------
    ConflictError
        If another worker stored the same training in the meantime; `recall_training` retrieves it.
    NotFoundError
        If the version was deleted in the meantime.
    DiskFullError
        If the disk is full. Nothing is stored in that case.
    """
    home = folders.models_of(workspace.folder, key.dataset_id)
    with (
        _written(workspace.folder, home, made) as ids,
        stored_results.written(workspace, key, lambda folder: write(folder, ids)) as unfinished,
        _result_published(workspace, key, unfinished) as connection,
    ):
        models = {ids[name]: model for name, model in made.items()}
        _insert(connection, key.dataset_id, key.version, models, key.digest)
    return ids


def recall_training(workspace: Workspace, key: ResultKey, ids: Mapping[str, str]) -> bool:
    """List the models of a stored training result in the catalog if an interrupted commit left them out.

    Parameters
    ----------
    workspace : Workspace
        The workspace of the result.
    key : ResultKey
        Key of the result.
    ids : mapping
        Model ids by name, from the result.

    Returns
    -------
    bool
        True if the models are listed; False if they are gone, in which case the result is discarded and the training
        must run again.
    """
    with catalog.writing(workspace.catalog()) as connection:
        known = connection.scalars(sa.select(_MODELS.c.id).where(_MODELS.c.id.in_(list(ids.values())))).all()
        if known or not ids:
            return True
        try:
            models = {model_id: _model_in(_folder(workspace, key.dataset_id, model_id)) for model_id in ids.values()}
        except InputError:  # removed as leftovers, or damaged
            stored_results.discard(workspace, key)
            return False
        workspace.version(key.dataset_id, key.version)
        _insert(connection, key.dataset_id, key.version, models, key.digest)
    return True


def keep_loose(
    workspace: Path,
    made: Mapping[str, tuple[Predictor, dict[str, Any]]],
    then: Callable[[dict[str, str]], None] = lambda _ids: None,
) -> dict[str, str]:
    """Store models that were trained on files and belong to no dataset, all or none; `folder_of` finds them.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    made : mapping
        Each model and its card, by name.
    then : callable
        Called with the ids by name. If it fails, no model is stored.

    Returns
    -------
    dict
        Ids by name.
    """
    with _written(workspace, folders.models_of(workspace, LOOSE_MODELS), made) as ids:
        then(ids)
        return ids


def folder_of(workspace: Path, model_id: str) -> Path:
    """Return the folder of a model by its id, whichever dataset it belongs to, if any.

    Raises
    ------
    NotFoundError
        If there is no such model.
    """
    found = sorted((workspace / "models").glob(f"*/{model_id}")) if _ID.fullmatch(model_id) else []
    if not found:
        message = (
            f"There is no model “{shown(model_id)}” in the workspace {workspace}; give the id printed by `train`, "
            "the id shown on the model's page, or the model's folder."
        )
        raise NotFoundError(message)
    return inside(workspace / "models", found[0].parent.name, model_id)


def predictors_of(workspace: Workspace, dataset_id: str, horizon: int | None = None) -> list[StoredPredictor]:
    """Return the models of a dataset, newest first, optionally of one horizon only."""
    query = sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id)
    if horizon is not None:
        query = query.where(_MODELS.c.horizon == horizon)
    return _read(workspace, query)


def predictor_of(workspace: Workspace, dataset_id: str, model_id: str) -> StoredPredictor:
    """Return one model of a dataset.

    Raises
    ------
    NotFoundError
        If there is no such model.
    """
    found = _read(workspace, sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id, _MODELS.c.id == model_id))
    if not found:
        message = f"There is no model “{model_id}” in this dataset; it may have been deleted. Choose another one."
        raise NotFoundError(message)
    return found[0]


def in_use(workspace: Workspace, dataset_id: str, horizon: int) -> StoredPredictor | None:
    """Return the model in use for a horizon: the chosen one, otherwise the newest champion; None without either."""
    able = (_MODELS.c.horizon == horizon, _MODELS.c.in_use | (_MODELS.c.name == CHAMPION))
    query = sa.select(_MODELS).where(_MODELS.c.dataset_id == dataset_id, *able)
    # cards are long, so the other models' aren't read
    return next(iter(_read(workspace, query.order_by(_MODELS.c.in_use.desc()).limit(1))), None)


def horizons_of(workspace: Workspace, dataset_id: str) -> set[int]:
    """Return the horizons, in days, for which there are models."""
    query = sa.select(_MODELS.c.horizon).where(_MODELS.c.dataset_id == dataset_id).distinct()
    with workspace.catalog().connect() as connection:
        return set(connection.execute(query).scalars())


def crown(workspace: Workspace, dataset_id: str, model_id: str, by: By) -> None:
    """Set the model to use for its horizon.

    Raises
    ------
    NotFoundError
        If there is no such model.
    """
    model = predictor_of(workspace, dataset_id, model_id)
    same = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.horizon == model.horizon)
    with catalog.writing(workspace.catalog()) as connection:
        connection.execute(sa.update(_MODELS).where(*same).values(in_use=False))
        connection.execute(sa.update(_MODELS).where(*same, _MODELS.c.id == model_id).values(in_use=True))
        audit.record(connection, by, "use_model", dataset_id, model.version, model=model_id, name=model.name)


def uncrown(workspace: Workspace, dataset_id: str, horizon: int, by: By) -> None:
    """Return to using the newest champion for a horizon."""
    with catalog.writing(workspace.catalog()) as connection:
        same = (_MODELS.c.dataset_id == dataset_id, _MODELS.c.horizon == horizon)
        connection.execute(sa.update(_MODELS).where(*same).values(in_use=False))
        audit.record(connection, by, "use_model", dataset_id, None, model=None, name=CHAMPION)


def load(model: StoredPredictor) -> Predictor:
    """Read a model from its folder.

    Raises
    ------
    ModelFolderError
        If the folder is damaged; see `core.models.training.model_folder.read`.
    """
    return model_folder.read(model.folder)


@contextmanager
def _written(
    workspace: Path, home: Path, made: Mapping[str, tuple[Predictor, dict[str, Any]]]
) -> Iterator[dict[str, str]]:
    """Write models below `home` and yield their ids by name. If the block fails, all of them are removed."""
    ids = {name: uuid4().hex[:_DIGITS] for name in made}
    unfinished = folders.new_unfinished(workspace)
    try:
        with disk_state.disk_full_told(workspace):
            home.mkdir(parents=True, exist_ok=True)
            for name, (predictor, card) in made.items():
                (unfinished / ids[name]).mkdir(parents=True)
                model_folder.write(predictor, unfinished / ids[name], {"id": ids[name], **card})
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
    except BaseException:  # raised only before the commit that lists them
        for folder in moved:
            folders.discard(folder, workspace)
        with suppress(OSError):  # it may hold other models
            home.rmdir()
        raise


@contextmanager
def _result_published(workspace: Workspace, key: ResultKey, unfinished: Path) -> Iterator[sa.Connection]:
    """Open a transaction in which a result is published. If the transaction fails, the result is removed."""
    final = None
    try:
        with catalog.writing(workspace.catalog()) as connection:
            _refuse_twice(workspace, key)
            final = stored_results.publish(workspace, key, unfinished)
            yield connection
    except BaseException:
        if final:
            stored_results.discard(workspace, key)
        raise
    with suppress(OSError):  # committed: a failure here must not remove the models
        folders.sync_folder(final.parent)


def _refuse_twice(workspace: Workspace, key: ResultKey) -> None:
    if stored_results.kept(workspace, key):
        message = "Another worker has already stored the same training; nothing was changed."
        raise ConflictError(message)


def _insert(
    connection: sa.Connection,
    dataset_id: str,
    version: int,
    models: Mapping[str, tuple[Predictor, dict[str, Any]]],
    training: str | None = None,
) -> None:
    """Insert the catalog rows of models by id."""
    now = catalog.now()
    for model_id, (predictor, card) in models.items():
        row = {
            "id": model_id, "dataset_id": dataset_id, "version": version, "name": predictor.name,
            "horizon": predictor.horizon, "as_of": predictor.as_of, "created_at": now, "in_use": False,
            "card": {**card, "id": model_id}, "training": training,
        }  # fmt: skip
        connection.execute(sa.insert(_MODELS).values(row))


def _model_in(folder: Path) -> tuple[Predictor, dict[str, Any]]:
    """Read a model and its card from its folder; raise ModelFolderError if either is missing or damaged."""
    return model_folder.read(folder), model_folder.read_card(folder)


def _folder(workspace: Workspace, dataset_id: str, model_id: str) -> Path:
    return inside(folders.models_of(workspace.folder, dataset_id), model_id)


def _read(workspace: Workspace, query: sa.Select[Any]) -> list[StoredPredictor]:
    order = (_MODELS.c.created_at.desc(), _MODELS.c.id)
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query.order_by(*order)).mappings().all()
    return [
        StoredPredictor(
            created_at=catalog.in_utc(row["created_at"]),
            folder=_folder(workspace, row["dataset_id"], row["id"]),
            card=_shown(row["card"]),
            **{
                name: row[name]
                for name in StoredPredictor.__dataclass_fields__
                if name not in ("created_at", "folder", "card")
            },
        )
        for row in rows
    ]


def _shown(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card without the passwords that older versions of Clientele stored in addresses."""
    data = card.get("data")
    return {**card, "data": redacted_all(data)} if isinstance(data, dict) else card
