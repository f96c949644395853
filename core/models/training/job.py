"""The job that trains models on a dataset version, and its stored result."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from core.engine import Engine, parquet
from core.errors import ConflictError, InputError
from core.models.training.model_registry import keep_training, recall_training
from core.models.training.training_run import Training, TrainSpec, trained
from core.progress import Progress
from core.segments.clustering.cluster_features import RFM
from core.segments.movement import frozen_models
from core.segments.segment_model import SegmentModel
from core.segments.segment_registry import model_of
from core.settings import Settings
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept

KIND: Final = "train"
"""The kind of the job."""

_PREDICTIONS: Final = "predictions.parquet"
_RUN: Final = "run.json"
_NAMED: Final = ("segment_now", "segment_predicted", "segment_next")


@dataclass(frozen=True, kw_only=True)
class TrainRun:
    """The stored result of a training job.

    Parameters
    ----------
    spec : TrainSpec
        The requested training.
    predictions : DataFrame
        Columns of `core.models.training.backtest.COLUMNS`, at past cutoffs; empty if the log is too short to evaluate
        anything.
    boards : dict
        By outcome, `core.models.judging.leaderboard.leaderboard`.
    models : dict
        Model ids by name, see `core.models.training.model_registry`.
    refused : dict
        Why a model couldn't be trained, by its name.
    searched : list of dict
        `core.models.learners.search.Searched.to_json` with `outcome`.
    told : dict
        See `core.models.training.training_run.Training`.
    """

    spec: TrainSpec
    predictions: pd.DataFrame
    boards: dict[str, pd.DataFrame]
    models: dict[str, str]
    refused: dict[str, str]
    searched: list[dict[str, Any]]
    told: dict[str, Any]

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return a copy with the segments' current names, given by their names at the time."""
        columns = [name for name in _NAMED if name in self.predictions]
        each = {name: frozen_models.renamed(self.predictions[name], names) for name in columns}
        segments = [names.get(name, name) for name in self.told.get("segments", [])]
        return replace(self, predictions=self.predictions.assign(**each), told={**self.told, "segments": segments})


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
        `models`: ids by name. The rest is stored, see `read_run`.

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
        ids = keep_training(workspace, key, found.models, lambda target, ids: _write(target, asked, found, ids))
    except ConflictError:
        if (models := _stored(workspace, key)) is None:
            raise
        return {"models": models}
    return {"models": ids}


def read_run(folder: Path) -> TrainRun:
    """Read the stored result of the job."""
    plain = json.loads((folder / _RUN).read_text(encoding="utf-8"))
    path = folder / _PREDICTIONS
    return TrainRun(
        spec=TrainSpec.from_json(plain["spec"]),
        predictions=pd.read_parquet(path) if path.exists() else pd.DataFrame(),
        boards={name: pd.read_parquet(folder / f"board-{name}.parquet") for name in plain["boards"]},
        models=plain["models"],
        refused=plain["refused"],
        searched=plain["searched"],
        told=plain["told"],
    )


def _stored(workspace: Workspace, key: ResultKey) -> dict[str, str] | None:
    """Return the ids, by name, of models that an earlier attempt stored; None if there was none."""
    folder = kept(workspace, key)
    if folder is None:
        return None
    models = read_run(folder).models
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


def _write(folder: Path, asked: TrainSpec, found: Training, ids: dict[str, str]) -> None:
    if len(found.predictions):
        found.predictions.to_parquet(folder / _PREDICTIONS, index=False)
    for name, board in found.boards.items():
        board.to_parquet(folder / f"board-{name}.parquet", index=False)
    plain = {
        "spec": asked.to_json(),
        "boards": list(found.boards),
        "models": ids,
        "refused": found.refused,
        "searched": found.searched,
        "told": found.told,
    }
    (folder / _RUN).write_text(json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
