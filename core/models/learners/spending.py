"""How much each customer will spend: own rhythm and two models of who buys times how much, averaged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from core.errors import TooLittleDataError
from core.models.data.folds import FEWEST_CUTOFFS, Lead, time_folds
from core.models.data.inputs import frame_of
from core.models.data.season_level import Vector
from core.models.judging.metrics import normalised_gini, paired_difference
from core.models.learners.buying import ALL_INPUTS, RHYTHM
from core.models.learners.candidates import CANDIDATES, Candidate
from core.models.learners.quiet_fit import fitted

FEWEST_BUYERS: Final = 200
"""Buyers at past cutoffs below which amounts are not learned, and own rhythm's are taken."""

_SPEND: Final = "btyd_spend"
_FEWEST_AMOUNTS: Final = 60  # nearest neighbours need 50
_JUDGED: Final = 2  # past cutoffs on which amounts are judged
_MOST_JUDGED: Final = 20_000  # customers of each; their error is then small enough
_DRAWS: Final = 100  # of customers, for the error
_WIDTH: Final = 3.92  # standard errors between the ends of a 95% interval
MEMBERS: Final = ("logistic_regression", "xgboost")
"""Candidates whose models of amounts are averaged with own rhythm: one that adds up, one that grows trees."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A model of what is spent in the horizon by those who buy.

    Parameters
    ----------
    pipeline : Pipeline
        Predicts the logarithm of the amount.
    columns : tuple of str
        What it looks at.
    smearing : float
        What the exponential of that is multiplied by, so that the mean is right (Duan, 1983).
    """

    pipeline: Pipeline
    columns: tuple[str, ...]
    smearing: float

    def expected(self, known: pd.DataFrame) -> Vector:
        """Amount of each customer, were they to buy, in the shop's currency."""
        found: Vector = np.exp(self.pipeline.predict(frame_of(known, self.columns))) * self.smearing
        return found


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What gives each customer an expected spend in the horizon.

    Parameters
    ----------
    amounts : tuple of Amount
        Averaged, each times the chance to buy.
    rhythm : float or None
        What own rhythm's spend is multiplied by before it is averaged with them, see `in_season`. None where own rhythm
        is left out.
    """

    amounts: tuple[Amount, ...] = ()
    rhythm: float | None = 1.0

    def expected(self, known: pd.DataFrame, chance: Vector) -> Vector:
        """Expected spend of each customer, in the shop's currency, gross.

        Parameters
        ----------
        known : DataFrame
            Rows of a panel.
        chance : array of float
            To buy, as it is used elsewhere.
        """
        own = [] if self.rhythm is None else [known[_SPEND].to_numpy(dtype="float64") * self.rhythm]
        found: Vector = np.mean([*own, *(chance * amount.expected(known) for amount in self.amounts)], axis=0)
        return found

    def in_season(self, times: float) -> Self:
        """The same, with own rhythm's spend so many times as high; see `core.models.data.season_level.Level.times`.

        How many buy is put right by more than the season, but then not how much: own rhythms that expect too few buyers
        may well expect the right number of purchases.
        """
        return self if self.rhythm is None else replace(self, rhythm=times)


def train_spending(past: pd.DataFrame, horizon: int, *, seed: int = 0) -> Spending:
    """Learn amounts from the buyers at past cutoffs, after that has shown on the latest of them to be worth it.

    Amounts are trusted where with them customers are ranked better by what they spent than by own rhythm alone, in
    normalised Gini and by more than chance (see `core.models.data.folds.Lead`), on the mean of up to two past cutoffs.
    Errors in money do not judge: they are smallest for whoever predicts too little.

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
    """By how much the normalised Gini is higher than own rhythm's, with the same chances to buy, and its error."""
    some = judged.sample(min(len(judged), _MOST_JUDGED), random_state=0)
    rhythm = some[_SPEND].to_numpy(dtype="float64")
    learned = spending.expected(some, some[RHYTHM].to_numpy(dtype="float64"))
    found = paired_difference(normalised_gini, some["spend"].to_numpy(float), learned, rhythm, draws=_DRAWS)
    return found["difference"], (found["high"] - found["low"]) / _WIDTH


def train_amount(candidate: Candidate, past: pd.DataFrame, columns: Sequence[str], *, seed: int = 0) -> Amount:
    """Learn what is spent by those who buy.

    Parameters
    ----------
    candidate : Candidate
        Which.
    past : DataFrame
        Rows of a panel with known outcomes.
    columns : sequence of str
        What it may look at.
    seed : int
        Random state.

    Raises
    ------
    TooLittleDataError
        Where nobody bought.
    """
    buyers = past[past["spend"] > 0]
    if len(buyers) < _FEWEST_AMOUNTS:
        message = f"At past dates {len(buyers)} customers bought; amounts need at least {_FEWEST_AMOUNTS}."
        raise TooLittleDataError(message)
    if candidate.most_rows is not None and len(buyers) > candidate.most_rows:
        buyers = buyers.sample(candidate.most_rows, random_state=seed).sort_index()
    frame, logs = frame_of(buyers, columns), np.log(buyers["spend"].to_numpy(dtype="float64"))
    pipeline = Pipeline([("preparing", candidate.preparing(columns)), ("model", candidate.amounts(seed))])
    fitted(pipeline, frame, logs)
    smearing = float(np.mean(np.exp(logs - pipeline.predict(frame))))
    return Amount(pipeline=pipeline, columns=tuple(columns), smearing=smearing)
