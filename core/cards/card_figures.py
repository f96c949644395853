"""Figures of one model with intervals, next to those of own rhythm on the same customers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from core.models.judging.leaderboard import LOWER_IS_BETTER, figures
from core.models.judging.metrics import Vector
from core.models.judging.paired_bootstrap import FIGURES, resampled
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY, judged
from core.models.training.suite import BTYD

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    WILL_BUY: ("brier", "auc", "average_precision", "log_loss", "ece"),
    SPEND: ("gini", "capture_20", "predicted_over_actual", "mae"),
    NEXT_SEGMENT: ("mcc", "f1_macro", "accuracy"),
}
"""Figures of a card by outcome, the deciding one first."""

COLUMNS: Final = (
    "figure", "value", "low", "high", "rhythm", "rhythm_low", "rhythm_high", "lead", "lead_low", "lead_high",
)  # fmt: skip
"""Columns for each figure."""

_INTERVAL: Final = (0.025, 0.975)
_DRAWS: Final = 400
_WORK: Final = 4_000_000  # rows times draws, above which there are fewer draws
_LEAST: Final = 200


def with_intervals(predictions: pd.DataFrame, model: str, outcome: str) -> pd.DataFrame:
    """Return the mean of each figure over past dates, with 95% intervals from resampled customers.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    model : str
        Name of the model.
    outcome : str
        "will_buy", "spend" or "next_segment".

    Returns
    -------
    DataFrame
        `figure`, `value`, `low`, `high`; the same for own rhythm: `rhythm`, `rhythm_low`, `rhythm_high`; and the
        model's lead, positive if it is better in either direction: `lead`, `lead_low`, `lead_high`, from the same
        draws. Customers are drawn with all their dates. Undefined values are missing; so are intervals of the
        calibration error, which resampling inflates, and figures of own rhythm if it is the model itself.
    """
    some = predictions[predictions["model"].isin([model, BTYD])]
    rows = judged(some, outcome).sort_values(["cutoff", "model", "customer_id"], kind="stable")
    means = figures(some, outcome).groupby("model").mean(numeric_only=True)
    draws = int(np.clip(_WORK // max(len(rows), 1), _LEAST, _DRAWS))
    found = [_row(rows, means, model, figure, draws) for figure in SHOWN[outcome]]
    return pd.DataFrame(found)


def interval(drawn: Vector) -> tuple[float, float]:
    """Return the 95% interval of a resampled figure; missing if no draw defines it."""
    there = drawn[~np.isnan(drawn)]
    low, high = np.quantile(there, _INTERVAL) if len(there) else (np.nan, np.nan)
    return float(low), float(high)


def _row(rows: pd.DataFrame, means: pd.DataFrame, model: str, figure: str, draws: int) -> dict[str, object]:
    drawn = resampled(rows, figure, draws=draws) if figure in FIGURES else {}
    nothing = np.full(1, np.nan)
    found: dict[str, object] = {"figure": figure}
    beside = {"rhythm": BTYD} if model != BTYD else {}
    for key, name in {"value": model, **beside}.items():
        start = "" if key == "value" else f"{key}_"
        low, high = interval(drawn.get(name, nothing))
        found |= {key: _mean(means, name, figure), f"{start}low": low, f"{start}high": high}
    if not beside:
        return found | dict.fromkeys(COLUMNS[4:], np.nan)
    low, high = interval(_worth(drawn.get(model, nothing), figure) - _worth(drawn.get(BTYD, nothing), figure))
    mine, theirs = (_worth(np.full(1, _mean(means, name, figure)), figure) for name in (model, BTYD))
    return found | {"lead": float((mine - theirs)[0]), "lead_low": low, "lead_high": high}


def _worth(values: Vector, figure: str) -> Vector:
    """Return values of a figure, transformed so that higher is better."""
    if figure == "predicted_over_actual":
        return -np.abs(values - 1)
    return -values if figure in LOWER_IS_BETTER else values


def _mean(means: pd.DataFrame, model: str, figure: str) -> float:
    return float(means[figure].get(model, np.nan)) if figure in means else float("nan")


def kept_figures(metrics: Sequence[Mapping[str, Any]], outcome: str) -> pd.DataFrame:
    """Return the columns of `with_intervals` from a stored card: means only, all else missing.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of `core.models.training.backtest.metrics_of`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    """
    each = pd.DataFrame([row.get(outcome) or {} for row in metrics])
    means = {name: float(each[name].mean()) for name in SHOWN[outcome] if name in each and each[name].notna().any()}
    found = pd.DataFrame({"figure": list(means), "value": list(means.values())})
    return found.reindex(columns=COLUMNS).astype(dict.fromkeys(COLUMNS[1:], "float64"))
