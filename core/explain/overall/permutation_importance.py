"""Permutation importance: the loss when a driver is shuffled among customers (Breiman, 2001; Fisher and others, 2019).

All inputs of a driver are shuffled together. When a single input is shuffled, the others still carry the same fact, and
its importance is understated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.inspection import permutation_importance

from core.explain.attribution.contributions import Values
from core.explain.overall.exchange import Exchange, Groups, Places
from core.models.judging.leaderboard import LOWER_IS_BETTER
from core.models.judging.metrics import FLOOR, of_amounts, of_probabilities
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.learners.next_segment import segment_at
from core.progress import Progress

MEASURES: Final[dict[str, tuple[str, ...]]] = {
    WILL_BUY: ("auc", "average_precision", "brier", "log_loss"),
    SPEND: ("gini", "spearman", "capture_20", "mae"),
    NEXT_SEGMENT: ("mcc", "f1_macro", "accuracy", "log_loss"),
}
"""Figures of `core.models.judging.metrics` that measure the loss, the main one first."""

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Importance:
    """The cost of shuffling.

    Parameters
    ----------
    table : DataFrame
        One row per `name` (driver or input) and `measure`: `mean` loss of the figure, positive for a worse value in
        either direction; `sd` of single shuffles; `repeats`.
    figures : dict
        Figures of the unchanged model, by measure.
    """

    table: pd.DataFrame
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class _Model:
    """The estimator for scikit-learn, which shuffles row numbers, one column per driver, and so whole drivers."""

    exchange: Exchange
    groups: Groups

    def fit(self, X: Places, y: Any = None) -> Self:  # noqa: ARG002, N803  scikit-learn's names
        """Do nothing; the model is already fitted."""
        return self

    def predict(self, X: Places) -> Values:  # noqa: N803
        """Return predictions for customers whose drivers come from these rows."""
        return self.exchange.output(self.exchange.mixed(X, self.groups))


def importance(
    exchange: Exchange,
    happened: npt.NDArray[Any],
    groups: Groups,
    *,
    repeats: int,
    seed: int,
    progress: Progress,
) -> Importance:
    """Shuffle each group of columns, and measure the model's loss.

    Parameters
    ----------
    exchange : Exchange
        The model and customers whose outcome it hasn't seen.
    happened : array
        Outcomes, from `happened_to`.
    groups : mapping
        `exchange.drivers` or `exchange.inputs`.
    repeats : int
        Shuffles of each group.
    seed : int
        Random state.
    progress : callable
        Called with the share done and the current step; may raise to stop.
    """
    judge, total, asked = judged_by(exchange), len(groups) * repeats + 1, 0

    def score(model: _Model, places: Places, known: npt.NDArray[Any]) -> Figures:
        nonlocal asked
        asked += 1
        progress(min(asked / total, 1.0), f"Shuffling {len(groups)} drivers or inputs, one at a time")
        return {name: _better(name, value) for name, value in judge(known, model.predict(places)).items()}

    places = np.tile(np.arange(len(exchange.rows))[:, None], (1, len(groups)))
    model = _Model(exchange=exchange, groups=groups)
    found = permutation_importance(
        model, places, happened, scoring=score, n_repeats=repeats, random_state=seed, n_jobs=1
    )
    rows = [
        {
            "name": name,
            "measure": measure,
            "mean": float(lost["importances"][place].mean()),
            "sd": float(lost["importances"][place].std(ddof=1)) if repeats > 1 else float("nan"),
            "repeats": repeats,
        }
        for measure, lost in found.items()
        for place, name in enumerate(groups)
    ]
    return Importance(table=pd.DataFrame(rows), figures=judge(happened, exchange.output(exchange.rows)))


def happened_to(exchange: Exchange, rows: pd.DataFrame) -> npt.NDArray[Any]:
    """Return the outcomes of customers; segments as their index among the names.

    Parameters
    ----------
    exchange : Exchange
        Exchange of the same customers.
    rows : DataFrame
        Rows of a panel, with outcomes.
    """
    outcome = exchange.explainer.outcome
    if outcome != NEXT_SEGMENT:
        return rows[outcome].to_numpy(dtype="float64")
    segments = exchange.explainer.predictor.segments
    names = {name: place for place, name in enumerate(segments.names)}
    return segment_at(rows, segments, "next").map(names).to_numpy(dtype="int64")


def judged_by(exchange: Exchange) -> Callable[[npt.NDArray[Any], Values], Figures]:
    """Return a function that computes the `MEASURES` from outcomes and predictions on the explainer's scale.

    Undefined figures, as when all outcomes are the same, are missing.
    """
    explainer, outcome = exchange.explainer, exchange.explainer.outcome
    names = MEASURES[outcome]

    def chances(output: Values) -> Values:
        found = explainer.probabilities(output)
        assert found is not None  # noqa: S101  only money has none
        return found

    def judge(happened: npt.NDArray[Any], output: Values) -> Figures:
        if outcome == WILL_BUY:
            found: dict[str, float | None] = of_probabilities(happened, chances(output)[:, 0])
        elif outcome == SPEND:
            found = of_amounts(happened, output[:, 0])
        else:
            following = explainer.predictor.following
            assert following is not None  # noqa: S101  it explains the next segment
            said = chances(output)
            order = {name: place for place, name in enumerate(explainer.outputs)}
            named = np.array([order[name] for name in following.named(said)])
            found = of_places(happened, named, said)
        return {name: float("nan") if found[name] is None else float(found[name] or 0.0) for name in names}

    return judge


def of_places(happened: npt.NDArray[np.int64], named: npt.NDArray[np.int64], said: Values) -> dict[str, float | None]:
    """Return classification metrics for classes given as indices; one confusion matrix keeps hundreds of calls fast.

    See `core.models.judging.metrics.of_classes`.
    """
    classes = said.shape[1]
    counts = np.zeros((classes, classes))
    np.add.at(counts, (happened, named), 1)
    actual, given, right, of = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts), counts.sum()
    there = actual > 0
    f1 = 2 * right[there] / (actual + given)[there]
    left, up = of**2 - (given**2).sum(), of**2 - (actual**2).sum()
    mcc = (right.sum() * of - (actual * given).sum()) / np.sqrt(left * up) if left * up > 0 else 0.0
    of_own = said[np.arange(len(said)), happened]
    return {
        "mcc": float(mcc),
        "f1_macro": float(f1.mean()),
        "accuracy": float(right.sum() / of),
        "log_loss": float(-np.log(np.clip(of_own, FLOOR, 1.0)).mean()),
    }


def _better(name: str, value: float) -> float:
    """Return a figure, negated if lower is better."""
    return -value if name in LOWER_IS_BETTER else value
