"""Who is late by their own rhythm of buying."""

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import PALE_GREY, RISK, styled
from core.numbers import Money, count, customers, share


def classes(table: pd.DataFrame, money: Money) -> go.Figure:
    """A bar per class with its customers and what they have brought, from no risk to high, then those without a rhythm.

    Parameters
    ----------
    table : DataFrame
        From `core.customers.rhythm.by_class`.
    money : Money
        The shop's currency.
    """
    hover = [
        f"<b>{row['rhythm']}</b><br>{customers(row['customers'])}, {share(row['customer_share'])} of all"
        f"<br>brought {money.exact(row['revenue'])} gross, {share(row['revenue_share'])} of all"
        f"<br>{money.exact(row['returned'])} went back, {money.exact(row['net'])} is left"
        for row in table.to_dict("records")
    ]
    figure = go.Figure(
        go.Bar(
            x=table["customers"],
            y=table["rhythm"],
            orientation="h",
            marker_color=[*RISK, PALE_GREY],
            text=[
                f"{count(number)} · {money.short(revenue)}"
                for number, revenue in zip(table["customers"], table["revenue"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=330)
    figure.update_xaxes(
        range=[0, max(table["customers"].max(), 1) * 1.5],
        showticklabels=False,
        title="Customers · their gross revenue so far",
        fixedrange=True,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure
