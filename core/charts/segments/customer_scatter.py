"""Scatter charts of customers, coloured by segment; clicking a point selects the customer."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import escape, segment_colours, styled
from core.numbers import Money, count

_HEIGHT = 520
_LOG_FROM = 1.0  # logarithmic axes have no zero, so recency and spend start at one


def flat(
    points: pd.DataFrame, names: Sequence[str], money: Money, *, axes: tuple[str, str] | None = None, chosen: str | None
) -> go.Figure:
    """Draw customers in a plane.

    Parameters
    ----------
    points : DataFrame
        `customer_id`, `segment`, `x`, `y`, `recency`, `frequency`, `monetary`.
    names : sequence of str
        Segments in display order.
    money : Money
        The shop's currency.
    axes : tuple of str, optional
        Meaning of each direction; if omitted, directions mean nothing and the axes are hidden.
    chosen : str or None
        Id of the customer to highlight.
    """
    figure = go.Figure()
    for name, colour in _coloured(names):
        part = points[points["segment"] == name]
        figure.add_scattergl(
            x=part["x"],
            y=part["y"],
            mode="markers",
            name=escape(name),
            marker={"color": colour, "size": 6, "opacity": 0.6},
            customdata=_data(part, money),
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    here = points[points["customer_id"] == chosen]
    if len(here):
        figure.add_scattergl(
            x=here["x"], y=here["y"], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"size": 20, "symbol": "circle-open", "color": "#EE7733", "line": {"width": 3}},
        )  # fmt: skip
    _framed(figure)
    for update, title in zip((figure.update_xaxes, figure.update_yaxes), axes or ("", ""), strict=True):
        update(
            title=f"{title[:1].upper()}{title[1:]} →" if axes else "",
            showticklabels=False,
            zeroline=False,
            showgrid=False,
        )
    return figure


def space(points: pd.DataFrame, names: Sequence[str], money: Money) -> go.Figure:
    """Draw customers by recency, frequency and spend, each on a logarithmic axis.

    Parameters
    ----------
    points : DataFrame
        `customer_id`, `segment`, `recency`, `frequency`, `monetary`.
    names : sequence of str
        Segments in display order.
    money : Money
        The shop's currency.
    """
    figure = go.Figure()
    for name, colour in _coloured(names):
        part = points[points["segment"] == name]
        figure.add_scatter3d(
            x=part["recency"].clip(lower=_LOG_FROM),
            y=part["frequency"],
            z=part["monetary"].clip(lower=_LOG_FROM),
            mode="markers",
            name=escape(name),
            marker={"color": colour, "size": 3, "opacity": 0.7},
            customdata=_data(part, money),
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    _framed(figure)
    axis = {"type": "log", "gridcolor": "rgba(138, 148, 163, 0.3)", "backgroundcolor": "rgba(0, 0, 0, 0)"}
    figure.update_layout(
        dragmode="turntable",
        scene={
            "xaxis": {"title": "Days since the last order", **axis},
            "yaxis": {"title": "Orders", **axis},
            "zaxis": {"title": f"Spend {money.symbol}".strip(), **axis},
            "camera": {"eye": {"x": 1.6, "y": 1.6, "z": 0.7}},
            "aspectmode": "cube",
        },
    )
    return figure


def _coloured(names: Sequence[str]) -> list[tuple[str, str]]:
    colours = segment_colours(names)
    return [(name, colours[name]) for name in names]


def _framed(figure: go.Figure) -> None:
    styled(figure, height=_HEIGHT)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.12, "x": 0, "title": "", "itemsizing": "constant"},
        clickmode="event+select",
    )


def _data(part: pd.DataFrame, money: Money) -> list[list[str]]:
    columns = ("customer_id", "segment", "recency", "frequency", "monetary")
    texts = [
        f"<b>{escape(customer)}</b>, {escape(segment)}<br>{count(frequency)} orders worth {money.short(monetary)},<br>"
        f"last order {count(recency)} days ago"
        for customer, segment, recency, frequency, monetary in zip(*(part[c] for c in columns), strict=True)
    ]
    return [list(pair) for pair in zip(part["customer_id"], texts, strict=True)]
