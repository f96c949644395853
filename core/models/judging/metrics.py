"""How well predictions did, each figure with its definition: probabilities, amounts and classes."""

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
"""Lowest probability whose logarithm is taken: that of none is infinite."""

DEFINITIONS: Final[dict[str, str]] = {
    "auc": "Area under the ROC curve: chance that a buyer is ranked above a non-buyer, ties half.",
    "average_precision": "Area under the precision-recall curve as a sum of steps.",
    "brier": "Mean squared difference between probability and what happened (Brier, 1950).",
    "log_loss": "Mean negative logarithm of the probability given to what happened.",
    "ece": "Expected calibration error: ten bins of equal size by probability, mean absolute difference between the "
    "mean probability and the share that bought.",
    "mae": "Mean absolute error in the shop's currency; rewards predicting too little.",
    "rmse": "Root of the mean squared error in the shop's currency.",
    "spearman": "Rank correlation of predicted and actual spend.",
    "capture_10": "Share of all spend that came from the tenth of customers ranked highest.",
    "capture_20": "Share of all spend that came from the fifth of customers ranked highest.",
    "gini": "Normalised Gini: area between the gain curve of the ranking and that of chance, over that of the perfect "
    "ranking.",
    "predicted_over_actual": "Sum of predicted over sum of actual spend; 1 is right in total.",
    "accuracy": "Share of customers whose class was predicted.",
    "balanced_accuracy": "Mean over classes of the share of its customers that was predicted.",
    "precision_macro": "Mean over classes of the share of those predicted that were in it.",
    "recall_macro": "Mean over classes of the share of its customers that was predicted; 0 for none.",
    "f1_macro": "Mean over classes of the harmonic mean of precision and recall.",
    "f1_weighted": "The same, each class with its share of customers as weight.",
    "mcc": "Matthews correlation coefficient for several classes (Gorodkin, 2004).",
}
"""What each figure is."""


def of_probabilities(happened: npt.ArrayLike, probability: npt.ArrayLike) -> dict[str, float | None]:
    """Figures of probabilities of an event.

    Parameters
    ----------
    happened : array of 0 and 1
        What happened.
    probability : array of float
        Between 0 and 1, in the same order.

    Returns
    -------
    dict
        `auc`, `average_precision`, `brier`, `log_loss`, `ece`; the first two None where only one thing happened.
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
    """Expected calibration error over bins of equal size (Naeini, Cooper and Hauskrecht, 2015, with equal masses).

    Customers with equal probabilities share the mean of what happened to them, so that their order says nothing.
    """
    ordered = np.argsort(probability, kind="stable")
    alike = shared(happened, probability)
    parts = np.array_split(ordered, min(bins, len(ordered)))
    return float(sum(abs(alike[i].mean() - probability[i].mean()) * len(i) for i in parts) / len(ordered))


def of_amounts(actual: npt.ArrayLike, predicted: npt.ArrayLike) -> dict[str, float | None]:
    """Figures of predicted amounts.

    Parameters
    ----------
    actual, predicted : array of float
        In the shop's currency, in the same order.

    Returns
    -------
    dict
        `mae`, `rmse`, `spearman`, `capture_10`, `capture_20`, `gini`, `predicted_over_actual`; None where nothing was
        spent, or all alike, and the figure does not exist.
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
    """Share of what was spent that came from the highest ranked customers; ties share what they spent."""
    spent = ranked(actual, predicted)
    return float(spent[: int(len(spent) * share)].sum() / spent.sum())


def normalised_gini(actual: Vector, predicted: Vector) -> float:
    """Gini coefficient of the ranking over that of the perfect ranking; 1 is perfect, 0 chance."""
    return _gini(ranked(actual, predicted)) / _gini(np.sort(actual)[::-1])


def ranked(actual: Vector, predicted: Vector) -> Vector:
    """What happened, the highest predicted first; those predicted alike share what happened to them."""
    found: Vector = shared(actual, predicted)[np.argsort(-predicted, kind="stable")]
    return found


def shared(actual: Vector, predicted: Vector) -> Vector:
    """Mean of what happened to all who are predicted alike, so that their order says nothing."""
    _, group, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    found: Vector = (np.bincount(group, weights=actual) / counts)[group]
    return found


def of_classes(actual: npt.ArrayLike, predicted: npt.ArrayLike) -> dict[str, float]:
    """Figures of predicted classes.

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
    """How much better one prediction is than another on the same customers, with a 95% interval.

    Customers are drawn with replacement and both predictions are judged on the same draw (Efron and Tibshirani, 1993,
    chapter 13, percentile interval), so that what makes a draw hard for both drops out.

    Parameters
    ----------
    figure : callable
        Takes what happened and a prediction.
    actual, better, baseline : array
        In the same order.
    draws : int
        Resampled sets of customers.
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
        if np.ptp(y[drawn]) > 0:  # else no ranking exists
            found.append(figure(y[drawn], a[drawn]) - figure(y[drawn], b[drawn]))
    low, high = np.quantile(found, [0.025, 0.975]) if found else (np.nan, np.nan)
    return {"difference": figure(y, a) - figure(y, b), "low": float(low), "high": float(high)}


def _gini(spent: Vector) -> float:
    """Twice the area between the curve of cumulated spend and the diagonal."""
    share = np.concatenate([[0.0], np.cumsum(spent) / spent.sum()])
    return float(np.sum((share[1:] + share[:-1]) / len(spent)) - 1)
