"""Summaries of rule-based segments: by recency and frequency score, and against the fitted segments."""

from collections.abc import Sequence

import pandas as pd

_CELL = ["recency_score", "frequency_score"]


def grid(customers: pd.DataFrame, levels: int) -> pd.DataFrame:
    """Summarise customers for each pair of recency and frequency scores, including empty ones.

    Parameters
    ----------
    customers : DataFrame
        Columns of `core.schema.CUSTOMERS`, the scores and `segment`.
    levels : int
        The highest score.

    Returns
    -------
    DataFrame
        `recency_score`, `frequency_score`, `customers`, `customer_share`, `revenue` (gross), `revenue_share`,
        `segment` (the largest in the cell; missing if the cell is empty), `segments` (number of segments).
    """
    grouped = customers.groupby(_CELL)
    found = grouped.agg(customers=("customer_id", "size"), revenue=("monetary", "sum"))
    inside = customers.groupby([*_CELL, "segment"], observed=True).size().rename("there").reset_index()
    most = inside.sort_values("there", ascending=False, kind="stable").drop_duplicates(_CELL).set_index(_CELL)
    found["segment"] = most["segment"].astype("str")
    found["segments"] = inside.groupby(_CELL).size()
    scores = range(1, levels + 1)
    found = found.reindex(pd.MultiIndex.from_product([scores, scores], names=_CELL))
    sums = ["customers", "revenue", "segments"]
    found[sums] = found[sums].fillna(0.0)
    found = found.astype({"customers": "int64", "segments": "int64"})
    for name, total in (("customer_share", "customers"), ("revenue_share", "revenue")):
        found[name] = found[total] / (found[total].sum() or 1.0)
    columns = ["customers", "customer_share", "revenue", "revenue_share", "segment", "segments"]
    return found[columns].reset_index()


def split(
    by_rule: pd.Series, by_model: pd.Series, rule_names: Sequence[str], model_names: Sequence[str]
) -> pd.DataFrame:
    """Cross-tabulate rule-based segments with those of the fitted model.

    Parameters
    ----------
    by_rule, by_model : Series of str
        The two segments of the same customers, in the same order.
    rule_names, model_names : sequence of str
        Segments in the desired order.

    Returns
    -------
    DataFrame
        `rule_segment`, `model_segment`, `customers`, `share` (of the rule-based segment; zero if it is empty), for
        every pair.
    """
    pairs = {
        "rule_segment": pd.Categorical(by_rule, categories=list(rule_names)),
        "model_segment": pd.Categorical(by_model, categories=list(model_names)),
    }
    counts = pd.DataFrame(pairs).groupby(list(pairs), observed=False).size().rename("customers")
    table = counts.reset_index().astype(dict.fromkeys(pairs, "str"))
    totals = table.groupby("rule_segment")["customers"].transform("sum")
    return table.assign(share=table["customers"] / totals.clip(lower=1))
