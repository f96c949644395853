"""Data for evaluation charts: ROC, precision-recall, reliability, amounts, gain and lift, confusion.

Every function takes rows from `core.models.judging.predictions.judged` and returns one tidy frame with `cutoff` and
`model` first. If rows are pooled over cutoffs, `cutoff` is missing. Curves are thinned to `MOST_POINTS` and keep their
end points.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from core.models.judging.metrics import BINS, Vector, ranked, shared
from core.stats import wilson

MOST_POINTS: Final = 200
"""Maximum points per curve: more than a screen can show, yet few enough to keep a page fast."""

PERFECT: Final = "perfect"
"""Model name of the perfect ranking in `gain`."""

_FRAME: Final = ["cutoff", "model"]


def roc(rows: pd.DataFrame) -> pd.DataFrame:
    """Compute ROC curves, skipping groups with only one outcome class.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `mistaken` (false positive rate), `found` (true positive rate), `threshold` (minimum
        probability to count as a buyer; infinite at the first point), ascending.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame | None:
        if not 0 < actual.sum() < len(actual):
            return None
        mistaken, found, threshold = sk.roc_curve(actual, predicted)
        return pd.DataFrame({"mistaken": mistaken, "found": found, "threshold": threshold})

    return _each(rows, curve)


def precision_recall(rows: pd.DataFrame) -> pd.DataFrame:
    """Compute precision-recall curves, skipping groups with only one outcome class.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `recall`, `precision`, `threshold`, ascending by recall from the first buyer.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame | None:
        if not 0 < actual.sum() < len(actual):
            return None
        precision, recall, threshold = sk.precision_recall_curve(actual, predicted, drop_intermediate=True)
        found = {"recall": recall[:-1], "precision": precision[:-1], "threshold": threshold}
        return pd.DataFrame(found)[::-1]  # scikit-learn's last point, (0, 1), is artificial

    return _each(rows, curve)


def reliability(rows: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Compare mean probability with the share that bought, in equal-sized bins as in `calibration_error`.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `bin` (from 1), `customers`, `predicted`, `happened`, and the 95% interval of `happened`
        (Wilson, 1927): `low`, `high`.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame:
        alike, ordered = shared(actual, predicted), np.argsort(predicted, kind="stable")
        parts = np.array_split(ordered, min(bins, len(ordered)))
        found = pd.DataFrame(
            {
                "bin": np.arange(1, len(parts) + 1),
                "customers": [len(part) for part in parts],
                "predicted": [predicted[part].mean() for part in parts],
                "happened": [alike[part].mean() for part in parts],
            }
        )
        low, high = wilson(found["happened"] * found["customers"], found["customers"])
        return found.assign(low=low, high=high)

    return _each(rows, curve)


def amounts(rows: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Compare predicted with actual amounts in equal-sized bins, highest predicted first.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `bin` (from 1), `customers`, and means in the shop's currency: `predicted`, `actual`
        (averaged over ties).
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame:
        alike, ordered = shared(actual, predicted), np.argsort(-predicted, kind="stable")
        parts = np.array_split(ordered, min(bins, len(ordered)))
        return pd.DataFrame(
            {
                "bin": np.arange(1, len(parts) + 1),
                "customers": [len(part) for part in parts],
                "predicted": [predicted[part].mean() for part in parts],
                "actual": [alike[part].mean() for part in parts],
            }
        )

    return _each(rows, curve)


def gain(rows: pd.DataFrame) -> pd.DataFrame:
    """Compute cumulative gain and lift: the share of buyers or spend captured by the top-ranked customers.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `picked` (share of customers, highest predicted first), `found` (share of all buyers or
        spend among them, averaged over ties), `lift` (`found` over `picked`; missing at the start), and the same for
        `PERFECT`, which ranks by actual outcomes. Groups without any buyers or spend are skipped.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame | None:
        if actual.sum() <= 0:
            return None
        picked = np.arange(len(actual) + 1) / len(actual)
        found = np.concatenate([[0.0], np.cumsum(ranked(actual, predicted)) / actual.sum()])
        lift = np.divide(found, picked, out=np.full(len(picked), np.nan), where=picked > 0)
        return pd.DataFrame({"picked": picked, "found": found, "lift": lift})

    if rows.empty:
        return _each(rows, curve)
    one = rows[rows["model"] == rows["model"].value_counts().idxmax()]
    return _each(pd.concat([rows, one.assign(model=PERFECT, predicted=one["actual"])], ignore_index=True), curve)


def confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """Count predicted against actual next segments.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `segment_next`, `segment_predicted`, `customers`, `share` (of the customers of that next
        segment; 0 if it has none), for each pair of segments that occur.
    """
    names = sorted({*rows["actual"], *rows["predicted"]})
    pairs = pd.MultiIndex.from_product([names, names], names=["segment_next", "segment_predicted"])
    parts = []
    for (cutoff, model), part in rows.groupby(_FRAME, dropna=False, sort=True):
        counted = part.groupby(["actual", "predicted"]).size().reindex(pairs.set_names(["actual", "predicted"]))
        found = pd.DataFrame({"customers": counted.fillna(0).astype(int).to_numpy()}, index=pairs).reset_index()
        whole = found.groupby("segment_next")["customers"].transform("sum")
        found["share"] = (found["customers"] / whole.where(whole > 0)).fillna(0.0)
        parts.append(_named(found, cutoff, model))
    return _joined(parts)


def per_class(rows: pd.DataFrame) -> pd.DataFrame:
    """Compute precision, recall and F1 of each segment.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `segment`, `precision` (share of those predicted in it that were), `recall` (share of those
        in it that were predicted), `f1` (their harmonic mean), `support` (customers in it), `said` (customers predicted
        in it). A share without customers is 0.
    """
    parts = []
    for (cutoff, model), part in rows.groupby(_FRAME, dropna=False, sort=True):
        y, p = part["actual"].astype(str), part["predicted"].astype(str)
        names = sorted({*y, *p})
        precision, recall, f1, support = sk.precision_recall_fscore_support(y, p, labels=names, zero_division=0)
        found = pd.DataFrame({"segment": names, "precision": precision, "recall": recall, "f1": f1, "support": support})
        found["said"] = p.value_counts().reindex(names, fill_value=0).to_numpy()
        parts.append(_named(found, cutoff, model))
    return _joined(parts)


def _each(rows: pd.DataFrame, curve: Callable[[Vector, Vector], pd.DataFrame | None]) -> pd.DataFrame:
    """Apply `curve` to each cutoff and model, and thin the result."""
    parts = []
    for (cutoff, model), part in rows.groupby(_FRAME, dropna=False, sort=True):
        found = curve(part["actual"].to_numpy(dtype="float64"), part["predicted"].to_numpy(dtype="float64"))
        if found is not None:
            parts.append(_named(_thinned(found), cutoff, model))
    return _joined(parts)


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """Keep evenly spaced points, including the first and the last."""
    if len(points) <= MOST_POINTS:
        return points
    return points.iloc[np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))]


def _named(part: pd.DataFrame, cutoff: Any, model: Any) -> pd.DataFrame:
    part.insert(0, "model", model)
    part.insert(0, "cutoff", cutoff)
    return part


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_FRAME)
