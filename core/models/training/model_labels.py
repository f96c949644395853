"""What predictions were worth, in sentences that a marketer can pass on."""

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
    "rfm": "R, F, M and country alone",
    "btyd": "Own rhythm",
    "recency": "Recency alone",
    "persistence": "Nobody moves",
    "roll_forward": "Nobody buys",
    "most_frequent": "The commonest answer",
}
"""Names of models as shown."""

ABOUT: Final[dict[str, str]] = {
    CHAMPION: "Own rhythm blended with models that are different in kind, moved to the season's level: what is used.",
    **{name: candidate.about for name, candidate in CANDIDATES.items()},
    "rfm": "A model that knows recency, frequency, monetary and country, and nothing else.",
    "btyd": "Repeat buying alone: BG/NBD for how often, Gamma-Gamma for how much. No machine learning.",
    "recency": "Whoever bought last will buy next. No other fact is used.",
    "persistence": "Everybody stays in the segment of today.",
    "roll_forward": "Time passes and nobody buys: recency grows, and the segments follow.",
    "most_frequent": "Gives everybody the commonest answer.",
}
"""How each model decides."""

BALANCED: Final = {"weights": "weighted", "smote": "SMOTE", "smotetomek": "SMOTE and Tomek"}
"""What was done about rare classes, beside a model's name."""

OUTCOMES: Final[dict[str, str]] = {
    WILL_BUY: "Will they buy?",
    SPEND: "How much will they spend?",
    NEXT_SEGMENT: "Which segment next?",
}
"""Questions that are predicted."""

FIGURES: Final[dict[str, str]] = {
    "auc": "AUC", "average_precision": "Average precision", "brier": "Brier", "log_loss": "Log-loss", "ece": "ECE",
    "mae": "MAE", "rmse": "RMSE", "spearman": "Spearman", "capture_10": "Top 10% capture",
    "capture_20": "Top 20% capture", "gini": "Normalised Gini", "predicted_over_actual": "Predicted over actual",
    "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "precision_macro": "Precision, macro",
    "recall_macro": "Recall, macro", "f1_macro": "F1, macro", "f1_weighted": "F1, weighted", "mcc": "MCC",
}  # fmt: skip
"""Names of figures as shown."""

_MOST: Final = 500  # customers of the list that is imagined
_TOP: Final = 0.20
_EQUAL: Final = 0.0005  # shown, three digits are alike
_FELT: Final = 0.01  # of calibration error: a customer in a hundred
_PHRASES: Final = {
    CHAMPION: "the champion blend",
    "persistence": "assuming that nobody moves",
    "roll_forward": "assuming that nobody buys",
    "most_frequent": "giving everybody the commonest answer",
    "rfm": "a model of R, F, M and country alone",
    "xgboost": "XGBoost",
}
_BETTER: Final = {  # figures in a sentence, and digits that tell models apart
    "brier": ("the Brier score", 4),
    "auc": ("AUC", 3),
    "gini": ("the normalised Gini", 3),
    "f1_macro": ("macro-F1", 3),
    "mcc": ("MCC", 3),
}


def label(model: str) -> str:
    """A model's name as shown; after a + stands what was done about rare classes in its training."""
    base, balancing = model.partition("+")[::2]
    return LABELS.get(base, base) + (f", {BALANCED.get(balancing, balancing)}" if balancing else "")


def phrase(model: str) -> str:
    """A model's name inside a sentence."""
    base, plus, balancing = model.partition("+")
    name = label(base)
    return _PHRASES.get(base, name[:1].lower() + name[1:]) + label(f"{plus}{balancing}")


def worth(predictions: pd.DataFrame, outcome: str, model: str, baseline: str) -> str:
    """What a model found, and what a baseline would have found, at the latest cutoff whose outcome was seen.

    The latest, and not an average: its figures are of one list that could have been sent.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    model, baseline : str
        Keys of models. Where the baseline did not predict the outcome, or is the model, it is not spoken of.

    Returns
    -------
    str
        One sentence; empty where the model's predictions of it were not seen.
    """
    rows = judged(at_latest(predictions), outcome)
    each = {name: rows[rows["model"] == name] for name in (model, baseline)}
    if each[model].empty:
        return ""
    compared = None if model == baseline or each[baseline].empty else baseline
    return {WILL_BUY: _buyers, SPEND: _spent, NEXT_SEGMENT: _named}[outcome](each, model, compared)


def lead(row: Mapping[Any, Any], outcome: str, reference: str, *, figure: str = "") -> str:
    """Whether a model's lead over the best baseline is more than chance.

    Parameters
    ----------
    row : dict
        A row of `core.models.judging.leaderboard.leaderboard`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    reference : str
        The best baseline.
    figure : str
        One of `core.models.judging.leaderboard.LEADS`; the main one unless given.
    """
    figure, over = figure or MAIN[outcome], phrase(reference)
    low, high = (float(row[f"{part}_{figure}"]) for part in ("low", "high"))
    if not np.isfinite([low, high]).all():
        return f"Whether it is better than {over} cannot be said."
    if high < 0:
        return f"It is behind {over}: {_better_by(row, figure)}."
    if low <= 0 and row[f"lead_{figure}"] <= 0:
        return f"It is level with {over}: {_better_by(row, figure)}."
    return f"Its lead over {over} {'is real' if low > 0 else 'could be chance'}: {_better_by(row, figure)}."


def also(row: Mapping[Any, Any], figure: str) -> str:
    """The same of another figure, after `lead`."""
    low, high = (float(row[f"{part}_{figure}"]) for part in ("low", "high"))
    if not np.isfinite([low, high]).all():
        return ""
    sure = "more than chance" if low > 0 or high < 0 else "which could be chance"
    said = f"{_better_by(row, figure)}, {sure}."
    return said[:1].upper() + said[1:]


def _better_by(row: Mapping[Any, Any], figure: str) -> str:
    """Such as “AUC is better by 0.008 (95%: 0.003 to 0.012)”."""
    by, low, high = (float(row[f"{part}_{figure}"]) for part in ("lead", "low", "high"))
    name, digits = _BETTER[figure]
    way = "worse" if by < 0 else "better"
    ends = (-by, -high, -low) if by < 0 else (by, low, high)
    by_, low_, high_ = (_number(value, digits) for value in ends)
    return f"{name} is {way} by {by_} (95%: {low_} to {high_})"


def cost_of_balancing(without: Mapping[Any, Any], balanced: Mapping[Any, Any]) -> str:
    """What balancing did to F1, and what to the truth of the probabilities.

    Parameters
    ----------
    without, balanced : dict
        Rows of a leaderboard: the same model, trained on customers as they are and on balanced classes.
    """
    how = label(balanced["model"])
    found, lost = balanced["f1_macro"] - without["f1_macro"], balanced.get("ece", np.nan) - without.get("ece", np.nan)
    said = f"{how}: macro-F1 {_moved(found)}, from {without['f1_macro']:.3f} to {balanced['f1_macro']:.3f}"
    if not np.isfinite(lost):
        return f"{said}."
    said += f"; the calibration error {_moved(lost)}, from {without['ece']:.3f} to {balanced['ece']:.3f}"
    if lost > _FELT:
        return f"{said}: its probabilities can no longer be taken at their word."
    return f"{said}."


def _moved(by: float) -> str:
    return "stays" if abs(by) < _EQUAL else f"{'rises' if by > 0 else 'falls'} by {abs(by):.3f}"


def list_size(customers: int) -> int:
    """Length of the list that is imagined: a tenth of the customers, at most 500, rounded down to a plain number."""
    tenth = min(_MOST, max(1, customers // 10))
    step = 50 if tenth >= 100 else 10 if tenth >= 10 else 1  # noqa: PLR2004  two figures, the second 0 or 5
    return tenth // step * step


def _buyers(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    size = list_size(len(each[model]))
    found = {name: round(float(ranked(*_pair(rows))[:size].sum())) for name, rows in each.items() if len(rows) >= size}
    whom = f"Of the {size:,} customers it put first" if size > 1 else "Of the one customer it put first"
    beside = f"; {phrase(baseline)} would have found {found[baseline]:,}" if baseline in found else ""
    return f"{whom}, {found[model]:,} bought{beside}."


def _spent(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    if each[model]["actual"].sum() <= 0:
        return "Nothing was spent, so nobody could be found."
    found = {name: _percent(capture(*_pair(rows), _TOP)) for name, rows in each.items() if len(rows)}
    beside = f"; {phrase(baseline)} would have found {found[baseline]}" if baseline else ""
    return f"The fifth of customers it put first brought {found[model]} of what was spent{beside}."


def _named(each: dict[str, pd.DataFrame], model: str, baseline: str | None) -> str:
    right = {name: f"{100 * (rows['actual'] == rows['predicted']).mean():.0f}" for name, rows in each.items()}
    beside = f"; {phrase(baseline)} names {right[baseline]}" if baseline else ""
    return f"It named the next segment of {right[model]} of 100 customers{beside}."


def _pair(rows: pd.DataFrame) -> tuple[Vector, Vector]:
    return rows["actual"].to_numpy(dtype="float64"), rows["predicted"].to_numpy(dtype="float64")


def _percent(part: float) -> str:
    return f"{100 * part:.0f}%"


def _number(value: float, digits: int) -> str:
    written = f"{abs(value):.{digits}f}"
    return f"−{written}" if value < 0 and float(written) else written
