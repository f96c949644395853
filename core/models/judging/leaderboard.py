"""Model leaderboards: every metric of each model, with intervals for its lead over the best baseline."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.models.judging.metrics import Vector, of_amounts, of_classes, of_probabilities
from core.models.judging.paired_bootstrap import resampled
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY, judged

BASELINES: Final = ("most_frequent", "persistence", "roll_forward", "recency", "btyd")
"""Models without machine learning, to be beaten by the others."""

MAIN: Final[dict[str, str]] = {WILL_BUY: "brier", SPEND: "gini", NEXT_SEGMENT: "mcc"}
"""Metric that ranks the models. The Brier score is lowest for calibrated probabilities and rewards both ranking and
level. Spend is about finding the highest spenders, so Gini. The Matthews coefficient counts both false positives and
false negatives, whereas macro-F1 alone favours predicting no change."""

LEADS: Final[dict[str, tuple[str, ...]]] = {
    WILL_BUY: ("brier", "auc"),
    SPEND: ("gini",),
    NEXT_SEGMENT: ("mcc", "f1_macro"),
}
"""Metrics whose lead over the best baseline gets an interval."""

LOWER_IS_BETTER: Final = frozenset({"brier", "log_loss", "ece", "mae", "rmse"})

_INTERVAL: Final = (0.025, 0.975)
_HALF: Final = 0.5  # customers above this probability are predicted to buy


def of_buying(bought: npt.ArrayLike, probability: npt.ArrayLike) -> dict[str, float | None]:
    """Return metrics of buying probabilities, and of the classes they imply at a threshold of one half."""
    classes = (np.where(np.asarray(side, float) > _HALF, "buys", "does not") for side in (bought, probability))
    return {**of_probabilities(bought, probability), **of_classes(*classes)}


_OF: Final[dict[str, Callable[..., Any]]] = {WILL_BUY: of_buying, SPEND: of_amounts, NEXT_SEGMENT: of_classes}


def figures(predictions: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return every metric of each model at each cutoff.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    outcome : str
        "will_buy", "spend" or "next_segment".

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `customers`, and the outcome's metrics from `core.models.judging.metrics`, missing if
        undefined.
    """
    rows = judged(predictions, outcome)
    found = [
        {"cutoff": cutoff, "model": model, "customers": len(part), **_OF[outcome](part["actual"], part["predicted"])}
        for (cutoff, model), part in rows.groupby(["cutoff", "model"], sort=True)
    ]
    table = pd.DataFrame(found)
    numbers = [name for name in table if name not in ("cutoff", "model", "customers")]
    return table.astype(dict.fromkeys(numbers, "float64"))


def leaderboard(predictions: pd.DataFrame, outcome: str, *, draws: int = 1_000, seed: int = 0) -> pd.DataFrame:
    """Return one row per model, ordered by its lead in the outcome's main metric, best first.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    draws : int
        Number of bootstrap samples behind the intervals.
    seed : int
        Random state.

    Returns
    -------
    DataFrame
        `place` (from 1), `model`, `baseline` (bool), `reference` (bool: the best baseline, from which leads are
        counted), `cutoffs`, `customers` (rows evaluated), each metric as a mean over cutoffs, and for each metric of
        `LEADS`: `lead_…` with its 95% interval `low_…` and `high_…`, positive if the model is better, whatever the
        direction of the metric; missing without a baseline. Empty if no predictions have observed outcomes.

    Notes
    -----
    A model missing at some cutoffs is compared with the reference only at those it has, so that a good season counts
    for both or neither. The reference is the best of the baselines available at the most cutoffs.
    """
    each = figures(predictions, outcome)
    if each.empty:
        return each
    numbers = [name for name in each if name not in ("cutoff", "model", "customers")]
    by_model, main = each.groupby("model"), MAIN[outcome]
    board = by_model[numbers].mean().assign(cutoffs=by_model.size(), customers=by_model["customers"].sum())
    board = board.sort_values([main, "model"], ascending=[main in LOWER_IS_BETTER, True]).reset_index()
    board["baseline"] = board["model"].isin(BASELINES)
    simple = board[board["baseline"]]
    best = simple.loc[simple["cutoffs"] == simple["cutoffs"].max(), "model"].head(1)
    board["reference"] = board["model"].isin(best)
    rows = judged(predictions, outcome)
    for figure in LEADS[outcome]:
        found = _leads(rows, each, best.tolist(), figure, draws=draws, seed=seed)
        named = [f"lead_{figure}", f"low_{figure}", f"high_{figure}"]
        board = board.join(pd.DataFrame.from_dict(found, orient="index", columns=named, dtype="float64"), on="model")
    board = board.sort_values(f"lead_{main}", ascending=False, kind="stable", ignore_index=True)
    first = ["place", "model", "baseline", "reference", "cutoffs", "customers"]
    board = board.assign(place=np.arange(1, len(board) + 1))
    return board[first + [name for name in board if name not in first]]


def _leads(
    rows: pd.DataFrame, each: pd.DataFrame, reference: list[str], figure: str, *, draws: int, seed: int
) -> dict[str, tuple[float, float, float]]:
    """Return each model's lead over the reference with its interval, at the cutoffs both have."""
    at = {str(model): frozenset(part) for model, part in rows.groupby("model")["cutoff"]}
    found: dict[str, tuple[float, float, float]] = {}
    for cutoffs in dict.fromkeys(at[model] & at[one] for one in reference for model in at):
        there = [model for model in at if at[model] & at[reference[0]] == cutoffs]
        among = rows[rows["cutoff"].isin(cutoffs) & rows["model"].isin([*there, *reference])]
        if among.empty:
            continue
        values = resampled(_in_order(among), figure, draws=draws, seed=seed)
        means = each[each["cutoff"].isin(cutoffs)].groupby("model")[figure].mean()
        for model in there:
            found[model] = _lead(values[model] - values[reference[0]], means[model] - means[reference[0]], figure)
    return found


def _lead(drawn: Vector, difference: float, figure: str) -> tuple[float, float, float]:
    """Return a difference as a lead, positive if the model is better, with the ends of its interval."""
    sign = -1.0 if figure in LOWER_IS_BETTER else 1.0
    there = sign * drawn[~np.isnan(drawn)]
    low, high = np.quantile(there, _INTERVAL) + 0.0 if len(there) else (np.nan, np.nan)
    return sign * difference + 0.0, float(low), float(high)  # + 0.0 turns −0 into 0


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows so that a draw holds the same customers for every model."""
    return rows.sort_values(["cutoff", "model", "customer_id"], kind="stable")
