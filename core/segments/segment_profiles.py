"""Profiles of each segment's customers: levels, spreads and countries."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from core.segments.clustering.cluster_features import CLUSTER_FEATURES

QUANTILES: Final = {"low": 0.05, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "high": 0.95}
OTHER: Final = "Other countries"
UNKNOWN: Final = "Not known"


def levels(customers: pd.DataFrame, names: Sequence[str], features: Sequence[str]) -> pd.DataFrame:
    """Rank each segment's median among all customers, for each feature.

    Parameters
    ----------
    customers : DataFrame
        A snapshot with `segment`.
    names : sequence of str
        Segments in the desired order; those without customers are omitted.
    features : sequence of str
        Keys of `core.segments.clustering.cluster_features.CLUSTER_FEATURES`.

    Returns
    -------
    DataFrame
        `segment`, `feature`, `median` (in the feature's unit) and `level`: the share of customers with a worse value,
        counting ties half. Worse is lower, or higher for features such as recency where less is better.
    """
    rows = []
    for feature in features:
        values = CLUSTER_FEATURES[feature].compute(customers)
        ordered = np.sort(values.to_numpy(dtype="float64"))
        medians = values.groupby(customers["segment"]).median()
        for name in names:
            if name in medians.index:
                below = _share_below(ordered, float(medians[name]))
                level = below if CLUSTER_FEATURES[feature].higher_is_better else 1 - below
                rows.append((name, feature, float(medians[name]), level))
    return pd.DataFrame(rows, columns=["segment", "feature", "median", "level"])


def spreads(customers: pd.DataFrame, names: Sequence[str], features: Sequence[str]) -> pd.DataFrame:
    """Compute quantiles of each feature by segment.

    Returns
    -------
    DataFrame
        `segment`, `feature`, `customers`, and the columns of `QUANTILES`, in the feature's unit.
    """
    tables = []
    for feature in features:
        grouped = CLUSTER_FEATURES[feature].compute(customers).groupby(customers["segment"])
        table = grouped.quantile(np.array(list(QUANTILES.values()))).unstack()  # noqa: PD010  a Series has no pivot_table
        table.columns = list(QUANTILES)
        table.insert(0, "customers", grouped.size())
        table.insert(0, "feature", feature)
        tables.append(table.reindex([name for name in names if name in table.index]))
    return pd.concat(tables).rename_axis("segment").reset_index()


def countries(customers: pd.DataFrame, names: Sequence[str], most: int = 5) -> pd.DataFrame:
    """Count the customers of each segment by country.

    Parameters
    ----------
    customers : DataFrame
        A snapshot with `segment` and `country`.
    names : sequence of str
        Segments in the desired order.
    most : int
        Number of countries listed separately, largest first; the others are combined.

    Returns
    -------
    DataFrame
        `segment`, `country`, `customers`, `share` (of the segment); countries with the most customers first.
    """
    known = customers["country"].fillna(UNKNOWN)
    largest = [str(name) for name in known.value_counts().index[:most]]
    grouped = known.where(known.isin(largest), OTHER)
    counts = pd.crosstab(customers["segment"], grouped)
    order = [*largest, *([OTHER] if OTHER in counts else [])]
    counts = counts.reindex(index=[n for n in names if n in counts.index], columns=order, fill_value=0)
    long = (
        counts.rename_axis(index="segment", columns=None)
        .reset_index()
        .melt("segment", var_name="country", value_name="customers")
    )
    return long.assign(share=long["customers"] / long.groupby("segment")["customers"].transform("sum"))


def _share_below(ordered: np.ndarray, value: float) -> float:
    low, high = np.searchsorted(ordered, value, side="left"), np.searchsorted(ordered, value, side="right")
    return float(low + high) / 2 / len(ordered)
