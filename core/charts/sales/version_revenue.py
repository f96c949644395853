"""Revenue of two versions of a dataset, month by month."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, PALE_GREY, styled
from core.numbers import Money

_GONE: Final = "#EE6677"  # removed, as on the quality page


def revenue_changed(months: pd.DataFrame, money: Money) -> go.Figure:
    """Draw stacked bars per month: revenue in both versions, only in the later, and only in the earlier one.

    Parameters
    ----------
    months : DataFrame
        `month` (its first day), `before` and `after` (gross revenue).
    money : Money
        The shop's currency.
    """
    both = months[["before", "after"]].min(axis="columns")
    parts = (
        ("In both", both, PALE_GREY),
        ("Added", months["after"] - both, BLUE),
        ("Removed", months["before"] - both, _GONE),
    )
    hover = [
        f"<b>{row['month']:%B %Y}</b><br>{money.exact(row['after'])} in the later version<br>"
        f"{money.exact(row['before'])} in the earlier one, {_signed(row['after'] - row['before'], money)}"
        for row in months.to_dict("records")
    ]
    figure = go.Figure(
        [
            go.Bar(
                name=name,
                x=months["month"],
                y=values,
                marker_color=colour,
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
            )
            for name, values, colour in parts
            if name == "In both" or values.round(2).any()
        ]
    )
    styled(figure, height=300)
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}
    figure.update_layout(barmode="stack", showlegend=True, legend=legend, margin_t=34)
    figure.update_xaxes(tickformat="%b\n%Y", fixedrange=True, nticks=10, tickangle=0)
    figure.update_yaxes(tickprefix=money.symbol, tickformat="~s", fixedrange=True, rangemode="tozero")
    return figure


def _signed(amount: float, money: Money) -> str:
    if not round(amount, 2):
        return "no change"
    return f"{money.exact(abs(amount))} {'more' if amount > 0 else 'less'}"
