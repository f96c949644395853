"""Bars of customers by how overdue they are, judging by how often they usually order."""

import pandas as pd
import plotly.graph_objects as go

from core.charts import ranked_bars
from core.charts.theme import PALE_GREY, RISK, styled
from core.numbers import Money, count, customers, share


def classes(table: pd.DataFrame, money: Money) -> go.Figure:
    """Draw customers and gross revenue per class, from no risk to high, then customers without a rhythm.

    Parameters
    ----------
    table : DataFrame
        From `core.customers.rhythm.by_class`.
    money : Money
        The shop's currency.
    """
    hover = [
        f"<b>{row['rhythm']}</b><br>{customers(row['customers'])}, {share(row['customer_share'])} of all"
        f"<br>{money.exact(row['revenue'])} gross revenue, {share(row['revenue_share'])} of all"
        f"<br>{money.exact(row['returned'])} returned, {money.exact(row['net'])} net"
        for row in table.to_dict("records")
    ]
    figure = go.Figure(
        ranked_bars.horizontal(
            table["customers"],
            table["rhythm"],
            hover,
            texts=[
                f"{count(number)} · {money.short(revenue)}"
                for number, revenue in zip(table["customers"], table["revenue"], strict=True)
            ],
            colours=[*RISK, PALE_GREY],
        )
    )
    styled(figure, height=330)
    figure.update_xaxes(
        range=[0, max(table["customers"].max(), 1) * 1.5],
        showticklabels=False,
        title="Customers · gross revenue to date",
        fixedrange=True,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure
