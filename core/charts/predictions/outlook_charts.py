"""What customers are expected to do next: revenue by segment, chances, worth against risk, and where they move."""

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.segments.segment_axes import row_text, segment_axes
from core.charts.theme import BLUES, GREY, axis_labels, escape, segment_colours, styled
from core.numbers import Money, count, customers, share, tiny

FEW: Final = 5
"""Segments whose names have room above a matrix of half the width."""

_TALL: Final = 450  # pixels
_HEADROOM: Final = 1.35  # above the tallest bar, for a name
_PERCENTS: Final[dict[str, Any]] = {
    "tickvals": [0, 0.25, 0.5, 0.75, 1],
    "ticktext": ["0%", "25%", "50%", "75%", "100%"],
}
_ACCENT: Final = "#CC3311"  # who is worth saving, on blue cells and on both pages
_LEAST_SHARE: Final = 0.0005  # what rounds to 0.1%
_PALEST: Final = 0.2  # of the darkest shade
_LEAST: Final = 0.05  # customers: fewer are expected in a cell only by the noise of rounding


def revenue(segments: pd.DataFrame, money: Money, horizon: int) -> go.Figure:
    """A bar a segment with what it is expected to bring, and in grey the range that past dates suggest.

    Parameters
    ----------
    segments : DataFrame
        `segment`, `customers`, `revenue`, `revenue_share`, `buyers`, `low`, `high`; the last two may be missing.
    money : Money
        The shop's currency.
    horizon : int
        Days.
    """
    colours = segment_colours(segments["segment"].tolist())
    names = axis_labels(segments["segment"].tolist(), 42)
    reach = segments[["revenue", "high"]].max(axis=1)
    figure = go.Figure(
        go.Bar(
            x=segments["revenue"],
            y=names,
            orientation="h",
            marker_color=[colours[name] for name in segments["segment"]],
            error_x={
                "type": "data",
                "array": segments["high"] - segments["revenue"],
                "arrayminus": segments["revenue"] - segments["low"],
                "color": GREY,
                "thickness": 1.5,
                "width": 5,
            },
            customdata=[_of_segment(row, money, horizon) for row in segments.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=reach,
        y=names,
        mode="text",
        text=[
            f"  <b>{share(part)}</b> · {money.short(value)}"
            for part, value in zip(segments["revenue_share"], segments["revenue"], strict=True)
        ],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    styled(figure, height=44 + 50 * len(segments))
    figure.update_xaxes(visible=False, range=[0, max(reach.max(), 0.01) * 1.45], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def chances(steps: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """A row a segment: how many of its customers have which chance to buy.

    Parameters
    ----------
    steps : DataFrame
        From `core.forecasts.outlook_queries.chances`.
    names : sequence of str
        Segments, the best on top.
    """
    filled = [name for name in names if steps.loc[steps["segment"] == name, "customers"].sum()]
    colours = segment_colours(list(names))
    figure = make_subplots(rows=max(len(filled), 1), cols=1, shared_xaxes=True, vertical_spacing=0.02)
    for place, name in enumerate(filled, start=1):
        own = steps[steps["segment"] == name]
        total = own["customers"].sum()
        figure.add_bar(
            x=(own["low"] + own["high"]) / 2,
            y=own["customers"] / total,
            marker_color=colours[name],
            customdata=[
                f"<b>{escape(name)}</b><br>{customers(row['customers'])}, {share(row['customers'] / total)} of them,"
                f"<br>buy with a chance of {_percents(row['low'], row['high'])}"
                for row in own.to_dict("records")
            ],
            hovertemplate="%{customdata}<extra></extra>",
            row=place,
            col=1,
        )
        figure.update_yaxes(range=[0, _HEADROOM * (own["customers"] / total).max()], row=place, col=1)
        figure.add_annotation(
            text=f"<b>{escape(name)}</b>", x=1, y=1, xref="x domain", yref="y domain", xanchor="right", yanchor="top",
            showarrow=False, row=place, col=1,
        )  # fmt: skip
    styled(figure, height=max(_TALL, 60 + 64 * len(filled)))
    figure.update_layout(bargap=0.06)
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_xaxes(range=[0, 1], fixedrange=True, **_PERCENTS)
    figure.update_xaxes(title="Chance to buy", row=max(len(filled), 1), col=1)
    return figure


def worth_and_risk(cells: pd.DataFrame, money: Money, *, likely: float, worthy: float) -> go.Figure:
    """12-month value against churn risk: the darker, the more of the value is there.

    Parameters
    ----------
    cells : DataFrame
        From `core.forecasts.outlook_queries.risk_and_value`; not empty.
    money : Money
        The shop's currency.
    likely, worthy : float
        Risk and lifetime value from which on customers are worth saving; their corner is framed.
    """
    bounds = sorted({*cells["value_low"], *cells["value_high"]})
    # bounds without customers between them have a row, too, else the axis would jump
    rows = list(pairwise(bounds))
    place = {low: at for at, (low, _) in enumerate(rows)}
    steps = round(1 / (cells["risk_high"] - cells["risk_low"]).iloc[0])
    shades, hover = np.full((len(rows), steps), np.nan), np.full((len(rows), steps), "", dtype=object)
    for row in cells.to_dict("records"):
        at = place[row["value_low"]], round(row["risk_low"] * steps)
        shades[at], hover[at] = row["value"], _of_cell(row, money)
    figure = go.Figure(
        go.Heatmap(
            z=np.sqrt(shades),
            x=(np.arange(steps) + 0.5) / steps,
            y=list(range(len(rows))),
            colorscale=[list(stop) for stop in BLUES],
            zmin=-_PALEST * np.nanmax(np.sqrt(shades)),  # else cells with little drown in a dark page
            showscale=False,
            xgap=1,
            ygap=1,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    top, bottom = len(rows) - 0.5, _height(worthy, rows)
    figure.add_shape(
        type="rect", x0=likely, x1=1, y0=bottom, y1=top, line={"color": _ACCENT, "width": 2}, fillcolor="rgba(0,0,0,0)"
    )
    figure.add_annotation(
        x=1, y=top, text="<b>worth saving</b>", xanchor="right", yanchor="bottom", showarrow=False,
        font={"color": _ACCENT},
    )  # fmt: skip
    styled(figure, height=_TALL)
    figure.update_layout(margin_t=26)
    figure.update_xaxes(title="Churn risk", range=[0, 1], fixedrange=True, **_PERCENTS)
    figure.update_yaxes(
        tickvals=[at - 0.5 for at in range(len(rows))],
        ticktext=[f"{money.symbol}{tiny(low)}" for low, _ in rows],
        range=[-0.5, top],
        title="12-month value",
        showgrid=False,
        fixedrange=True,
    )
    return figure


def moves(cells: pd.DataFrame, names: Sequence[str], horizon: int) -> go.Figure:
    """Rows of where customers are, columns of where they are expected to be; the darker, the more of the row.

    Parameters
    ----------
    cells : DataFrame
        From `core.forecasts.outlook_queries.moves`.
    names : sequence of str
        Segments, best first.
    horizon : int
        Days.
    """
    few = len(names) <= FEW
    square = cells.pivot_table(index="segment_now", columns="segment_next", values="customers", sort=False)
    numbers = square.reindex(index=list(names), columns=list(names)).to_numpy(float)
    shares = numbers / np.maximum(numbers.sum(axis=1, keepdims=True), 1e-9)
    there = numbers >= _LEAST
    hover = [
        [_of_move(now, after, numbers[i, j], shares[i, j], horizon) for j, after in enumerate(names)]
        for i, now in enumerate(names)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.where(there, shares, np.nan),
            x=list(range(len(names))),
            y=list(range(len(names))),
            colorscale=[[0.0, "rgba(68, 119, 170, 0.04)"], [1.0, "rgba(68, 119, 170, 0.40)"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    for i, j in zip(*np.nonzero(there), strict=True):
        text = f"<b>{_some(numbers[i, j])}</b>" + (f"<br>{_part(shares[i, j])}" if few else "")
        figure.add_annotation(x=int(j), y=int(i), text=text, font_size=13 if few else 10, showarrow=False)
    styled(figure, height=90 + (74 if few else 42) * len(names))
    segment_axes(figure, names, [row_text(n, name, few=few) for n, name in enumerate(names, start=1)], few=few)
    return figure


def _of_segment(row: dict[Hashable, Any], money: Money, horizon: int) -> str:
    said = (
        f"<b>{escape(row['segment'])}</b><br>{money.exact(row['revenue'])} expected in {horizon} days,"
        f" {share(row['revenue_share'])} of all<br>{count(row['buyers'])} of {customers(row['customers'])} will buy"
    )
    if pd.isna(row["high"]):
        return said
    return f"{said}<br>by past dates {money.short(row['low'])} to {money.short(row['high'])}"


def _of_cell(row: dict[Hashable, Any], money: Money) -> str:
    high = f"to {money.short(row['value_high'])}" if np.isfinite(row["value_high"]) else "or more"
    return (
        f"<b>{customers(row['customers'])}</b> with a churn risk of {_percents(row['risk_low'], row['risk_high'])}"
        f"<br>and a 12-month value of {money.short(row['value_low'])} {high} each:"
        f"<br>{money.exact(row['value'])} in all"
    )


def _of_move(now: str, after: str, number: float, part: float, horizon: int) -> str:
    way = "stay" if now == after else f"go to {escape(after)}"
    return f"<b>{escape(now)}</b><br>about {_some(number)}, {_part(part)} of them, {way}<br>within {horizon} days"


def _height(value: float, rows: Sequence[tuple[float, float]]) -> float:
    """Where a lifetime value stands between the rows."""
    for at, (low, high) in enumerate(rows):
        if low <= value < high:
            within = (value - low) / (high - low) if np.isfinite(high) else 0.0
            return at - 0.5 + within
    return len(rows) - 0.5 if rows and value >= rows[-1][1] else -0.5


def _some(number: float) -> str:
    """An expected number of customers: whole, or under one."""
    return "&lt;1" if number < 0.5 else count(number)  # noqa: PLR2004  what rounds to none


def _part(of_all: float) -> str:
    """A share, never none of those who are there."""
    return share(of_all) if of_all >= _LEAST_SHARE else "&lt;0.1%"


def _percents(low: float, high: float) -> str:
    return f"{low:.0%} to {high:.0%}"
