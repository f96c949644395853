"""One model's results at past dates for one outcome: overall, by probability and by group."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.cards.card_figures import interval, with_intervals
from core.cards.customer_groups import by_group
from core.models.judging import curves
from core.models.judging.paired_bootstrap import FIGURES, resampled
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY, judged
from core.models.training.suite import BTYD

COUNTRY: Final = "country"
SEGMENT: Final = "segment"
GROUPS: Final[dict[str, str]] = {COUNTRY: "countries", SEGMENT: ""}
"""Kinds of groups, and the collective name of those with few customers."""

BESIDE: Final[dict[str, tuple[str, ...]]] = {WILL_BUY: ("auc", "brier"), SPEND: ("gini",), NEXT_SEGMENT: ("mcc",)}
"""Figures of each group, besides predicted and actual means."""

_CURVES: Final = {WILL_BUY: curves.reliability, SPEND: curves.amounts, NEXT_SEGMENT: curves.confusion}
_DRAWS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A model's results at past dates.

    Parameters
    ----------
    outcome : str
        "will_buy", "spend" or "next_segment".
    dates : tuple of str
        Dates of the predictions, with known outcomes (YYYY-MM-DD).
    customers, rows, buyers : int
        Distinct customers; customers counted once per date; and those who bought (for the next segment: moved).
    said, came : float
        Predicted and actual mean. For the next segment the first is missing, and the second is the share of correct
        predictions.
    figures : DataFrame
        See `core.cards.card_figures.with_intervals`.
    curve : DataFrame
        Curve of the model and of own rhythm, all dates pooled: `core.models.judging.curves.reliability` for who buys,
        `amounts` for spend, `confusion` for the next segment.
    groups : dict
        By `GROUPS`, see `core.cards.customer_groups.by_group`, and for each figure of `BESIDE` its mean over dates
        with a 95% interval, `…_low` and `…_high`.
    """

    outcome: str
    dates: tuple[str, ...]
    customers: int
    rows: int
    buyers: int
    said: float
    came: float
    figures: pd.DataFrame
    curve: pd.DataFrame
    groups: dict[str, pd.DataFrame]


def judgement(predictions: pd.DataFrame, model: str, outcome: str, countries: "pd.Series[str]") -> Judgement | None:
    """Evaluate a model; None if no outcome was both predicted and observed.

    Parameters
    ----------
    predictions : DataFrame
        Columns of `core.models.judging.predictions.PREDICTIONS`.
    model : str
        Name of the model.
    outcome : str
        "will_buy", "spend" or "next_segment".
    countries : Series
        Current country by customer id.
    """
    some = predictions[predictions["model"].isin([model, BTYD])]
    rows = judged(some[some["model"] == model], outcome)
    if rows.empty:
        return None
    then = some.loc[rows.index, ["segment_now", "segment_next"]]
    rows = rows.assign(moved=then["segment_now"] != then["segment_next"])
    by = {COUNTRY: rows["customer_id"].map(countries), SEGMENT: then["segment_now"]}
    right = (rows["actual"] == rows["predicted"]) if outcome == NEXT_SEGMENT else rows["actual"]
    return Judgement(
        outcome=outcome,
        dates=tuple(f"{at:%Y-%m-%d}" for at in sorted(rows["cutoff"].unique())),
        customers=rows["customer_id"].nunique(),
        rows=len(rows),
        buyers=rows.loc[rows["moved"] if outcome == NEXT_SEGMENT else rows["actual"] > 0, "customer_id"].nunique(),
        said=float("nan") if outcome == NEXT_SEGMENT else float(rows["predicted"].mean()),
        came=float(right.mean()),
        figures=with_intervals(some, model, outcome),
        curve=_CURVES[outcome](judged(some, outcome, pooled=True)),
        groups={name: _grouped(rows.assign(group=by[name]), outcome, others) for name, others in GROUPS.items()},
    )


def _grouped(rows: pd.DataFrame, outcome: str, others: str) -> pd.DataFrame:
    """Return groups with their errors and figures."""
    table, members = by_group(rows, outcome, others=others)
    for figure in BESIDE[outcome]:
        found = [
            _figure(rows[members == row.group], figure) if row.enough else (np.nan,) * 3 for row in table.itertuples()
        ]
        table[[figure, f"{figure}_low", f"{figure}_high"]] = np.array(found, dtype=float).reshape(-1, 3)
    return table


def _figure(rows: pd.DataFrame, figure: str) -> tuple[float, float, float]:
    """Return the mean of a figure over dates, with its 95% interval."""
    parts = [part for _, part in rows.groupby("cutoff")]
    each = [
        float(FIGURES[figure](np.ones((1, len(part))), part["actual"].to_numpy(), part["predicted"].to_numpy())[0])
        for part in parts
    ]
    there = [value for value in each if not np.isnan(value)]
    [drawn] = resampled(rows, figure, draws=_DRAWS).values()
    return (float(np.mean(there)) if there else float("nan"), *interval(drawn))
