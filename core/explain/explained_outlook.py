"""The model and the reference customers that explain a stored outlook."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from core.models.data.panel import INPUTS
from core.models.learners.next_segment import segment_at
from core.models.learners.predictor import Predictor
from core.models.scoring.outlook import whole
from core.models.training import model_folder, model_registry
from core.segments.clustering.cluster_features import RFM
from core.workspace.store import Workspace

EVERYBODY: Final = "all customers"
"""Row of `Explaining.typical` with the medians of all customers."""

BACKGROUND: Final = 200
"""Customers who represent the average one."""

_MOST_TYPICAL: Final = 50_000  # customers for medians; more would barely change them
_BACKGROUND, _TYPICAL, _MODEL = "background.parquet", "typical.parquet", "model"


@dataclass(frozen=True, kw_only=True)
class Explaining:
    """A model, and the reference customers of its explanations.

    Parameters
    ----------
    predictor : Predictor
        The model of the scores, completed by own rhythm for outcomes it doesn't predict; see
        `core.models.scoring.outlook.whole`.
    as_of : date
        Date of the scores.
    background : DataFrame
        Rows of a panel without ids: a seeded sample of up to `BACKGROUND` customers.
    typical : DataFrame
        Medians of `core.models.data.panel.INPUTS` and of RFM, one row per current segment (missing if it is empty)
        and one for `EVERYBODY`.
    """

    predictor: Predictor
    as_of: date
    background: pd.DataFrame
    typical: pd.DataFrame

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return a copy with the current names of segments, by their names at the time."""
        typical = self.typical.rename(index=dict(names))
        return replace(self, predictor=self.predictor.renamed(names), typical=typical)

    @classmethod
    def of(cls, predictor: Predictor, known: pd.DataFrame, *, seed: int = 0) -> Self:
        """Prepare explanations of scores.

        Parameters
        ----------
        predictor : Predictor
            The model of the scores.
        known : DataFrame
            All customers at one date, from `core.models.data.panel.known_at`.
        seed : int
            Random state of the sample.
        """
        full, _ = whole(predictor)
        drawn = np.random.default_rng(seed).permutation(len(known))
        background = known.iloc[np.sort(drawn[:BACKGROUND])].drop(columns="customer_id").reset_index(drop=True)
        some = known.iloc[np.sort(drawn[:_MOST_TYPICAL])]
        return cls(
            predictor=full,
            as_of=known["as_of"].iloc[0].date(),
            background=background,
            typical=_typical(full, some),
        )


def write_explaining(explaining: Explaining, folder: Path, facts: dict[str, Any]) -> None:
    """Store explanation data beside the scores; own rhythm, which isn't stored anywhere else, is stored as a model.

    Parameters
    ----------
    explaining : Explaining
        The model and customers to store.
    folder : Path
        Folder of the scores.
    facts : dict
        `core.models.scoring.scoring_models.Scorer.facts`.
    """
    explaining.background.to_parquet(folder / _BACKGROUND)
    explaining.typical.to_parquet(folder / _TYPICAL)
    if not facts["id"]:
        (folder / _MODEL).mkdir()
        model_folder.write(explaining.predictor, folder / _MODEL, facts)


def read_explaining(workspace: Workspace, dataset_id: str, folder: Path, model_id: str) -> Explaining:
    """Read the explanation data of stored scores, with the model that made them, never a newer one.

    Parameters
    ----------
    workspace : Workspace
        Workspace of the models.
    dataset_id : str
        Dataset of the scores.
    folder : Path
        Folder of the stored outlook.
    model_id : str
        `id` of the model in its totals; empty for own rhythm.

    Raises
    ------
    NotFoundError
        If the model has been deleted.
    """
    if model_id:
        predictor = model_registry.load(model_registry.predictor_of(workspace, dataset_id, model_id))
    else:
        predictor = model_folder.read(folder / _MODEL)
    full, _ = whole(predictor)
    background = pd.read_parquet(folder / _BACKGROUND)
    return Explaining(
        predictor=full,
        as_of=background["as_of"].iloc[0].date(),
        background=background,
        typical=pd.read_parquet(folder / _TYPICAL),
    )


def _typical(predictor: Predictor, known: pd.DataFrame) -> pd.DataFrame:
    rows = known.assign(**predictor.rhythm.outputs(known, predictor.horizon))
    columns = [name for name in INPUTS if name in rows] + [f"now_{name}" for name in RFM]
    each = rows[columns].groupby(segment_at(known, predictor.segments, "now").to_numpy()).median()
    everybody = rows[columns].median().to_frame(EVERYBODY).T
    return pd.concat([each.reindex(list(predictor.segments.names)), everybody])
