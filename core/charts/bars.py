"""Ranked bars: the largest on top, the value written at the end of each."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.numbers import Money, count, share
from core.charts.theme import BLUE, escape, styled

_ROW: int = 28  # pixels a bar takes with its gap


def ranked_net(table: pd.DataFrame, label: str, total: float, money: Money) -> go.Figure:
    """Bars of net revenue, largest on top; gross and returned on hover.

    Parameters
    ----------
    table : DataFrame
        `revenue`, `returned`, `net`, `orders` and a column named by `label`, sorted with the largest first.
    label : str
        Column of the names.
    total : float
        What the shares are of.
    money : Money
        The shop's currency.
    """
    names = [escape(str(name), 30) for name in table[label]]
    hover = [
        f"<b>{escape(str(row[label]), 80)}</b>"
        f"<br>{money.exact(row['net'])} net, {share(row['net'] / (total or 1))} of all"
        f"<br>{money.exact(row['revenue'])} gross less {money.exact(row['returned'])} returned"
        f"<br>orders: {count(row['orders'])}"
        for row in table.to_dict("records")
    ]
    return _horizontal(names, table["net"].tolist(), [money.short(value) for value in table["net"]], hover)


def _horizontal(names: Sequence[str], values: Sequence[float], texts: Sequence[str], hover: Sequence[str]) -> go.Figure:
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(names))),
            orientation="h",
            marker_color=BLUE,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=40 + _ROW * max(len(names), 1))
    reach = max(values, default=1.0) * 1.28  # room for the value at the end of the longest bar
    figure.update_xaxes(visible=False, range=[0, reach], fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=list(names), showgrid=False, fixedrange=True
    )
    return figure
