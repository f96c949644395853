"""Trained models of a dataset: kept in a folder each, listed in the catalog, one of each horizon in use."""

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
        See `core.models.learners.predictor.Predictor.name`.
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
    """Keep the models of a training and its result in one commit: all of it or nothing.

    The result names its models. Where a process is killed between moving the result and the commit, `recall_training`
    finishes what it began.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    key : ResultKey
        What the result is made of.
    made : mapping
        By name, each model and its card.
    write : callable
        Writes the result into the folder that it is given; is given the ids of the models by name, too.

    Returns
    -------
    dict
        Ids by name.

    Raises
    ------
    ConflictError
        Where another worker kept the same training meanwhile; `recall_training` gives that.
    NotFoundError
        Where the version was deleted meanwhile.
    DiskFullError
        Where the disk is full; nothing is kept then.
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
    """Whether a training whose result is kept is stored; where its models aren't listed yet, they are now.

    Parameters
    ----------
    workspace : Workspace
        Where.
    key : ResultKey
        Of the result.
    ids : mapping
        Ids of the models by name, as the result has them.

    Returns
    -------
    bool
        False where the models are gone: the result was deleted, and the training has to be done again.
    """
    with catalog.writing(workspace.catalog()) as connection:
        known = connection.scalars(sa.select(_MODELS.c.id).where(_MODELS.c.id.in_(list(ids.values())))).all()
        if known or not ids:
            return True
        try:
            models = {model_id: _model_in(_folder(workspace, key.dataset_id, model_id)) for model_id in ids.values()}
        except InputError:  # cleared as leftovers, or damaged
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
    """Keep models that were trained on files and belong to no dataset, all or none; `folder_of` finds them.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    made : mapping
        By name, each model and its card.
    then : callable
        Is given the ids by name; where it fails, no model is kept.

    Returns
    -------
    dict
        Ids by name.
    """
    with _written(workspace, folders.models_of(workspace, LOOSE_MODELS), made) as ids:
        then(ids)
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
            f"There is no model “{shown(model_id)}” in the workspace {workspace}; give the id that `train` printed, "
            "the id that the page of models shows, or the folder of a model."
        )
        raise NotFoundError(message)
    return inside(workspace / "models", found[0].parent.name, model_id)


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
        Where it is damaged; see `core.models.training.model_folder.read`.
    """
    return model_folder.read(model.folder)


@contextmanager
def _written(
    workspace: Path, home: Path, made: Mapping[str, tuple[Predictor, dict[str, Any]]]
) -> Iterator[dict[str, str]]:
    """Ids by name of models that stand below `home`; all of them are gone again where what is done with them fails."""
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
    except BaseException:  # nothing fails after the commit of what lists them
        for folder in moved:
            folders.discard(folder, workspace)
        with suppress(OSError):  # other models are in it
            home.rmdir()
        raise


@contextmanager
def _result_published(workspace: Workspace, key: ResultKey, unfinished: Path) -> Iterator[sa.Connection]:
    """A transaction in which a result is moved to its place; it is gone again where the transaction fails."""
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
    with suppress(OSError):  # it is committed: what fails now may not take the models away
        folders.sync_folder(final.parent)


def _refuse_twice(workspace: Workspace, key: ResultKey) -> None:
    if stored_results.kept(workspace, key):
        message = "Another worker kept the same training meanwhile; nothing was changed."
        raise ConflictError(message)


def _insert(
    connection: sa.Connection,
    dataset_id: str,
    version: int,
    models: Mapping[str, tuple[Predictor, dict[str, Any]]],
    training: str | None = None,
) -> None:
    """The rows of models, by their ids."""
    now = catalog.now()
    for model_id, (predictor, card) in models.items():
        row = {
            "id": model_id, "dataset_id": dataset_id, "version": version, "name": predictor.name,
            "horizon": predictor.horizon, "as_of": predictor.as_of, "created_at": now, "in_use": False,
            "card": {**card, "id": model_id}, "training": training,
        }  # fmt: skip
        connection.execute(sa.insert(_MODELS).values(row))


def _model_in(folder: Path) -> tuple[Predictor, dict[str, Any]]:
    """A model and its card as they stand in its folder; ModelFolderError where they don't."""
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
    """A card without the passwords that an older Clientele wrote into addresses."""
    data = card.get("data")
    return {**card, "data": redacted_all(data)} if isinstance(data, dict) else card
