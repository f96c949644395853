"""Outlook charts: expected revenue by segment, chances to buy, value against risk, and segment moves."""

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts import heat_map, ranked_bars
from core.charts.segments.segment_axes import row_text, segment_axes
from core.charts.theme import BLUES, GREY, axis_labels, escape, segment_colours, styled
from core.numbers import Money, count, customers, share, tiny

FEW: Final = 5
"""Maximum number of segments whose names fit above a matrix of half the width."""

_TALL: Final = 450  # pixels
_HEADROOM: Final = 1.35  # room above the tallest bar for a name
_PERCENTS: Final[dict[str, Any]] = {
    "tickvals": [0, 0.25, 0.5, 0.75, 1],
    "ticktext": ["0%", "25%", "50%", "75%", "100%"],
}
_ACCENT: Final = "#CC3311"  # frame of customers worth saving: visible on blue cells, on any page
_LEAST_SHARE: Final = 0.0005  # rounds to 0.1%
_PALEST: Final = 0.2  # share of the darkest shade
_LEAST: Final = 0.05  # expected customers; fewer in a cell are only rounding noise


def revenue(segments: pd.DataFrame, money: Money, horizon: int) -> go.Figure:
    """Draw the expected revenue of each segment, with a grey range based on past dates.

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
        ranked_bars.horizontal(
            segments["revenue"],
            names,
            [_of_segment(row, money, horizon) for row in segments.to_dict("records")],
            colours=[colours[name] for name in segments["segment"]],
            error={
                "type": "data",
                "array": segments["high"] - segments["revenue"],
                "arrayminus": segments["revenue"] - segments["low"],
                "color": GREY,
                "thickness": 1.5,
                "width": 5,
            },
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
    """Draw the distribution of the chance to buy, one row per segment.

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
                f"<b>{escape(name)}</b><br>{customers(row['customers'])}, {share(row['customers'] / total)} of the "
                f"segment,<br>with a chance to buy of {_percents(row['low'], row['high'])}"
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
    """Draw 12-month value against churn risk; the darker a cell, the more value it holds.

    Parameters
    ----------
    cells : DataFrame
        From `core.forecasts.outlook_queries.risk_and_value`; not empty.
    money : Money
        The shop's currency.
    likely, worthy : float
        Risk and lifetime value above which customers are worth saving; their corner is framed.
    """
    bounds = sorted({*cells["value_low"], *cells["value_high"]})
    # ranges without customers get a row too, otherwise the axis would jump
    rows = list(pairwise(bounds))
    place = {low: at for at, (low, _) in enumerate(rows)}
    steps = round(1 / (cells["risk_high"] - cells["risk_low"]).iloc[0])
    shades, hover = np.full((len(rows), steps), np.nan), np.full((len(rows), steps), "", dtype=object)
    for row in cells.to_dict("records"):
        at = place[row["value_low"]], round(row["risk_low"] * steps)
        shades[at], hover[at] = row["value"], _of_cell(row, money)
    figure = go.Figure(
        heat_map.cells(
            np.sqrt(shades),
            hover,
            x=(np.arange(steps) + 0.5) / steps,
            y=list(range(len(rows))),
            colours=BLUES,
            least=-_PALEST * np.nanmax(np.sqrt(shades)),  # otherwise faint cells vanish on a dark page
            most=np.nanmax(np.sqrt(shades)),
            gap=1,
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
    """Draw current segments as rows and expected ones as columns; the darker, the larger the share of the row.

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
        heat_map.cells(np.where(there, shares, np.nan), hover, x=list(range(len(names))), y=list(range(len(names))))
    )
    texts = [
        ["" if not is_there else _move_text(n, p, few=few) for is_there, n, p in zip(*row, strict=True)]
        for row in zip(there, numbers, shares, strict=True)
    ]
    heat_map.write(figure, texts, 13 if few else 10)
    styled(figure, height=90 + (74 if few else 42) * len(names))
    segment_axes(figure, names, [row_text(n, name, few=few) for n, name in enumerate(names, start=1)], few=few)
    return figure


def _move_text(number: float, part: float, *, few: bool) -> str:
    return f"<b>{_some(number)}</b>" + (f"<br>{_part(part)}" if few else "")


def _of_segment(row: dict[Hashable, Any], money: Money, horizon: int) -> str:
    text = (
        f"<b>{escape(row['segment'])}</b><br>{money.exact(row['revenue'])} expected in {horizon} days,"
        f" {share(row['revenue_share'])} of all<br>{count(row['buyers'])} of {customers(row['customers'])} "
        "expected to buy"
    )
    if pd.isna(row["high"]):
        return text
    return f"{text}<br>range based on past dates: {money.short(row['low'])} to {money.short(row['high'])}"


def _of_cell(row: dict[Hashable, Any], money: Money) -> str:
    high = f"to {money.short(row['value_high'])}" if np.isfinite(row["value_high"]) else "or more"
    return (
        f"<b>{customers(row['customers'])}</b> with a churn risk of {_percents(row['risk_low'], row['risk_high'])}"
        f"<br>and a 12-month value of {money.short(row['value_low'])} {high} each:"
        f"<br>{money.exact(row['value'])} in total"
    )


def _of_move(now: str, after: str, number: float, part: float, horizon: int) -> str:
    way = "stay" if now == after else f"move to {escape(after)}"
    return f"<b>{escape(now)}</b><br>about {_some(number)} ({_part(part)}) {way}<br>within {horizon} days"


def _height(value: float, rows: Sequence[tuple[float, float]]) -> float:
    """Return the position of a lifetime value between the rows."""
    for at, (low, high) in enumerate(rows):
        if low <= value < high:
            within = (value - low) / (high - low) if np.isfinite(high) else 0.0
            return at - 0.5 + within
    return len(rows) - 0.5 if rows and value >= rows[-1][1] else -0.5


def _some(number: float) -> str:
    """Write an expected number of customers: whole, or under one."""
    return "&lt;1" if number < 0.5 else count(number)  # noqa: PLR2004  rounds to zero


def _part(of_all: float) -> str:
    """Write a share, never as zero."""
    return share(of_all) if of_all >= _LEAST_SHARE else "&lt;0.1%"


def _percents(low: float, high: float) -> str:
    return f"{low:.0%} to {high:.0%}"
