"""Vectorised bootstrap of metrics, for intervals on the difference between models.

A sample drawn with replacement is the same customers with integer weights, so customers are ranked once and each draw
only sums weights. Values equal those of `core.models.judging.metrics` on the drawn customers.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.models.judging.metrics import FLOOR, Vector

Weights = npt.NDArray[np.float64]
Figure = Callable[[Weights, npt.NDArray[Any], npt.NDArray[Any]], Vector]

_BATCH: Final = 2_000_000  # weights held in memory at a time


def auc(weights: Weights, happened: Vector, probability: Vector) -> Vector:
    """Return the area under the ROC curve of each draw, missing if all its outcomes are equal."""
    return _area(weights * (1 - happened), weights * happened, probability)


def brier(weights: Weights, happened: Vector, probability: Vector) -> Vector:
    """Return the Brier score of each draw."""
    found: Vector = weights @ ((probability - happened) ** 2) / weights.sum(axis=1)
    return found


def average_precision(weights: Weights, happened: Vector, probability: Vector) -> Vector:
    """Return the average precision of each draw, missing if it has no positive outcome."""
    counted, found = _curves(weights, weights * happened, probability)
    steps = np.diff(found, axis=1, prepend=0.0) * found / np.maximum(counted, 1)
    total = found[:, -1]
    area: Vector = steps.sum(axis=1) / np.where(total > 0, total, np.nan)
    return area


def log_loss(weights: Weights, happened: Vector, probability: Vector) -> Vector:
    """Return the log-loss of each draw."""
    bounded = np.clip(probability, FLOOR, 1 - FLOOR)
    found: Vector = weights @ -np.log(np.where(happened > 0, bounded, 1 - bounded)) / weights.sum(axis=1)
    return found


def mae(weights: Weights, actual: Vector, predicted: Vector) -> Vector:
    """Return the mean absolute error of each draw."""
    found: Vector = weights @ np.abs(actual - predicted) / weights.sum(axis=1)
    return found


def predicted_over_actual(weights: Weights, actual: Vector, predicted: Vector) -> Vector:
    """Return total predicted over total actual spend of each draw, missing if nothing was spent."""
    spent = weights @ actual
    found: Vector = (weights @ predicted) / np.where(spent > 0, spent, np.nan)
    return found


def capture_20(weights: Weights, actual: Vector, predicted: Vector) -> Vector:
    """Return the share of spend from the top 20% of ranked customers in each draw."""
    counted, spent = _curves(weights, weights * actual, predicted)
    fifth = np.floor(counted[:, -1] * 0.20)
    at = [np.interp(most, [0.0, *x], [0.0, *y]) for most, x, y in zip(fifth, counted, spent, strict=True)]
    found: Vector = np.asarray(at) / np.where(spent[:, -1] > 0, spent[:, -1], np.nan)
    return found


def gini(weights: Weights, actual: Vector, predicted: Vector) -> Vector:
    """Return the normalised Gini of each draw, missing if all its customers spent the same."""
    spent = weights * actual
    with np.errstate(invalid="ignore", divide="ignore"):
        perfect = 2 * _area(weights, spent, actual) - 1
        found: Vector = (2 * _area(weights, spent, predicted) - 1) / np.where(perfect > 0, perfect, np.nan)
    return found


def f1_macro(weights: Weights, actual: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> Vector:
    """Return the mean F1 of the classes present in each draw."""
    each = []
    for name in np.unique(actual):
        is_it, named = actual == name, predicted == name
        in_it = weights @ is_it.astype(float)
        both = 2 * (weights @ (is_it & named).astype(float)) / np.maximum(in_it + weights @ named.astype(float), 1)
        each.append(np.where(in_it > 0, both, np.nan))
    return np.asarray(np.nanmean(each, axis=0))


def accuracy(weights: Weights, actual: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> Vector:
    """Return the share of customers in each draw whose class was predicted correctly."""
    found: Vector = weights @ (actual == predicted).astype(float) / weights.sum(axis=1)
    return found


def mcc(weights: Weights, actual: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> Vector:
    """Return the Matthews correlation of each draw (Gorodkin, 2004, equation 8), 0 if there is only one class."""
    right = weights @ (actual == predicted).astype(float)
    total = weights.sum(axis=1)
    pairs = [
        (weights @ (actual == name).astype(float), weights @ (predicted == name).astype(float))
        for name in np.union1d(actual, predicted)
    ]
    top = right * total - sum(in_it * named for in_it, named in pairs)
    bottom = (total**2 - sum(in_it**2 for in_it, _ in pairs)) * (total**2 - sum(named**2 for _, named in pairs))
    found: Vector = np.where(bottom > 0, top / np.sqrt(np.where(bottom > 0, bottom, 1)), 0.0)
    return found


FIGURES: Final[dict[str, Figure]] = {
    "auc": auc, "average_precision": average_precision, "brier": brier, "log_loss": log_loss,
    "gini": gini, "capture_20": capture_20, "predicted_over_actual": predicted_over_actual, "mae": mae,
    "f1_macro": f1_macro, "mcc": mcc, "accuracy": accuracy,
}  # fmt: skip
"""Metrics that can be resampled, by their name in `core.models.judging.metrics.DEFINITIONS`."""


def resampled(rows: pd.DataFrame, figure: str, *, draws: int = 1_000, seed: int = 0) -> dict[str, Vector]:
    """Bootstrap a metric of each model on the same draws of customers, averaged over cutoffs.

    Customers are drawn with all their rows, because one customer at several cutoffs isn't several customers (cluster
    bootstrap; Cameron, Gelbach and Miller, 2008).

    Parameters
    ----------
    rows : DataFrame
        From `core.models.judging.predictions.judged`, with the same customers for each model at a cutoff.
    figure : str
        One of `FIGURES`.
    draws : int
        Number of bootstrap samples.
    seed : int
        Random state. The same seed gives the same draws for every metric and model.

    Returns
    -------
    dict
        One value per draw, by model; missing if the metric is undefined at every cutoff.
    """
    codes, names = pd.factorize(rows["customer_id"])
    placed = rows.assign(place=np.arange(len(rows)))
    parts = [
        (str(model), codes[part["place"]], part["actual"].to_numpy(), part["predicted"].to_numpy())
        for (_, model), part in placed.groupby(["cutoff", "model"], dropna=False, sort=False)
    ]
    rng, found = np.random.default_rng(seed), []
    size = max(1, _BATCH // max(len(names), 1))
    for start in range(0, draws, size):
        weights = _drawn(rng, len(names), min(size, draws - start))
        values: dict[str, list[Vector]] = {}
        for model, place, actual, predicted in parts:
            values.setdefault(model, []).append(FIGURES[figure](weights[:, place], actual, predicted))
        found.append({model: _mean(each) for model, each in values.items()})
    return {model: np.concatenate([each[model] for each in found]) for model in (found[0] if found else {})}


def _drawn(rng: np.random.Generator, customers: int, draws: int) -> Weights:
    """Draw the number of times each customer is in each sample."""
    return np.stack(
        [np.bincount(rng.integers(0, customers, customers), minlength=customers) for _ in range(draws)]
    ).astype(float)


def _mean(each: list[Vector]) -> Vector:
    """Average over the cutoffs at which the metric is defined."""
    stacked = np.stack(each)
    there = ~np.isnan(stacked)
    found: Vector = np.where(there, stacked, 0).sum(axis=0) / np.where(there.any(axis=0), there.sum(axis=0), np.nan)
    return found


def _area(across: Weights, up: Weights, score: Vector) -> Vector:
    """Return the area under each draw's curve of cumulative `up` over cumulative `across`, highest scores first.

    Ties form one straight segment, so that their order doesn't matter.
    """
    x, y = _curves(across, up, score)
    beside = x[:, :1] * y[:, :1] + (np.diff(x) * (y[:, 1:] + y[:, :-1])).sum(axis=1, keepdims=True)
    total = 2 * x[:, -1] * y[:, -1]
    found: Vector = beside[:, 0] / np.where(total > 0, total, np.nan)
    return found


def _curves(across: Weights, up: Weights, score: Vector) -> tuple[Weights, Weights]:
    """Cumulate both arrays by descending score, with one step per distinct score."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    return np.cumsum(across[:, order], axis=1)[:, ends], np.cumsum(up[:, order], axis=1)[:, ends]
