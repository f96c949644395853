"""Training as a job on a dataset version; what it leaves is kept, and its models listed."""

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
    """What a training left.

    Parameters
    ----------
    spec : TrainSpec
        What was asked for.
    predictions : DataFrame
        Columns of `core.models.training.backtest.COLUMNS`, at past cutoffs; empty where the log is too short to judge
        anything.
    boards : dict
        By outcome, `core.models.judging.leaderboard.leaderboard`.
    models : dict
        Ids of the models by name, see `core.models.training.model_registry`.
    refused : dict
        Why a model is not there, by its name.
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
        """The same with segments as they are called now, by what they were called then."""
        columns = [name for name in _NAMED if name in self.predictions]
        each = {name: frozen_models.renamed(self.predictions[name], names) for name in columns}
        segments = [names.get(name, name) for name in self.told.get("segments", [])]
        return replace(self, predictions=self.predictions.assign(**each), told={**self.told, "segments": segments})


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Train and judge all models on a version.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where, and what it may use.
    spec : dict
        Of a `core.workspace.stored_results.ResultKey`, whose own spec is that of `TrainSpec.to_json`.
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `models`: ids by name. The rest is kept, see `read_run`.

    Raises
    ------
    TooLittleDataError
        Where nobody had ordered before the date.
    """
    key, asked = ResultKey.from_json(spec), TrainSpec.from_json(spec["spec"])
    if (models := _stored(workspace, key)) is not None:  # by a worker that was stopped before it could say so
        return {"models": models}
    given = _given(workspace, key.dataset_id, asked)
    folder = workspace.version(key.dataset_id, key.version).folder
    data = {"dataset": key.dataset_id, "version": key.version, "generation": key.generation}
    with closing(Engine.of(settings)) as engine, engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        found = trained(connection, orders, returns, asked, given=given, data=data, progress=progress)
    progress(0.99, "Writing")
    try:
        ids = keep_training(workspace, key, found.models, lambda target, ids: _write(target, asked, found, ids))
    except ConflictError:
        if (models := _stored(workspace, key)) is None:
            raise
        return {"models": models}
    return {"models": ids}


def read_run(folder: Path) -> TrainRun:
    """Read what the job kept."""
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
    """Ids by name of the models that an earlier try stored; None where there was none."""
    folder = kept(workspace, key)
    if folder is None:
        return None
    models = read_run(folder).models
    return models if recall_training(workspace, key, models) else None


def _given(workspace: Workspace, dataset_id: str, asked: TrainSpec) -> SegmentModel | None:
    """The dataset's segments; None where none are asked for, or they look at more than RFM, which is not foreseen.

    Raises
    ------
    InputError
        Where they were fitted on what the models may not see.
    """
    if asked.segments is None:
        return None
    known = model_of(workspace, dataset_id, asked.segments)
    if known.as_of > asked.as_of:
        message = (
            f"The segments were fitted as of {known.as_of}, after {asked.as_of}, from which on the models may see "
            "nothing; choose a later date, or segments from before."
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
