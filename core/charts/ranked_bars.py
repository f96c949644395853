"""Ranked bars, largest on top, with the value written at the end of each."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, escape, styled
from core.numbers import Money, count, share

_ROW: int = 28  # pixels per bar, with its gap


def ranked_net(table: pd.DataFrame, label: str, total: float, money: Money) -> go.Figure:
    """Draw bars of net revenue, largest on top, with gross and returned on hover.

    Parameters
    ----------
    table : DataFrame
        `revenue`, `returned`, `net`, `orders` and a column named by `label`, sorted with the largest first.
    label : str
        Column with the names.
    total : float
        Denominator of the shares; unless it is above zero, no shares are shown.
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
    return ranked(names, table["net"].tolist(), [money.short(value) for value in table["net"]], hover)


def _of_all(net: float, total: float) -> str:
    return f", {share(net / total)} of all" if total > 0 else ""


def ranked(names: Sequence[str], values: Sequence[float], texts: Sequence[str], hover: Sequence[str]) -> go.Figure:
    """Draw horizontal bars in the order given, the first on top, with a text at the end of each.

    Parameters
    ----------
    names, values, texts, hover : sequences of equal length
        Labels, already escaped; lengths; texts at the ends of the bars; tooltips.
    """
    figure = go.Figure(horizontal(values, list(range(len(names))), hover, texts=texts))
    styled(figure, height=40 + _ROW * max(len(names), 1))
    least, most = min([*values, 0.0]), max([*values, 0.0])  # if returns exceed sales, a bar points left
    figure.update_xaxes(visible=False, range=[least * 1.28, most * 1.28 or 1.0], fixedrange=True)  # room for the values
    rows(figure, names)
    return figure


def horizontal(
    values: Any, at: Any, hover: Any, *, texts: Any = None, colours: Any = BLUE, error: dict[str, Any] | None = None
) -> go.Bar:
    """Return horizontal bars with the given tooltips.

    Parameters
    ----------
    values, at, hover : sequences of equal length
        Lengths; positions or names of rows; tooltips.
    texts : sequence of str, optional
        Written at the end of each bar.
    colours : str or sequence of str
        Colour of all bars, or of each.
    error : dict, optional
        Plotly's `error_x`.
    """
    written = {} if texts is None else {"text": texts, "textposition": "outside", "cliponaxis": False}
    return go.Bar(
        x=values, y=at, orientation="h", marker_color=colours, error_x=error, customdata=hover,
        hovertemplate="%{customdata}<extra></extra>", **written,
    )  # fmt: skip


def rows(figure: go.Figure, names: Sequence[str]) -> None:
    """Name rows at whole positions on the left, the first on top."""
    figure.update_yaxes(
        range=[len(names) - 0.4, -0.6], tickvals=list(range(len(names))), ticktext=list(names), showgrid=False,
        fixedrange=True,
    )  # fmt: skip
