"""Surrogate trees for models that aren't additive, so that reasons can be computed for very many customers.

Such a model needs thousands of predictions, about a second, to explain one customer, and a day to explain those of a
shop. Trees learn its predictions in seconds and can be explained exactly. Their fit is measured on customers they
weren't trained on, and is reported wherever their reasons are shown.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from xgboost import XGBRegressor

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.members import Member
from core.models.data.inputs import as_they_are, frame_of
from core.models.learners.candidates import CANDIDATES, Trained
from core.models.learners.quiet_fit import fitted

MOST: Final = 20_000
"""Customers to train on; more hardly improve the fit."""

_FEWEST_JUDGED: Final = 10  # customers
_HELD_BACK: Final = 5  # one in so many is held out to measure the fit

_TINY: Final = 1e-12  # below any real variance


@dataclass(frozen=True, kw_only=True)
class Mimic:
    """Trees that approximate a model's predictions.

    Parameters
    ----------
    member : Member
        The trees.
    fit : float
        R² with the model's predictions on held-out customers; NaN if there are too few to measure it.
    """

    member: Member
    fit: float

    @classmethod
    def of(cls, rows: pd.DataFrame, said: Values, columns: tuple[str, ...], *, seed: int = 0) -> Self:
        """Train on a model's predictions.

        Parameters
        ----------
        rows : DataFrame
            Customers, with the columns.
        said : array of float, shape (customers,)
            The model's predictions of them, on the scale of the reasons.
        columns : tuple of str
            Inputs of the model.
        seed : int
            Random state.
        """
        order = np.random.default_rng(seed).permutation(len(rows))[:MOST]
        held = order[::_HELD_BACK] if len(order) >= _HELD_BACK * _FEWEST_JUDGED else order[:0]
        learned = np.setdiff1d(order, held)
        model = _model(seed)
        pipeline = Pipeline([("preparing", as_they_are(columns)), ("model", model)])
        fitted(pipeline, frame_of(rows.iloc[learned], columns), said[learned])
        fit = float("nan")
        if len(held):
            off = said[held] - pipeline.predict(frame_of(rows.iloc[held], columns))
            fit = 1 - float(np.mean(off**2) / max(np.var(said[held]), _TINY))
        trained = Trained(
            candidate=CANDIDATES["xgboost"], pipeline=pipeline, columns=columns, classes=(), rows=len(learned)
        )
        return cls(member=Member.of(trained, rows.iloc[:1]), fit=fit)

    def contributions(self, rows: pd.DataFrame) -> Contributions:
        """Return the contributions of inputs to the trees' prediction."""
        return self.member.contributions(rows)


def _model(seed: int) -> XGBRegressor:
    return XGBRegressor(
        n_estimators=400, max_depth=5, learning_rate=0.08, subsample=0.8, colsample_bytree=0.6, min_child_weight=5,
        n_jobs=1, random_state=seed,
    )  # fmt: skip
