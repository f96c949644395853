"""Display names of models and metrics, and plain sentences about their results."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from core.models.judging.leaderboard import MAIN
from core.models.judging.metrics import Vector, capture, ranked
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY, at_latest, judged
from core.models.learners.candidates import CANDIDATES
from core.models.training.suite import CHAMPION

LABELS: Final[dict[str, str]] = {
    CHAMPION: "Champion blend",
    **{name: candidate.label for name, candidate in CANDIDATES.items()},
    "rfm": "RFM and country alone",
    "btyd": "Own rhythm",
    "recency": "Recency alone",
    "persistence": "No change",
    "roll_forward": "No purchases",
    "most_frequent": "Majority class",
}
"""Display names of models."""

ABOUT: Final[dict[str, str]] = {
    CHAMPION: "Own rhythm blended with different kinds of models and adjusted for the season. Used by default.",
    **{name: candidate.about for name, candidate in CANDIDATES.items()},
    "rfm": "Uses recency, frequency, monetary value and country only.",
    "btyd": "Repeat buying alone: BG/NBD for how often, Gamma-Gamma for how much. No machine learning.",
    "recency": "The more recent the last order, the likelier the next. Uses nothing else.",
    "persistence": "Recent buyers buy again for the same amount, and everyone stays in their segment.",
    "roll_forward": "Time passes and no one buys: recency grows, and segments change accordingly.",
    "most_frequent": "Predicts past averages and the majority class for all customers.",
}
"""How each model decides."""

BALANCED: Final = {"weights": "weighted", "smote": "SMOTE", "smotetomek": "SMOTE and Tomek"}
"""Suffixes of a model's display name, by how its classes were balanced."""

OUTCOMES: Final[dict[str, str]] = {
    WILL_BUY: "Will they buy?",
    SPEND: "How much will they spend?",
    NEXT_SEGMENT: "Which segment next?",
}
"""Display names of outcomes, as questions."""

FIGURES: Final[dict[str, str]] = {
    "auc": "AUC", "average_precision": "Average precision", "brier": "Brier", "log_loss": "Log-loss", "ece": "ECE",
    "mae": "MAE", "rmse": "RMSE", "spearman": "Spearman", "capture_10": "Top 10% capture",
    "capture_20": "Top 20% capture", "gini": "Normalised Gini", "predicted_over_actual": "Predicted over actual",
    "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "precision_macro": "Precision, macro",
    "recall_macro": "Recall, macro", "f1_macro": "F1, macro", "f1_weighted": "F1, weighted", "mcc": "MCC",
}  # fmt: skip
"""Display names of metrics."""

_MOST: Final = 500  # maximum customers on the example list
_TOP: Final = 0.20
_EQUAL: Final = 0.0005  # smaller changes don't show in three digits
_FELT: Final = 0.01  # rise in calibration error that matters: one customer in a hundred
_PHRASES: Final = {
    CHAMPION: "the champion blend",
    "persistence": "the no-change baseline",
    "roll_forward": "the no-purchase baseline",
    "most_frequent": "the majority class",
    "rfm": "a model of RFM and country alone",
    **{name: candidate.phrase for name, candidate in CANDIDATES.items() if candidate.phrase},
}
_BETTER: Final = {  # names of metrics within a sentence, and digits that distinguish models
    "brier": ("the Brier score", 4),
    "auc": ("AUC", 3),
    "gini": ("the normalised Gini", 3),
    "f1_macro": ("macro-F1", 3),
    "mcc": ("MCC", 3),
}


def label(model: str) -> str:
    """Return a model's display name; a key's part after + is its class balancing."""
    base, balancing = model.partition("+")[::2]
    return LABELS.get(base, base) + (f", {BALANCED.get(balancing, balancing)}" if balancing else "")


def phrase(model: str) -> str:
    """Return a model's name as used within a sentence."""
    base, plus, balancing = model.partition("+")
    name = label(base)
    return _PHRASES.get(base, name[:1].lower() + name[1:]) + label(f"{plus}{balancing}")


def worth(predictions: pd.DataFrame, outcome: str, model: str, baseline: str) -> str:
    """Describe what a model achieved at the latest evaluated cutoff, and what a baseline would have.

    One cutoff is described rather than an average, because its numbers are those of a list that could have been sent.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    model, baseline : str
        Keys of models. The baseline is omitted if it doesn't predict the outcome or is the model itself.

    Returns
    -------
    str
        One sentence; empty if the model has no predictions with an observed outcome.
    """
    rows = judged(at_latest(predictions), outcome)
    each = {name: rows[rows["model"] == name] for name in (model, baseline)}
    if each[model].empty:
        return ""
    compared = None if model == baseline or each[baseline].empty else baseline
    return {WILL_BUY: _buyers, SPEND: _spent, NEXT_SEGMENT: _named}[outcome](each, model, compared)


def lead(row: Mapping[Any, Any], outcome: str, reference: str, *, figure: str = "") -> str:
    """Describe a model's lead over the best baseline, and whether it could be chance.

    Parameters
    ----------
    row : dict
        A row of `core.models.judging.leaderboard.leaderboard`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    reference : str
        The best baseline.
    figure : str
        One of `core.models.judging.leaderboard.LEADS`; empty for the outcome's main metric.
    """
    figure, over = figure or MAIN[outcome], phrase(reference)
    low, high = (float(row[f"{part}_{figure}"]) for part in ("low", "high"))
    if not np.isfinite([low, high]).all():
        return f"There is too little data to compare it with {over}."
    if high < 0:
        return f"It is behind {over}: {_better_by(row, figure)}."
    if low <= 0 and row[f"lead_{figure}"] <= 0:
        return f"It is level with {over}: {_better_by(row, figure)}."
    return f"Its lead over {over} {'is real' if low > 0 else 'could be chance'}: {_better_by(row, figure)}."


def also(row: Mapping[Any, Any], figure: str) -> str:
    """Describe the lead in another metric, to follow the sentence of `lead`."""
    low, high = (float(row[f"{part}_{figure}"]) for part in ("low", "high"))
    if not np.isfinite([low, high]).all():
        return ""
    sure = "more than chance" if low > 0 or high < 0 else "which could be chance"
    sentence = f"{_better_by(row, figure)}, {sure}."
    return sentence[:1].upper() + sentence[1:]


def _better_by(row: Mapping[Any, Any], figure: str) -> str:
    """Describe a difference, such as “AUC is better by 0.008 (95%: 0.003 to 0.012)”."""
    by, low, high = (float(row[f"{part}_{figure}"]) for part in ("lead", "low", "high"))
    name, digits = _BETTER[figure]
    way = "worse" if by < 0 else "better"
    ends = (-by, -high, -low) if by < 0 else (by, low, high)
    by_, low_, high_ = (_number(value, digits) for value in ends)
    return f"{name} is {way} by {by_} (95%: {low_} to {high_})"


def cost_of_balancing(without: Mapping[Any, Any], balanced: Mapping[Any, Any]) -> str:
    """Describe the effect of class balancing on F1 and on calibration.

    Parameters
    ----------
    without, balanced : dict
        Leaderboard rows of the same model, trained without and with class balancing.
    """
    how = label(balanced["model"])
    gain, lost = balanced["f1_macro"] - without["f1_macro"], balanced.get("ece", np.nan) - without.get("ece", np.nan)
    effect = f"{how}: macro-F1 {_moved(gain)}, from {without['f1_macro']:.3f} to {balanced['f1_macro']:.3f}"
    if not np.isfinite(lost):
        return f"{effect}."
    effect += f"; calibration error {_moved(lost)}, from {without['ece']:.3f} to {balanced['ece']:.3f}"
    if lost > _FELT:
        return f"{effect}, so its probabilities are no longer reliable."
    return f"{effect}."


def _moved(by: float) -> str:
    return "barely changes" if abs(by) < _EQUAL else f"{'rises' if by > 0 else 'falls'} by {abs(by):.3f}"


def list_size(customers: int) -> int:
    """Return the length of an example list: 10% of customers, at most 500, rounded down to a round number."""
    tenth = min(_MOST, max(1, customers // 10))
    step = 50 if tenth >= 100 else 10 if tenth >= 10 else 1  # noqa: PLR2004  two digits, the second 0 or 5
    return tenth // step * step


def _buyers(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    size = list_size(len(each[model]))
    found = {name: round(float(ranked(*_pair(rows))[:size].sum())) for name, rows in each.items() if len(rows) >= size}
    if size == 1 and baseline not in found:
        return f"Its top customer {'bought' if found[model] else 'did not buy'}."
    whom = f"Of its top {size:,} customers" if size > 1 else "Of its top customer alone"
    beside = f"; {phrase(baseline)} would have found {found[baseline]:,}" if baseline in found else ""
    return f"{whom}, {found[model]:,} bought{beside}."


def _spent(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    if each[model]["actual"].sum() <= 0:
        return "No one spent anything, so there were no buyers to find."
    found = {name: _percent(capture(*_pair(rows), _TOP)) for name, rows in each.items() if len(rows)}
    beside = f"; {phrase(baseline)} would have found {found[baseline]}" if baseline else ""
    return f"Its top 20% of customers accounted for {found[model]} of spend{beside}."


def _named(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    right = {name: f"{100 * (rows['actual'] == rows['predicted']).mean():.0f}" for name, rows in each.items()}
    beside = f"; {phrase(baseline)} gets {right[baseline]} right" if baseline else ""
    return f"It predicted the next segment correctly for {right[model]} of 100 customers{beside}."


def _pair(rows: pd.DataFrame) -> tuple[Vector, Vector]:
    return rows["actual"].to_numpy(dtype="float64"), rows["predicted"].to_numpy(dtype="float64")


def _percent(part: float) -> str:
    return f"{100 * part:.0f}%"


def _number(value: float, digits: int) -> str:
    written = f"{abs(value):.{digits}f}"
    return f"−{written}" if value < 0 and float(written) else written
