"""Customers, revenue, medians and monthly revenue of each segment."""

from collections.abc import Sequence

import pandas as pd


def summarise(customers: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Summarise each segment in one row.

    Parameters
    ----------
    customers : DataFrame
        Columns of `core.schema.CUSTOMERS` and `segment`.
    names : sequence of str
        Segments in the desired order; those without customers have zeros and missing medians.

    Returns
    -------
    DataFrame
        `segment`, `customers`, `customer_share`, `revenue` (gross), `returned`, `net`, `revenue_share` (of gross),
        `median_recency` (days), `median_frequency` (orders), `median_monetary` (gross, shop's currency).
    """
    grouped = customers.groupby("segment").agg(
        customers=("customer_id", "size"),
        revenue=("monetary", "sum"),
        returned=("returned", "sum"),
        net=("net", "sum"),
        median_recency=("recency", "median"),
        median_frequency=("frequency", "median"),
        median_monetary=("monetary", "median"),
    )
    table = grouped.reindex(list(names))
    sums = ["customers", "revenue", "returned", "net"]
    table[sums] = table[sums].fillna(0.0)
    table["customers"] = table["customers"].astype("int64")
    table.insert(1, "customer_share", table["customers"] / max(table["customers"].sum(), 1))
    table.insert(5, "revenue_share", table["revenue"] / (table["revenue"].sum() or 1.0))
    return table.rename_axis("segment").reset_index()


def by_month(customer_months: pd.DataFrame, customers: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Compute monthly revenue by the customers' current segment.

    Parameters
    ----------
    customer_months : DataFrame
        `customer_id`, `month` (first day), `revenue` (gross), `returned`, `orders`.
    customers : DataFrame
        `customer_id`, `segment`.
    names : sequence of str
        Segments in the desired order.

    Returns
    -------
    DataFrame
        `segment`, `month`, `revenue`, `net`, `customers` (who ordered that month), for every segment and month.
    """
    joined = customer_months.merge(customers[["customer_id", "segment"]], on="customer_id", how="inner")
    joined = joined.assign(net=joined["revenue"] - joined["returned"], bought=joined["orders"] > 0)
    grouped = joined.groupby(["segment", "month"]).agg(
        revenue=("revenue", "sum"), net=("net", "sum"), customers=("bought", "sum")
    )
    months = pd.date_range(customer_months["month"].min(), customer_months["month"].max(), freq="MS")
    full = pd.MultiIndex.from_product([list(names), months], names=["segment", "month"])
    return grouped.reindex(full, fill_value=0).reset_index()
