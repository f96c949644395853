"""How much each customer will spend: own rhythm and two models of who buys times how much, averaged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from xgboost import XGBRegressor

from core.models.buying import ALL_INPUTS, RHYTHM
from core.models.inputs import as_they_are, frame_of, scaled
from core.models.level import Vector

FEWEST_BUYERS: Final = 200
"""Buyers at past cutoffs below which amounts are not learned, and own rhythm's are taken."""

_SPEND: Final = "btyd_spend"
_MODELS: Final[tuple[tuple[Callable[..., Any], Callable[[int], Any]], ...]] = (
    (scaled, lambda _seed: Ridge(alpha=10.0)),
    (
        as_they_are,
        lambda seed: XGBRegressor(
            n_estimators=250, max_depth=4, learning_rate=0.03, subsample=0.7, colsample_bytree=0.5,
            min_child_weight=20, reg_lambda=5.0, n_jobs=1, random_state=seed,
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A model of what is spent in the horizon by those who buy.

    Parameters
    ----------
    pipeline : Pipeline
        Predicts the logarithm of the amount.
    smearing : float
        What the exponential of that is multiplied by, so that the mean is right (Duan, 1983).
    """

    pipeline: Pipeline
    smearing: float

    def expected(self, known: pd.DataFrame) -> Vector:
        """Amount of each customer, were they to buy, in the shop's currency."""
        found: Vector = np.exp(self.pipeline.predict(frame_of(known, ALL_INPUTS))) * self.smearing
        return found


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What gives each customer an expected spend in the horizon.

    Parameters
    ----------
    amounts : tuple of Amount
        Averaged with own rhythm, each times the chance to buy; empty where own rhythm alone is used.
    """

    amounts: tuple[Amount, ...]

    def expected(self, known: pd.DataFrame, chance: Vector) -> Vector:
        """Expected spend of each customer, in the shop's currency, gross.

        Parameters
        ----------
        known : DataFrame
            Rows of a panel.
        chance : array of float
            To buy, as it is used elsewhere; own rhythm's spend is put on its level, too.
        """
        rhythm = known[_SPEND].to_numpy(dtype="float64")
        mean = float(known[RHYTHM].mean())
        level = float(np.mean(chance)) / mean if mean > 0 else 1.0
        found: Vector = np.mean([rhythm * level, *(chance * amount.expected(known) for amount in self.amounts)], axis=0)
        return found


def train_spending(past: pd.DataFrame, *, seed: int = 0) -> Spending:
    """Learn amounts from the buyers at past cutoffs.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes.
    seed : int
        Random state.
    """
    buyers = past[past["spend"] > 0]
    if len(buyers) < FEWEST_BUYERS:
        return Spending(amounts=())
    return Spending(amounts=tuple(_fit(buyers, prepare, model(seed)) for prepare, model in _MODELS))


def _fit(buyers: pd.DataFrame, prepare: Callable[..., Any], model: Any) -> Amount:
    frame, logs = frame_of(buyers, ALL_INPUTS), np.log(buyers["spend"].to_numpy(dtype="float64"))
    pipeline = Pipeline([("preparing", prepare(ALL_INPUTS)), ("model", model)]).fit(frame, logs)
    return Amount(pipeline=pipeline, smearing=float(np.mean(np.exp(logs - pipeline.predict(frame)))))
