"""The stored result of a training: predictions at past dates, leaderboards and the ids of the models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from core.models.training.training_run import Training, TrainSpec
from core.segments.movement import frozen_models

KIND: Final = "train"
"""The kind of the job and of its result."""

_PREDICTIONS: Final = "predictions.parquet"
_RUN: Final = "run.json"
_NAMED: Final = ("segment_now", "segment_predicted", "segment_next")


@dataclass(frozen=True, kw_only=True)
class StoredTraining:
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


def read_training(folder: Path) -> StoredTraining:
    """Read a training's result."""
    plain = json.loads((folder / _RUN).read_text(encoding="utf-8"))
    path = folder / _PREDICTIONS
    return StoredTraining(
        spec=TrainSpec.from_json(plain["spec"]),
        predictions=pd.read_parquet(path) if path.exists() else pd.DataFrame(),
        boards={name: pd.read_parquet(folder / f"board-{name}.parquet") for name in plain["boards"]},
        models=plain["models"],
        refused=plain["refused"],
        searched=plain["searched"],
        told=plain["told"],
    )


def write_training(folder: Path, asked: TrainSpec, found: Training, ids: dict[str, str]) -> None:
    """Write a training's result into an empty folder; `ids` are those of its models, by name."""
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
