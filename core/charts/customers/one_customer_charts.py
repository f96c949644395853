"""Charts of one customer: orders and segments over time, and RFM compared with others."""

from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.explanations.value_units import money_ticks
from core.charts.theme import BLUE, FAINT_GREY, GREY, escape, faint, ink_on, segment_colours, styled
from core.numbers import Money, count, day, many

BACK: Final = "#EE6677"
"""Colour of returns."""
AHEAD: Final = "#228833"
"""Colour of the expected next order."""

_TALL: Final = 300  # pixels
_BAND: Final = 0.11  # share of the height
_MANY: Final = 60  # orders; beyond this, markers are small
_LEAST_AHEAD: Final = 0.12  # share of the past shown that is added ahead of today
_MOST_AHEAD: Final = 0.45
_LETTERS: Final = 46  # characters that fit across a phone
_DAY: Final = pd.Timedelta(days=1)
_RFM_ROW: Final = 66  # pixels


def timeline(
    orders: pd.DataFrame,
    segments: pd.DataFrame,
    expected: tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp] | None,
    as_of: date,
    money: Money,
) -> go.Figure:
    """Draw orders by date with returns below the line, the expected next order, and segments underneath.

    Parameters
    ----------
    orders : DataFrame
        `ordered_at`, `amount` and `went_back`; not empty.
    segments : DataFrame
        `start`, `end` and `segment`: consecutive periods in ascending order; may be empty.
    expected : tuple of Timestamp or None
        Median date of the next order and both ends of its range, which may be missing; None if it is more than three
        years ahead.
    as_of : date
        Date shown as today.
    money : Money
        The shop's currency.
    """
    today = pd.Timestamp(as_of)
    start, end = _span(orders, segments, expected, today)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[1 - _BAND, _BAND], vertical_spacing=0.03
    )  # fmt: skip
    _lollipops(figure, orders[~orders["went_back"]], money, BLUE, "Ordered", sign=1)
    _lollipops(figure, orders[orders["went_back"]], money, BACK, "Returned", sign=-1)
    _today(figure, today)
    if expected is not None:
        _ahead(figure, expected, end)
    colours = segment_colours(segments["segment"].unique().tolist())
    for row in segments.to_dict("records"):
        _stretch(figure, row, colours[row["segment"]], (start, end))
    for name, colour in colours.items():
        figure.add_scatter(x=[None], y=[None], mode="markers", name=escape(name), showlegend=True,
                           marker={"symbol": "square", "size": 11, "color": colour})  # fmt: skip
    styled(figure, height=_TALL + 70)
    figure.update_layout(showlegend=len(colours) > 1, legend={**_LEGEND, "y": -0.09})
    figure.update_layout(barmode="overlay", margin={"l": 4, "r": 4, "t": 40, "b": 4}, bargap=0)
    figure.update_xaxes(range=[start, end], fixedrange=True, type="date")
    amounts = np.abs(orders["amount"].to_numpy(float))
    sold = orders.loc[~orders["went_back"], "amount"]
    back = orders.loc[orders["went_back"], "amount"].abs()
    top = max(float(sold.max()) if len(sold) else 0.0, float(amounts.max()) * 0.1, 0.01)
    bottom = float(back.max()) if len(back) else 0.0
    figure.update_yaxes(
        range=[-1.15 * bottom - 0.02 * top, 1.2 * top], fixedrange=True, row=1, col=1,
        **money_ticks(-1.15 * bottom, 1.2 * top, money, most=5),
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[0, 1], fixedrange=True, row=2, col=1)
    return figure


def compared(table: pd.DataFrame, segment: str, money: Money) -> go.Figure:
    """Compare a customer's recency, frequency and spend with the medians of the segment and of all customers.

    Parameters
    ----------
    table : DataFrame
        `measure` ("recency", "frequency" or "monetary"), `own`, `middle` (segment median), `everyone` (overall median).
    segment : str
        The customer's segment.
    money : Money
        The shop's currency.
    """
    marks = _marks(segment)
    figure = make_subplots(rows=len(table), cols=1, vertical_spacing=0.16)
    for place, row in enumerate(table.to_dict("records"), start=1):
        texts = {name: written(row["measure"], row[name], money) for name in marks}
        top = max(*(row[name] for name in marks), 1e-9) * 1.08
        for name, (label, mark) in marks.items():
            figure.add_scatter(
                x=[row[name]], y=[0], mode="markers", marker=mark, showlegend=False, cliponaxis=False,
                customdata=[f"<b>{label[:1].upper()}{label[1:]}</b><br>{texts[name]}"],
                hovertemplate="%{customdata}<extra></extra>", row=place, col=1,
            )  # fmt: skip
        middle, everyone = (texts[name].removesuffix(_AGO).removesuffix(_AGO_1) for name in ("middle", "everyone"))
        text = f"{MEASURES[row['measure']]}: <b>{texts['own']}</b> (segment {middle}, all {everyone})"
        axis = "" if place == 1 else str(place)
        figure.add_annotation(
            text=text, x=0, xref=f"x{axis} domain", y=1.0, yref=f"y{axis} domain", xanchor="left", yanchor="bottom",
            showarrow=False, font={"size": 12.5},
        )  # fmt: skip
        figure.add_shape(type="line", x0=0, x1=top, y0=0, y1=0, line={"color": FAINT_GREY, "width": 5},
                         layer="below", row=place, col=1)  # fmt: skip
        figure.update_xaxes(range=[-0.02 * top, top], visible=False, fixedrange=True, row=place, col=1)
        figure.update_yaxes(visible=False, range=[-1, 1], fixedrange=True, row=place, col=1)
    for label, mark in reversed(marks.values()):
        figure.add_scatter(x=[None], y=[None], mode="markers", marker={**mark, "size": 12}, name=label)
    styled(figure, height=66 + _RFM_ROW * len(table))
    figure.update_layout(margin={"l": 10, "r": 12, "t": 26, "b": 0}, showlegend=True, legend=_LEGEND)
    return figure


def _marks(segment: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return label and marker of each value; the customer comes last, to be drawn on top."""
    [colour] = segment_colours([segment]).values()
    line = {"symbol": "line-ns-open", "size": 17, "color": GREY, "line": {"color": GREY, "width": 3}}
    diamond = {"symbol": "diamond-open", "size": 13, "color": colour, "line": {"width": 2.5}}
    return {
        "everyone": ("median of all customers", line),
        "middle": (f"median of {escape(segment)}", diamond),
        "own": ("this customer", {"symbol": "circle", "size": 15, "color": BLUE}),
    }


_LEGEND: Final[dict[str, Any]] = {
    "orientation": "h", "x": 0, "y": 0, "yanchor": "top", "itemclick": False, "itemdoubleclick": False,
    "font": {"size": 12},
}  # fmt: skip

_AGO, _AGO_1 = " days ago", " day ago"

MEASURES: Final = {"recency": "Last order", "frequency": "Orders", "monetary": "Total spend"}
"""Display names of the RFM measures."""


def written(measure: str, value: float, money: Money) -> str:
    """Write an RFM value with its unit."""
    if measure == "recency":
        return f"{many(round(value), 'day')} ago" if round(value) else "today"
    return count(value) if measure == "frequency" else money.short(value)


def _span(
    orders: pd.DataFrame, segments: pd.DataFrame, expected: Any, today: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last date shown: all orders, and some time ahead."""
    first = orders["ordered_at"].min()
    start = min([first, *segments["start"][:1]]) - _DAY
    back = max(today - start, 30 * _DAY)
    wanted = today + _LEAST_AHEAD * back
    if expected is not None:
        until = expected[2] if pd.notna(expected[2]) else today + back
        wanted = max(wanted, until + 0.03 * back)
    return start - 0.02 * back, min(wanted, today + max(_MOST_AHEAD * back, 90 * _DAY))


def _lollipops(figure: go.Figure, rows: pd.DataFrame, money: Money, colour: str, verb: str, *, sign: int) -> None:
    if rows.empty:
        return
    amounts = sign * rows["amount"].abs()
    sticks = [value for at in rows["ordered_at"] for value in (at, at, None)]
    heights = [value for amount in amounts for value in (0.0, amount, None)]
    crowded = len(rows) > _MANY
    figure.add_scatter(
        x=sticks, y=heights, mode="lines", line={"color": faint(colour, 0.55), "width": 1 if crowded else 1.6},
        hoverinfo="skip", showlegend=False, row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=rows["ordered_at"],
        y=amounts,
        mode="markers",
        marker={"color": colour, "size": 5 if crowded else 8, "symbol": "circle" if sign > 0 else "x"},
        customdata=[
            f"<b>{day(at)}</b><br>{verb}: {money.exact(abs(amount))}"
            for at, amount in zip(rows["ordered_at"], rows["amount"], strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )


def _today(figure: go.Figure, today: pd.Timestamp) -> None:
    figure.add_shape(type="line", x0=today, x1=today, y0=0, y1=1, yref="y domain", line={"color": GREY, "width": 1.5},
                     row=1, col=1)  # fmt: skip
    figure.add_annotation(
        x=today, y=1, yref="y domain", text=day(today.date()), showarrow=False, xanchor="right", yanchor="bottom",
        font={"size": 12}, row=1, col=1,
    )  # fmt: skip


def _ahead(figure: go.Figure, expected: Any, end: pd.Timestamp) -> None:
    """Shade the range of the next order, up to the edge of the chart if it ends later."""
    middle, low, high = expected
    until = end if pd.isna(high) else min(high, end)
    if low >= end:
        return
    figure.add_shape(
        type="rect", x0=low, x1=until, y0=0, y1=1, yref="y domain", line={"width": 0}, fillcolor=faint(AHEAD, 0.18),
        layer="below", row=1, col=1,
    )  # fmt: skip
    text = (
        f"80% interval of the next order:<br>{day(low)} to {'more than 3 years ahead' if pd.isna(high) else day(high)}"
    )
    figure.add_scatter(
        x=[low + (until - low) / 2], y=[0], mode="markers", marker={"size": 26, "opacity": 0.0},
        customdata=[text], hovertemplate="%{customdata}<extra></extra>", showlegend=False, row=1, col=1,
    )  # fmt: skip
    if pd.notna(middle) and middle < end:
        figure.add_shape(
            type="line", x0=middle, x1=middle, y0=0, y1=1, yref="y domain",
            line={"color": AHEAD, "width": 2, "dash": "dot"}, row=1, col=1,
        )  # fmt: skip
    around = f"next order around {day(middle)}" if pd.notna(middle) and middle < end else "next order"
    figure.add_annotation(
        x=end, y=1, yref="y domain", text=around, showarrow=False, xanchor="right", yanchor="bottom", yshift=15,
        font={"size": 12, "color": AHEAD}, row=1, col=1,
    )  # fmt: skip


def _stretch(figure: go.Figure, row: Any, colour: str, span: tuple[pd.Timestamp, pd.Timestamp]) -> None:
    name = str(row["segment"])
    start, end = max(row["start"], span[0]), min(row["end"], span[1])
    width = (end - start) / _DAY
    if width <= 0:
        return
    letters = int(_LETTERS * (end - start) / (span[1] - span[0]))
    figure.add_bar(
        x=[start + (end - start) / 2],
        y=[1],
        width=[width * 86_400_000],
        marker={"color": colour, "line": {"width": 0}},
        text=[escape(name, max(letters, 1)) if letters >= min(len(name), _WORD) else ""],
        textposition="inside",
        insidetextanchor="middle",
        insidetextfont={"color": ink_on(colour), "size": 11.5},
        textangle=0,
        constraintext="none",
        customdata=[f"<b>{escape(name)}</b><br>{day(row['start'])} to {day(row['end'] - _DAY)}"],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )


_WORD: Final = 8  # letters; a name cut shorter is unreadable
