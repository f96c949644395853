"""Metrics for predicted probabilities, amounts and classes, with their definitions."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr
from sklearn import metrics as sk

Vector = npt.NDArray[np.float64]
Labels = npt.NDArray[np.object_]

BINS: Final = 10
FLOOR: Final = 1e-15
"""Probabilities are clipped to this before taking logarithms."""

DEFINITIONS: Final[dict[str, str]] = {
    "auc": "Area under the ROC curve: chance that a buyer ranks above a non-buyer, counting ties as half.",
    "average_precision": "Area under the precision-recall curve as a sum of steps.",
    "brier": "Mean squared difference between probability and outcome (Brier, 1950).",
    "log_loss": "Mean negative logarithm of the probability given to the actual outcome.",
    "ece": "Expected calibration error: mean absolute difference between the mean probability and the share that "
    "bought, over ten equal-sized bins by probability.",
    "mae": "Mean absolute error in the shop's currency; rewards predicting too little.",
    "rmse": "Root of the mean squared error in the shop's currency.",
    "spearman": "Rank correlation of predicted and actual spend.",
    "capture_10": "Share of all spend that came from the top 10% of ranked customers.",
    "capture_20": "Share of all spend that came from the top 20% of ranked customers.",
    "gini": "Normalised Gini: area between the ranking's gain curve and that of a random ranking, divided by the same "
    "area for the perfect ranking.",
    "predicted_over_actual": "Total predicted spend divided by total actual spend; 1 means the total is right.",
    "accuracy": "Share of customers whose class was predicted correctly.",
    "balanced_accuracy": "Mean recall over classes.",
    "precision_macro": "Mean precision over classes: of the customers predicted in a class, the share that were in it.",
    "recall_macro": "Mean recall over classes: of the customers in a class, the share predicted in it.",
    "f1_macro": "Mean over classes of F1, the harmonic mean of precision and recall.",
    "f1_weighted": "Mean F1 over classes, weighted by their share of customers.",
    "mcc": "Matthews correlation coefficient for several classes (Gorodkin, 2004).",
}
"""Definitions of all metrics, by name."""


def of_probabilities(happened: npt.ArrayLike, probability: npt.ArrayLike) -> dict[str, float | None]:
    """Return metrics of predicted probabilities.

    Parameters
    ----------
    happened : array of 0 and 1
        Actual outcomes.
    probability : array of float
        Between 0 and 1, in the same order.

    Returns
    -------
    dict
        `auc`, `average_precision`, `brier`, `log_loss`, `ece`. The first two are None if all outcomes are equal.
    """
    y, p = np.asarray(happened, float), np.asarray(probability, float)
    both = 0 < y.sum() < len(y)
    bounded = np.clip(p, FLOOR, 1 - FLOOR)
    return {
        "auc": float(sk.roc_auc_score(y, p)) if both else None,
        "average_precision": float(sk.average_precision_score(y, p)) if both else None,
        "brier": float(np.mean((p - y) ** 2)),
        "log_loss": float(-np.mean(y * np.log(bounded) + (1 - y) * np.log1p(-bounded))),
        "ece": calibration_error(y, p),
    }


def calibration_error(happened: Vector, probability: Vector, bins: int = BINS) -> float:
    """Return the expected calibration error over equal-mass bins (Naeini, Cooper and Hauskrecht, 2015).

    Customers with equal probabilities get their mean outcome, so that the order of ties doesn't matter.
    """
    ordered = np.argsort(probability, kind="stable")
    alike = shared(happened, probability)
    parts = np.array_split(ordered, min(bins, len(ordered)))
    return float(sum(abs(alike[i].mean() - probability[i].mean()) * len(i) for i in parts) / len(ordered))


def of_amounts(actual: npt.ArrayLike, predicted: npt.ArrayLike) -> dict[str, float | None]:
    """Return metrics of predicted amounts.

    Parameters
    ----------
    actual, predicted : array of float
        In the shop's currency, in the same order.

    Returns
    -------
    dict
        `mae`, `rmse`, `spearman`, `capture_10`, `capture_20`, `gini`, `predicted_over_actual`. A metric is None if
        undefined, because no one spent anything or all amounts are equal.
    """
    y, p = np.asarray(actual, float), np.asarray(predicted, float)
    total, varied = y.sum(), np.ptp(y) > 0 and np.ptp(p) > 0
    return {
        "mae": float(np.mean(np.abs(y - p))),
        "rmse": float(np.sqrt(np.mean((y - p) ** 2))),
        "spearman": float(spearmanr(y, p).statistic) if varied else None,
        "capture_10": capture(y, p, 0.10) if total > 0 else None,
        "capture_20": capture(y, p, 0.20) if total > 0 else None,
        "gini": normalised_gini(y, p) if total > 0 and np.ptp(y) > 0 else None,
        "predicted_over_actual": float(p.sum() / total) if total > 0 else None,
    }


def capture(actual: Vector, predicted: Vector, share: float) -> float:
    """Return the share of spend from the top `share` of ranked customers. Ties get their mean spend."""
    spent = ranked(actual, predicted)
    return float(spent[: int(len(spent) * share)].sum() / spent.sum())


def normalised_gini(actual: Vector, predicted: Vector) -> float:
    """Return the ranking's Gini coefficient over that of the perfect ranking: 1 is perfect, 0 is chance."""
    return _gini(ranked(actual, predicted)) / _gini(np.sort(actual)[::-1])


def ranked(actual: Vector, predicted: Vector) -> Vector:
    """Sort outcomes by prediction, highest first. Ties get their mean outcome."""
    found: Vector = shared(actual, predicted)[np.argsort(-predicted, kind="stable")]
    return found


def shared(actual: Vector, predicted: Vector) -> Vector:
    """Replace outcomes by their mean among equal predictions, so that the order of ties doesn't matter."""
    _, group, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    found: Vector = (np.bincount(group, weights=actual) / counts)[group]
    return found


def of_classes(actual: npt.ArrayLike, predicted: npt.ArrayLike) -> dict[str, float]:
    """Return metrics of predicted classes.

    Parameters
    ----------
    actual, predicted : array of str
        Classes, in the same order.
    """
    y, p = np.asarray(actual, object).astype(str), np.asarray(predicted, object).astype(str)
    classes = np.unique(y)
    macro = {"average": "macro", "labels": classes, "zero_division": 0}
    recall = float(sk.recall_score(y, p, **macro))
    return {
        "accuracy": float(np.mean(y == p)),
        "balanced_accuracy": recall,
        "precision_macro": float(sk.precision_score(y, p, **macro)),
        "recall_macro": recall,
        "f1_macro": float(sk.f1_score(y, p, **macro)),
        "f1_weighted": float(sk.f1_score(y, p, average="weighted", labels=classes, zero_division=0)),
        "mcc": float(sk.matthews_corrcoef(y, p)) if len(np.union1d(y, p)) > 1 else 0.0,
    }


def paired_difference(
    figure: Callable[..., float],
    actual: npt.ArrayLike,
    better: npt.ArrayLike,
    baseline: npt.ArrayLike,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> Mapping[str, float]:
    """Return the difference of a metric between two predictions for the same customers, with a 95% interval.

    Customers are drawn with replacement and both predictions are evaluated on the same draw (Efron and Tibshirani,
    1993, chapter 13, percentile interval), so that what makes a draw hard for both cancels out.

    Parameters
    ----------
    figure : callable
        Metric of actual outcomes and a prediction.
    actual, better, baseline : array
        Actual outcomes and both predictions, in the same order.
    draws : int
        Number of bootstrap samples.
    seed : int
        Random state.

    Returns
    -------
    mapping
        `difference`, `low`, `high`.
    """
    y, a, b = np.asarray(actual), np.asarray(better), np.asarray(baseline)
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        drawn = rng.integers(0, len(y), len(y))
        if np.ptp(y[drawn]) > 0:  # otherwise no ranking exists
            found.append(figure(y[drawn], a[drawn]) - figure(y[drawn], b[drawn]))
    low, high = np.quantile(found, [0.025, 0.975]) if found else (np.nan, np.nan)
    return {"difference": figure(y, a) - figure(y, b), "low": float(low), "high": float(high)}


def _gini(spent: Vector) -> float:
    """Return twice the area between the cumulative spend curve and the diagonal."""
    share = np.concatenate([[0.0], np.cumsum(spent) / spent.sum()])
    return float(np.sum((share[1:] + share[:-1]) / len(spent)) - 1)
