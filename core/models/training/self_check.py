"""Whether the parts of a model that was read fit together: it predicts for one customer who does not exist."""

from typing import Final

import numpy as np
import pandas as pd

from core.models.data.outcomes import LONGEST
from core.models.data.panel import INPUTS
from core.models.learners.next_segment import STANDING
from core.models.learners.predictor import CHANCE, Predictor

_BOTH: Final = 2  # to buy, or not to
_SURE: Final = 1e-6  # by how much probabilities may miss 1 in all


def check(predictor: Predictor) -> None:
    """Raise where a model cannot predict.

    Its columns are those that are known of a customer, its classes those of its models, its probabilities lie between 0
    and 1, and its amounts are finite.

    Parameters
    ----------
    predictor : Predictor
        Put together from files that others may have written.

    Raises
    ------
    ValueError
        Where a part does not fit. Foreign parts may raise anything else.
    """
    if not 1 <= predictor.horizon <= LONGEST:
        message = f"A horizon of {predictor.horizon} days is none."
        raise ValueError(message)
    _check_classes(predictor)
    known = _somebody()
    said, rhythm = predictor.predict(known).iloc[0], predictor.rhythm.outputs(known, predictor.horizon).iloc[0]
    chances = [said[name] for name in said.index if name.startswith(CHANCE)]
    bought = [said["p_buy"]] if predictor.buying else []
    spent = [said["expected_spend"]] if predictor.spending else []
    fits = all(0 <= chance <= 1 for chance in (*bought, *chances, rhythm["btyd_buy"]))
    fits = fits and all(0 <= amount < np.inf for amount in (*spent, *rhythm))
    fits = fits and all(amount.smearing > 0 for amount in (predictor.spending.amounts if predictor.spending else ()))
    if not fits or (chances and abs(sum(chances) - 1) > _SURE):
        message = "What it says of a customer is neither a probability nor an amount."
        raise ValueError(message)


def _check_classes(predictor: Predictor) -> None:
    """Raise where classes are not those that the models were trained on."""
    buying, following, names = predictor.buying, predictor.following, predictor.segments.names
    fits = all(len(member.classes) == len(member.pipeline.classes_) for member in predictor.members)
    fits = fits and all(len(member.classes) == _BOTH for member in (buying.members if buying else ()))
    if not fits or (following and len(following.prior) not in (0, len(names))):
        message = "Its classes are not those of its models."
        raise ValueError(message)


def _somebody() -> pd.DataFrame:
    """One row of what is known of a customer."""
    usual = {"frequency": 2.0, "active_span": 10.0, "tenure": 30.0, "order_value": 50.0, "country": None}
    return pd.DataFrame([{**dict.fromkeys((*INPUTS, *STANDING), 1.0), **usual}])
