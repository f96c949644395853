"""The notebook preset: RFM as the notebook this project began with computes it, kept for comparison.

Customers are split by the country with most customers and the rest; in each group quantity and unit price are
clipped to 1.5 times the interquartile range outside the quartiles (Tukey, 1977), and recency counts to the group's
own last order. Its weakness: without logarithms K-Means isolates a few very large customers.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd


def notebook_customers(rows: ir.Table) -> pd.DataFrame:
    """Recency, frequency and monetary per customer and group, from lines.

    Parameters
    ----------
    rows : Table
        Cleaned rows with `quantity` and `unit_price`.

    Returns
    -------
    DataFrame
        `group` (the country with most customers, then `Rest`), `customer_id`, `recency` (whole days to the group's
        last order), `frequency` (orders), `monetary` (sum of clipped quantity × clipped price). A customer with
        orders in both groups is in both.
    """
    lines = rows.filter(rows.reason.isnull())
    home = _largest_country(lines)
    at_home = (lines.country == home).fill_null(False)
    lines = lines.mutate(group=ibis.ifelse(at_home, ibis.literal(home or "All"), ibis.literal("Rest")))
    known = lines.quantity.notnull() & lines.unit_price.notnull()  # a file may give the amount alone
    clipped = lines.mutate(
        amount=ibis.ifelse(known, _clip(lines, "quantity") * _clip(lines, "unit_price"), lines.amount),
    )
    last = clipped.ordered_at.max().over(group_by="group").epoch_seconds()
    dated = clipped.mutate(age=(last - clipped.ordered_at.epoch_seconds()) // 86_400)
    customers = dated.group_by("group", "customer_id").agg(
        recency=dated.age.min(), frequency=dated.order_id.nunique(), monetary=dated.amount.sum()
    )
    found: pd.DataFrame = customers.execute()
    found["home"] = found["group"] == home
    found = found.sort_values(["home", "group", "customer_id"], ascending=[False, True, True])
    return found.drop(columns="home").reset_index(drop=True)


def _largest_country(lines: ir.Table) -> str | None:
    counts = lines.filter(lines.country.notnull()).group_by("country").agg(n=lines.customer_id.nunique())
    first = counts.order_by(ibis.desc("n"), "country").limit(1).execute()
    return str(first.country.iloc[0]) if len(first) else None


def _clip(lines: ir.Table, name: str) -> ir.FloatingValue:
    low = lines[name].quantile(0.25).over(group_by="group")
    high = lines[name].quantile(0.75).over(group_by="group")
    reach = 1.5 * (high - low)
    return ibis.greatest(ibis.least(lines[name], high + reach), low - reach)
