"""Expected spend: the average of repeat buying and two models of chance to buy times amount."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from core.errors import TooLittleDataError
from core.models.data.folds import FEWEST_CUTOFFS, Lead, time_folds
from core.models.data.inputs import frame_of
from core.models.judging.metrics import normalised_gini, paired_difference
from core.models.learners.buying import ALL_INPUTS, RHYTHM
from core.models.learners.calibration import Vector
from core.models.learners.candidates import CANDIDATES, Candidate
from core.models.learners.quiet_fit import fitted

FEWEST_BUYERS: Final = 200
"""Minimum buyers at past cutoffs to learn amounts. With fewer, those of repeat buying are used."""

_SPEND: Final = "btyd_spend"
_FEWEST_AMOUNTS: Final = 60  # nearest neighbours need 50
_JUDGED: Final = 2  # past cutoffs to evaluate amounts on
_MOST_JUDGED: Final = 20_000  # customers per cutoff; the standard error is then small enough
_DRAWS: Final = 100  # bootstrap samples for the standard error
_WIDTH: Final = 3.92  # standard errors between the ends of a 95% interval
MEMBERS: Final = ("logistic_regression", "xgboost")
"""Candidates whose amounts are averaged with repeat buying: one linear, one of trees."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A model of what buyers spend in the horizon.

    Parameters
    ----------
    pipeline : Pipeline
        Predicts the logarithm of the amount.
    columns : tuple of str
        Input columns.
    smearing : float
        Factor that corrects the mean after exponentiation (Duan, 1983).
    """

    pipeline: Pipeline
    columns: tuple[str, ...]
    smearing: float

    def expected(self, known: pd.DataFrame) -> Vector:
        """Return the amount each customer would spend if they buy, in the shop's currency."""
        found: Vector = np.exp(self.pipeline.predict(frame_of(known, self.columns))) * self.smearing
        return found


@dataclass(frozen=True, kw_only=True)
class Spending:
    """A model of each customer's expected spend in the horizon.

    Parameters
    ----------
    amounts : tuple of Amount
        Models to average, each multiplied by the chance to buy.
    rhythm : float or None
        Factor for the spend of repeat buying before averaging, see `in_season`; None to exclude repeat buying.
    """

    amounts: tuple[Amount, ...] = ()
    rhythm: float | None = 1.0

    def expected(self, known: pd.DataFrame, chance: Vector) -> Vector:
        """Return the expected gross spend of each customer, in the shop's currency.

        Parameters
        ----------
        known : DataFrame
            Rows of a panel.
        chance : array of float
            Predicted chance to buy.
        """
        own = [] if self.rhythm is None else [known[_SPEND].to_numpy(dtype="float64") * self.rhythm]
        found: Vector = np.mean([*own, *(chance * amount.expected(known) for amount in self.amounts)], axis=0)
        return found

    def in_season(self, times: float) -> Self:
        """Return a copy with the spend of repeat buying multiplied by `core.models.data.season_level.Level.times`.

        The level corrects the number of buyers for more than the season, but spend is corrected for the season only:
        a model that expects too few buyers may still expect the right number of purchases.
        """
        return self if self.rhythm is None else replace(self, rhythm=times)


def train_spending(past: pd.DataFrame, horizon: int, *, seed: int = 0) -> Spending:
    """Learn amounts from the buyers at past cutoffs if they beat repeat buying on the latest of them.

    Learned amounts are trusted if they rank customers by spend better than repeat buying alone: their normalised Gini
    must be higher by more than chance (see `core.models.data.folds.Lead`), on average over up to two past cutoffs.
    Errors in money aren't used, because they reward predicting too little.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes.
    horizon : int
        Days of the outcome.
    seed : int
        Random state.
    """
    if (past["spend"] > 0).sum() < FEWEST_BUYERS:
        return Spending()
    leads = []
    for earlier, judged in time_folds(past, past["will_buy"], horizon, most=_JUDGED, cutoffs=FEWEST_CUTOFFS):
        if (earlier["spend"] > 0).sum() >= FEWEST_BUYERS:
            leads.append(_lead(Spending(amounts=_amounts(earlier, seed)), judged))
    return Spending(amounts=_amounts(past, seed)) if leads and Lead.of(leads).real else Spending()


def _amounts(past: pd.DataFrame, seed: int) -> tuple[Amount, ...]:
    return tuple(train_amount(CANDIDATES[name], past, ALL_INPUTS, seed=seed) for name in MEMBERS)


def _lead(spending: Spending, judged: pd.DataFrame) -> tuple[float, float]:
    """Return the lead over repeat buying in normalised Gini, given the same chances to buy, and its standard error."""
    some = judged.sample(min(len(judged), _MOST_JUDGED), random_state=0)
    rhythm = some[_SPEND].to_numpy(dtype="float64")
    learned = spending.expected(some, some[RHYTHM].to_numpy(dtype="float64"))
    found = paired_difference(normalised_gini, some["spend"].to_numpy(float), learned, rhythm, draws=_DRAWS)
    return found["difference"], (found["high"] - found["low"]) / _WIDTH


def train_amount(candidate: Candidate, past: pd.DataFrame, columns: Sequence[str], *, seed: int = 0) -> Amount:
    """Train a model of what buyers spend.

    Parameters
    ----------
    candidate : Candidate
        The candidate to train.
    past : DataFrame
        Rows of a panel with known outcomes.
    columns : sequence of str
        Input columns.
    seed : int
        Random state.

    Raises
    ------
    TooLittleDataError
        If fewer than 60 customers bought.
    """
    buyers = past[past["spend"] > 0]
    if len(buyers) < _FEWEST_AMOUNTS:
        message = (
            f"Only {len(buyers)} customers bought at past dates, but amounts need at least {_FEWEST_AMOUNTS}; use a "
            "longer order history or another horizon."
        )
        raise TooLittleDataError(message)
    if candidate.most_rows is not None and len(buyers) > candidate.most_rows:
        buyers = buyers.sample(candidate.most_rows, random_state=seed).sort_index()
    frame, logs = frame_of(buyers, columns), np.log(buyers["spend"].to_numpy(dtype="float64"))
    pipeline = Pipeline([("preparing", candidate.preparing(columns)), ("model", candidate.amounts(seed))])
    fitted(pipeline, frame, logs)
    smearing = float(np.mean(np.exp(logs - pipeline.predict(frame))))
    return Amount(pipeline=pipeline, columns=tuple(columns), smearing=smearing)
