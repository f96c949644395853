"""Sanity check of a model read from disk: its parts must fit together and predict for a made-up customer."""

from typing import Final

import numpy as np
import pandas as pd

from core.models.data.outcomes import LONGEST
from core.models.data.panel import INPUTS
from core.models.learners.next_segment import STANDING
from core.models.learners.predictor import CHANCE, Predictor

_BOTH: Final = 2  # classes: buys, doesn't buy
_SURE: Final = 1e-6  # tolerance for the sum of probabilities


def check(predictor: Predictor) -> None:
    """Raise if a model can't predict.

    Its columns must be known features, its classes must match its models, its probabilities must be between 0 and 1,
    and its amounts must be finite.

    Parameters
    ----------
    predictor : Predictor
        Assembled from files that others may have written.

    Raises
    ------
    ValueError
        If a part doesn't fit. Foreign parts may raise anything else.
    """
    if not 1 <= predictor.horizon <= LONGEST:
        message = f"The horizon must be between 1 and {LONGEST} days, got {predictor.horizon}."
        raise ValueError(message)
    _check_classes(predictor)
    known = _somebody()
    found, rhythm = predictor.predict(known).iloc[0], predictor.rhythm.outputs(known, predictor.horizon).iloc[0]
    chances = [found[name] for name in found.index if name.startswith(CHANCE)]
    bought = [found["p_buy"]] if predictor.buying else []
    spent = [found["expected_spend"]] if predictor.spending else []
    fits = all(0 <= chance <= 1 for chance in (*bought, *chances, rhythm["btyd_buy"]))
    fits = fits and all(0 <= amount < np.inf for amount in (*spent, *rhythm))
    fits = fits and all(amount.smearing > 0 for amount in (predictor.spending.amounts if predictor.spending else ()))
    if not fits or (chances and abs(sum(chances) - 1) > _SURE):
        message = "The model predicts invalid probabilities or amounts."
        raise ValueError(message)


def _check_classes(predictor: Predictor) -> None:
    """Raise if classes differ from those the models were trained on."""
    buying, following, names = predictor.buying, predictor.following, predictor.segments.names
    fits = all(len(member.classes) == len(member.pipeline.classes_) for member in predictor.members)
    fits = fits and all(len(member.classes) == _BOTH for member in (buying.members if buying else ()))
    if not fits or (following and len(following.prior) not in (0, len(names))):
        message = "The model's classes don't match those of its parts."
        raise ValueError(message)


def _somebody() -> pd.DataFrame:
    """Return one row of features of a made-up customer."""
    usual = {"frequency": 2.0, "active_span": 10.0, "tenure": 30.0, "order_value": 50.0, "country": None}
    return pd.DataFrame([{**dict.fromkeys((*INPUTS, *STANDING), 1.0), **usual}])
