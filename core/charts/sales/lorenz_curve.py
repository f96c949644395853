"""Lorenz curve of revenue concentration."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, FAINT_GREY, GREY, styled
from core.numbers import share

_ACCENT: Final = "#CC3311"


def lorenz(gross: pd.DataFrame, net: pd.DataFrame | None, *, top: tuple[float, float]) -> go.Figure:
    """Draw shares of revenue against shares of customers, smallest first, with the line of equality.

    Parameters
    ----------
    gross : DataFrame
        `customers` and `revenue`, shares from 0 to 1, of `core.customers.concentration.Concentration.curve`.
    net : DataFrame or None
        The same after returns; None if no net revenue is left.
    top : (float, float)
        Share of customers called the top, and their share of gross revenue; both are marked.
    """
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="Equal spending",
            line={"color": GREY, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    for name, kind, curve, dash in (("Gross", "gross", gross, "solid"), ("Net of returns", "net", net, "dash")):
        if curve is not None:
            hover = [
                f"The smallest {share(row['customers'])} of customers<br>generate {share(row['revenue'])} of "
                f"{kind} revenue"
                for row in curve.to_dict("records")
            ]
            figure.add_scatter(
                x=curve["customers"],
                y=curve["revenue"],
                mode="lines",
                name=name,
                line={"color": BLUE, "width": 2.5 if dash == "solid" else 1.5, "dash": dash},
                fill="tonexty" if dash == "solid" else None,
                fillcolor=FAINT_GREY,
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
            )
    _mark_top(figure, *top)
    styled(figure, height=330)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    figure.update_layout(margin_t=34)
    lowest = min(0.0, float(net["revenue"].min()) * 1.1 if net is not None else 0.0)
    figure.update_xaxes(
        tickformat=".0%", range=[0, 1], fixedrange=True, title="Customers, smallest spenders first", title_standoff=6
    )
    figure.update_yaxes(tickformat=".0%", range=[lowest, 1.02], fixedrange=True, title="Revenue", title_standoff=6)
    return figure


def _mark_top(figure: go.Figure, customers: float, revenue: float) -> None:
    figure.add_scatter(
        x=[1 - customers],
        y=[1 - revenue],
        mode="markers",
        marker={"color": _ACCENT, "size": 10},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_annotation(
        x=1 - customers,
        y=1 - revenue,
        text=f"The top {share(customers)}<br>generate <b>{share(revenue)}</b>",
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        xshift=-10,
        yshift=4,
        align="right",
    )
