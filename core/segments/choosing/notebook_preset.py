"""The notebook preset: RFM as computed in the notebook that this project started from, for comparison.

Customers are split into those in the country with the most customers and the rest. In each group, quantity and unit
price are clipped to 1.5 times the interquartile range outside the quartiles (Tukey, 1977), and recency is measured to
the group's last order. Without logarithms, K-Means isolates a few very large customers.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd


def notebook_customers(rows: ir.Table) -> pd.DataFrame:
    """Compute recency, frequency and monetary per customer and group from lines.

    Parameters
    ----------
    rows : Table
        Cleaned rows with `quantity` and `unit_price`.

    Returns
    -------
    DataFrame
        `group` (the country with the most customers, then `Rest`), `customer_id`, `recency` (whole days to the group's
        last order), `frequency` (orders), `monetary` (sum of clipped quantity × clipped price). A customer with orders
        in both groups is in both.
    """
    lines = rows.filter(rows.reason.isnull())
    home = _largest_country(lines)
    at_home = (lines.country == home).fill_null(False)
    lines = lines.mutate(group=ibis.ifelse(at_home, ibis.literal(home or "All"), ibis.literal("Rest")))
    known = lines.quantity.notnull() & lines.unit_price.notnull()  # a file may have only the amount
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
