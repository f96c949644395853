"""The job that trains models on a dataset version."""

from contextlib import closing
from typing import Any

from core.engine import Engine, parquet
from core.errors import ConflictError, InputError
from core.models.training.model_registry import keep_training, recall_training
from core.models.training.stored_training import read_training, write_training
from core.models.training.training_run import TrainSpec, trained
from core.progress import Progress
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import SegmentModel
from core.segments.segment_registry import model_of
from core.settings import Settings
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Train and evaluate all models on a version.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        The workspace, and the resources the job may use.
    spec : dict
        `core.workspace.stored_results.ResultKey` as JSON, with `TrainSpec.to_json` as its own spec.
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `models`: ids by name. The rest is stored, see `core.models.training.stored_training`.

    Raises
    ------
    TooLittleDataError
        If no one ordered before the date.
    """
    key, asked = ResultKey.from_json(spec), TrainSpec.from_json(spec["spec"])
    if (models := _stored(workspace, key)) is not None:  # by a worker stopped before it could report
        return {"models": models}
    given = _given(workspace, key.dataset_id, asked)
    folder = workspace.version(key.dataset_id, key.version).folder
    data = {"dataset": key.dataset_id, "version": key.version, "generation": key.generation}
    with closing(Engine.of(settings)) as engine, engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        found = trained(connection, orders, returns, asked, given=given, data=data, progress=progress)
    progress(0.99, "Saving")
    try:
        ids = keep_training(workspace, key, found.models, lambda target, ids: write_training(target, asked, found, ids))
    except ConflictError:
        if (models := _stored(workspace, key)) is None:
            raise
        return {"models": models}
    return {"models": ids}


def _stored(workspace: Workspace, key: ResultKey) -> dict[str, str] | None:
    """Return the ids, by name, of models that an earlier attempt stored; None if there was none."""
    folder = kept(workspace, key)
    if folder is None:
        return None
    models = read_training(folder).models
    return models if recall_training(workspace, key, models) else None


def _given(workspace: Workspace, dataset_id: str, asked: TrainSpec) -> SegmentModel | None:
    """Return the requested segments of the dataset; None if none were requested or they use more than RFM.

    Raises
    ------
    InputError
        If the segments were fitted on data the models may not see.
    """
    if asked.segments is None:
        return None
    known = model_of(workspace, dataset_id, asked.segments)
    if known.as_of > asked.as_of:
        message = (
            f"The segments were fitted as of {known.as_of}, after {asked.as_of}, and models may only use earlier data; "
            "choose a later date or older segments."
        )
        raise InputError(message)
    return known.model if set(known.model.scaler.spec.features) <= set(RFM) else None
