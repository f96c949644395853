"""Bars of revenue over time."""

from datetime import date

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, PALE_GREY, styled
from core.numbers import Money, count


def revenue_by_month(months: pd.DataFrame, money: Money, *, complete_until: date) -> go.Figure:
    """Draw gross revenue per month; incomplete months are pale.

    Parameters
    ----------
    months : DataFrame
        `bucket` (first day of the month), `revenue`, `orders`, `customers`.
    money : Money
        The shop's currency.
    complete_until : date
        The day after the last day with data.
    """
    ends = months["bucket"] + pd.offsets.MonthBegin(1)
    complete = ends <= pd.Timestamp(complete_until)
    hover = [
        f"<b>{row['bucket']:%B %Y}</b>{'' if whole else ' (incomplete)'}<br>{money.exact(row['revenue'])} from "
        f"{count(row['orders'])} orders<br>by {count(row['customers'])} customers"
        for row, whole in zip(months.to_dict("records"), complete, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=months["bucket"],
            y=months["revenue"],
            marker_color=[BLUE if whole else PALE_GREY for whole in complete],
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=300)
    figure.update_xaxes(tickformat="%b\n%Y", fixedrange=True, nticks=10, tickangle=0)
    figure.update_yaxes(tickprefix=money.symbol, tickformat="~s", fixedrange=True, rangemode="tozero")
    return figure
