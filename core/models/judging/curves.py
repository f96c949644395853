"""What is drawn of predictions: ranking, reliability, amounts, gain and lift, what is mistaken for what.

Every function takes rows from `core.models.judging.predictions.judged` and gives one tidy frame with `cutoff` and
`model` first; with rows pooled over cutoffs, `cutoff` is missing. Curves are thinned to `MOST_POINTS`, their ends kept.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from core.models.judging.metrics import BINS, Vector, ranked, shared
from core.stats import wilson

MOST_POINTS: Final = 200
"""Of one curve: more than a screen can show, and few enough for a page to stay fast."""

PERFECT: Final = "perfect"
"""Stands for a model in `gain`: who knew everything in advance."""

_FRAME: Final = ["cutoff", "model"]


def roc(rows: pd.DataFrame) -> pd.DataFrame:
    """Buyers found against others mistaken for buyers, at each threshold; nothing where only one thing happened.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `mistaken` (false positive rate), `found` (true positive rate), `threshold` (probability
        from which on a customer counts as a buyer; infinite at the first point), ascending.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame | None:
        if not 0 < actual.sum() < len(actual):
            return None
        mistaken, found, threshold = sk.roc_curve(actual, predicted)
        return pd.DataFrame({"mistaken": mistaken, "found": found, "threshold": threshold})

    return _each(rows, curve)


def precision_recall(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of buyers among those picked against share of all buyers picked; nothing where only one thing happened.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `recall`, `precision`, `threshold`, ascending by recall from the first buyer on.
    """

    def curve(actual: Vector, predicted: Vector) -> pd.DataFrame | None:
        if not 0 < actual.sum() < len(actual):
            return None
        precision, recall, threshold = sk.precision_recall_curve(actual, predicted, drop_intermediate=True)
        found = {"recall": recall[:-1], "precision": precision[:-1], "threshold": threshold}
        return pd.DataFrame(found)[::-1]  # the last point of scikit-learn's, (0, 1), is an invention

    return _each(rows, curve)


def reliability(rows: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Mean probability against the share that bought, in bins of equal size as in `calibration_error`.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `bin` from 1 on, `customers`, `predicted`, `happened`, and of the latter a 95% interval
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
    """Predicted and actual amounts of customers in bins of equal size, the highest predicted first.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `bin` from 1 on, `customers`, and means in the shop's currency: `predicted`, `actual` (those
        predicted alike share it).
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
    """How much of all that happened lies with the customers ranked first: buyers, or money spent.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `picked` (share of customers, the highest predicted first), `found` (share of all buyers or
        of all spend with them; those predicted alike share it), `lift` (found over picked; missing at the start), and
        the same of `PERFECT`, which ranks by what happened. Nothing where nothing happened.
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
    """Where customers were said to be, of those who came to be in each segment.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `segment_next`, `segment_predicted`, `customers`, `share` (of the customers of that next
        segment; 0 where nobody is), each pair of the segments that occur.
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
    """Precision, recall and F1 of each segment.

    Returns
    -------
    DataFrame
        `cutoff`, `model`, `segment`, `precision` (share of those said to be in it that were), `recall` (share of those
        in it that were said to be), `f1` (their harmonic mean), `support` (customers in it), `said` (customers said to
        be in it). A share of nobody is 0.
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
    """A curve of each cutoff and model, thinned."""
    parts = []
    for (cutoff, model), part in rows.groupby(_FRAME, dropna=False, sort=True):
        found = curve(part["actual"].to_numpy(dtype="float64"), part["predicted"].to_numpy(dtype="float64"))
        if found is not None:
            parts.append(_named(_thinned(found), cutoff, model))
    return _joined(parts)


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """Points at even steps, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return points
    return points.iloc[np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))]


def _named(part: pd.DataFrame, cutoff: Any, model: Any) -> pd.DataFrame:
    part.insert(0, "model", model)
    part.insert(0, "cutoff", cutoff)
    return part


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_FRAME)
