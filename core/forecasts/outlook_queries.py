"""Queries on stored outlooks: totals by segment, and filtered customers.

Every function queries the file on disk, so that showing fifty of half a million customers doesn't read them all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from core.errors import InputError
from core.explain.words.wording import clean
from core.models.learners.predictor import CHANCE
from core.segments.movement import frozen_models

_SEGMENTS: Final = ("segment_now", "segment_predicted")
SCORES: Final = "scores.parquet"
TOTALS: Final = "totals.json"

VALUE: Final = "ltv_12"
"""Column by which customers' value is ranked."""

RISKS: Final[dict[str, tuple[float, float]]] = {
    "low": (0.0, 0.25),
    "medium": (0.25, 0.5),
    "high": (0.5, 0.75),
    "very high": (0.75, 1.01),
    "at risk": (0.5, 1.01),
}
"""Bands of churn risk, each with its lower bound (inclusive) and upper bound. The last contains the two before it."""

AT_RISK: Final = "at risk"

VALUES: Final[dict[str, tuple[float, float]]] = {
    "top 10 %": (0.9, 1.0),
    "top 25 %": (0.75, 1.0),
    "next 25 %": (0.5, 0.75),
    "lower half": (0.0, 0.5),
}
"""Bands of lifetime value, each with its bounds as shares of all customers. Saved links contain these names."""

TOP_QUARTER: Final = "top 25 %"

LIKELY: Final = 0.5
"""Churn risk above which a customer is more likely not to buy."""

WORTHY: Final = 0.75
"""Share of customers by value above which those at risk are worth saving."""

SORTS: Final[dict[str, tuple[str, bool]]] = {
    "spend": ("expected_spend", False),
    "value": (VALUE, False),
    "at_stake": ("at_stake", False),
    "risk": ("churn_risk", False),
    "chance": ("p_buy", False),
    "next": ("next_order", True),
    "recency": ("recency", True),
}
"""Sort orders of the table: the column, and whether it is ascending."""

RISK_STEPS: Final = 20
_VALUE_STEPS: Final = (0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True, kw_only=True)
class ScoreFilter:
    """A filter on the customers of an outlook; None or empty matches all.

    Parameters
    ----------
    segment, predicted : str or None
        Current and predicted segment.
    risk, value : str or None
        One of `RISKS` and of `VALUES`.
    search : str
        Part of an id or a country, ignoring case.
    """

    segment: str | None = None
    predicted: str | None = None
    risk: str | None = None
    value: str | None = None
    search: str = ""

    def __post_init__(self) -> None:
        for name, bands in (("risk", RISKS), ("value", VALUES)):
            given = getattr(self, name)
            if given is not None and given not in bands:
                message = f"`{name}` must be one of {', '.join(bands)}, got “{given}”."
                raise InputError(message)


def filtered(scores: ir.Table, chosen: ScoreFilter, edges: Sequence[float]) -> ir.Table:
    """Return the customers that match a filter.

    Parameters
    ----------
    scores : Table
        Customers of an outlook.
    chosen : ScoreFilter
        The filter.
    edges : sequence of float
        Lower bounds of lifetime value of the bands `VALUES`, in their order; see `value_edges`.
    """
    found = scores
    for column, wanted in (("segment_now", chosen.segment), ("segment_predicted", chosen.predicted)):
        found = found if wanted is None else found.filter(found[column] == wanted)
    if chosen.risk is not None:
        low, high = RISKS[chosen.risk]
        found = found.filter((found.churn_risk >= low) & (found.churn_risk < high))
    if chosen.value is not None:
        shares = [low for low, _ in VALUES.values()]
        low, high = VALUES[chosen.value]
        found = found.filter(found[VALUE] >= edges[shares.index(low)])
        found = found.filter(found[VALUE] < edges[shares.index(high)]) if high in shares else found
    if text := chosen.search.strip().lower():
        inside = found.customer_id.lower().contains(text) | found.country.fill_null("").lower().contains(text)
        found = found.filter(inside)
    return found


def ordered(scores: ir.Table, sort: str) -> ir.Table:
    """Sort customers by one of `SORTS`, with ties by id and missing values last.

    Adds the column `at_stake`, churn risk times lifetime value.
    """
    if sort not in SORTS:
        message = f"`sort` must be one of {', '.join(SORTS)}, got “{sort}”."
        raise InputError(message)
    column, ascending = SORTS[sort]
    found = scores.mutate(at_stake=scores.churn_risk * scores[VALUE])
    first = found[column].asc(nulls_first=False) if ascending else found[column].desc(nulls_first=False)
    return found.order_by([first, found.customer_id])


def value_edges(scores: ir.Table) -> list[float]:
    """Return the lower bounds of lifetime value of the bands `VALUES`, in their order."""
    shares = [low for low, _ in VALUES.values()]
    found = scores.aggregate(**{f"at_{place}": scores[VALUE].quantile(share) for place, share in enumerate(shares)})
    return [float(value) for value in found.execute().iloc[0]]


def by_segment(scores: ir.Table, names: Sequence[str], horizon: int, worthy: float) -> pd.DataFrame:
    """Return totals of each segment in the order of `names`, including empty segments.

    Parameters
    ----------
    scores : Table
        Customers of an outlook.
    names : sequence of str
        Names of the segments.
    horizon : int
        Days.
    worthy : float
        Minimum lifetime value for a customer at risk to be worth saving.

    Returns
    -------
    DataFrame
        `segment`, `customers`, `revenue` and `buyers` (expected in the horizon), `value` (lifetime value), `lapsing`
        and `lapsing_value` (bought within the last `horizon` days, but with a churn risk of at least one half),
        `saving` and `saving_value` (at risk and worth saving), and `revenue_share`.
    """
    likely = scores.churn_risk >= LIKELY
    lapsing, saving = likely & (scores.recency < horizon), likely & (scores[VALUE] >= worthy)
    summed = scores.group_by(segment=scores.segment_now).agg(
        customers=scores.count(),
        revenue=scores.expected_spend.sum(),
        buyers=scores.p_buy.sum(),
        value=scores[VALUE].sum(),
        lapsing=lapsing.sum(),
        lapsing_value=scores[VALUE].sum(where=lapsing),
        saving=saving.sum(),
        saving_value=scores[VALUE].sum(where=saving),
    )
    table: pd.DataFrame = summed.execute()
    found = table.set_index("segment").reindex(list(names)).fillna(0.0).reset_index()
    total = found["revenue"].sum()
    whole = {name: found[name].astype("int64") for name in ("customers", "lapsing", "saving")}
    return found.assign(**whole, revenue_share=found["revenue"] / total if total > 0 else 0.0)


def moves(scores: ir.Table, names: Sequence[str]) -> pd.DataFrame:
    """Return the expected number of customers moving between segments within the horizon.

    Returns
    -------
    DataFrame
        `segment_now`, `segment_next`, `customers` (sum of probabilities), for every pair of `names`.
    """
    sums = {name: scores[f"{CHANCE}{place}"].sum() for place, name in enumerate(names)}
    found: pd.DataFrame = scores.group_by("segment_now").agg(**sums).execute()
    long = found.melt("segment_now", var_name="segment_next", value_name="customers")
    every = pd.MultiIndex.from_product([list(names), list(names)], names=["segment_now", "segment_next"])
    return long.set_index(["segment_now", "segment_next"]).reindex(every, fill_value=0.0).reset_index()


def chances(scores: ir.Table, names: Sequence[str], steps: int = RISK_STEPS) -> pd.DataFrame:
    """Count customers by segment and chance to buy, in equal steps from 0 to 1.

    Returns
    -------
    DataFrame
        `segment`, `step` (from 0), `low`, `high`, `customers`, for every pair of segment and step.
    """
    step = (scores.p_buy * steps).floor().cast("int64").clip(0, steps - 1)
    counted: pd.DataFrame = (
        scores.group_by(segment=scores.segment_now, step=step).agg(customers=scores.count()).execute()
    )
    every = pd.MultiIndex.from_product([list(names), range(steps)], names=["segment", "step"])
    found = counted.set_index(["segment", "step"]).reindex(every, fill_value=0).reset_index()
    return found.assign(low=found["step"] / steps, high=(found["step"] + 1) / steps)


def risk_and_value(scores: ir.Table, steps: int = RISK_STEPS) -> pd.DataFrame:
    """Count customers by churn risk, in equal steps, and lifetime value, in steps that about double.

    Returns
    -------
    DataFrame
        `risk_low`, `risk_high`, `value_low`, `value_high` (infinite for the highest), `customers`, `value` (their
        total lifetime value). Empty cells are omitted.
    """
    bounds = np.array([*_VALUE_STEPS, np.inf])
    risk = (scores.churn_risk * steps).floor().cast("int64").clip(0, steps - 1)
    place = sum((scores[VALUE] >= bound).cast("int64") for bound in _VALUE_STEPS[1:])
    counted = scores.group_by(risk=risk, place=place).agg(customers=scores.count(), value=scores[VALUE].sum())
    found = counted.order_by("risk", "place").execute()
    return pd.DataFrame(
        {
            "risk_low": found["risk"] / steps,
            "risk_high": (found["risk"] + 1) / steps,
            "value_low": bounds[found["place"]],
            "value_high": bounds[found["place"] + 1],
            "customers": found["customers"],
            "value": found["value"],
        }
    )


def renamed(customers: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return customers with the segments' current names, including in the sentences of their reasons.

    Parameters
    ----------
    customers : DataFrame
        Columns of an outlook.
    names : mapping
        Current names by the names at the time.
    """
    changed = {clean(then): clean(now) for then, now in names.items() if then != now}
    if not changed:
        return customers
    found = {name: frozen_models.renamed(customers[name], names) for name in _SEGMENTS if name in customers}
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(changed, key=len, reverse=True)))})(?!\w)")
    for name in ("reason_1", "reason_2", "reason_3"):
        if name in customers:
            found[name] = customers[name].str.replace(pattern, lambda match: changed[match[0]], regex=True)
    return customers.assign(**found)


def rounded(values: Mapping[Any, Any], digits: int = 6) -> dict[str, Any]:
    """Return plain values with rounded numbers, and None for those that aren't finite."""
    return {str(name): _plain(value, digits) for name, value in values.items()}


def _plain(value: Any, digits: int) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), digits) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
