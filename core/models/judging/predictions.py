"""Predictions paired with actual outcomes, as all evaluation takes them."""

from typing import Final

import pandas as pd

from core.errors import InputError

WILL_BUY: Final = "will_buy"
SPEND: Final = "spend"
NEXT_SEGMENT: Final = "next_segment"

_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    WILL_BUY: ("bought", "p_buy"),
    SPEND: ("spend", "expected_spend"),
    NEXT_SEGMENT: ("segment_next", "segment_predicted"),
}

KEYS: Final = ("cutoff", "customer_id", "model")

PREDICTIONS: Final = (
    "cutoff", "customer_id", "model", "p_buy", "expected_spend", "segment_now", "segment_predicted", "bought", "spend",
    "segment_next",
)  # fmt: skip
"""Columns of predictions, one row per cutoff, customer and model. Outcomes a model doesn't predict are missing."""


def judged(predictions: pd.DataFrame, outcome: str, *, pooled: bool = False) -> pd.DataFrame:
    """Return the rows in which an outcome was both predicted and observed.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `PREDICTIONS`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    pooled : bool
        Pool the customers of all cutoffs under a missing cutoff.

    Returns
    -------
    DataFrame
        `cutoff`, `customer_id`, `model`, `actual`, `predicted`, in the order of the predictions.
    """
    if outcome not in _COLUMNS:
        message = f"`outcome` must be one of {', '.join(_COLUMNS)}, got “{outcome}”."
        raise InputError(message)
    actual, predicted = _COLUMNS[outcome]
    found = predictions[[*KEYS, actual, predicted]].set_axis([*KEYS, "actual", "predicted"], axis=1)
    found = found.dropna(subset=["actual", "predicted"])
    if outcome != NEXT_SEGMENT:
        found = found.astype({"actual": "float64", "predicted": "float64"})
    return found.assign(cutoff=pd.Series(pd.NaT, index=found.index)) if pooled else found


def at_latest(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the latest cutoff with observed outcomes, or all rows if there is none."""
    seen = predictions.loc[predictions["bought"].notna(), "cutoff"]
    return predictions if seen.empty else predictions[predictions["cutoff"] == seen.max()]
