"""Ranked bars: the largest on top, the value written at the end of each."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, escape, styled
from core.numbers import Money, count, share

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
        What the shares are of; there are none where it is not above zero.
    money : Money
        The shop's currency.
    """
    names = [escape(str(name), 30) for name in table[label]]
    hover = [
        f"<b>{escape(str(row[label]), 80)}</b>"
        f"<br>{money.exact(row['net'])} net{_of_all(row['net'], total)}"
        f"<br>{money.exact(row['revenue'])} gross less {money.exact(row['returned'])} returned"
        f"<br>orders: {count(row['orders'])}"
        for row in table.to_dict("records")
    ]
    return _horizontal(names, table["net"].tolist(), [money.short(value) for value in table["net"]], hover)


def _of_all(net: float, total: float) -> str:
    return f", {share(net / total)} of all" if total > 0 else ""


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
    least, most = min([*values, 0.0]), max([*values, 0.0])  # where more went back than was sold, a bar points left
    figure.update_xaxes(visible=False, range=[least * 1.28, most * 1.28 or 1.0], fixedrange=True)  # room for the values
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=list(names), showgrid=False, fixedrange=True
    )
    return figure
