"""Histograms and two-way densities of recency, frequency and monetary value."""

from collections.abc import Callable, Hashable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import heat_map, log_axis
from core.charts.theme import BLUE, BLUES, GREY, PALE_GREY, styled
from core.customers.distributions import Measure, Scale
from core.numbers import Money, count, customers, share, tiny

TITLES: Final[dict[Measure, str]] = {
    "recency": "Days since the last order",
    "frequency": "Orders",
    "monetary": "Gross spend",
}
"""Axis titles of the measures."""

SHORT: Final[dict[Measure, str]] = {"recency": "Recency", "frequency": "Orders", "monetary": "Spending"}

_HEADROOM: Final = 1.22  # room above the tallest bar for deciles and the median's label
_ACCENT: Final = "#CC3311"  # the median: visible on blue bars, on light and dark pages


def value(measure: Measure, number: float, money: Money) -> str:
    """Write a value of a measure with its unit."""
    if measure == "monetary":
        return money.short(number)
    whole = count(number) if float(number).is_integer() else f"{number:,.1f}"
    unit = "day" if measure == "recency" else "order"
    return f"{whole} {unit if number == 1 else unit + 's'}"


def histogram(bins: pd.DataFrame, deciles: pd.DataFrame, measure: Measure, scale: Scale, money: Money) -> go.Figure:
    """Draw customers per bin, with the median as a line and the other deciles as ticks above the bars.

    Parameters
    ----------
    bins : DataFrame
        From `core.customers.distributions.histogram`; not empty.
    deciles : DataFrame
        From `core.customers.distributions.deciles`.
    measure : {"recency", "frequency", "monetary"}
        The measure on the x-axis.
    scale : {"log", "linear"}
        The scale of the bins.
    money : Money
        The shop's currency.
    """
    low, high = _drawn_edges(bins)
    left, right = (log_axis.positions(edge) if scale == "log" else edge for edge in (low, high))
    all_customers = bins["customers"].sum() or 1
    hover = [
        f"<b>{customers(row['customers'])}</b>, {share(row['customers'] / all_customers)}<br>"
        f"{_within(row, measure, money, first=scale == 'log' and place == 0)}"
        for place, row in enumerate(bins.to_dict("records"))
    ]
    figure = go.Figure(
        go.Bar(
            x=(left + right) / 2,
            width=(right - left) * 0.94,
            y=bins["customers"],
            marker_color=[PALE_GREY if beyond else BLUE for beyond in bins["open"]],
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=250)
    top = float(bins["customers"].max())
    values = deciles[measure].to_numpy("float64")
    places = log_axis.positions(np.maximum(values, low[0])) if scale == "log" else values
    _add_deciles(figure, deciles.assign(place=places), measure, money, top)
    figure.update_yaxes(
        range=[0, top * _HEADROOM], tickformat="~s", nticks=5, fixedrange=True, title="Customers", title_standoff=12
    )
    figure.update_xaxes(fixedrange=True)
    if scale == "log":
        log_axis.label(figure.update_xaxes, low[0], high[-1], _write_tick(measure, money))
    elif measure == "monetary":
        figure.update_xaxes(tickprefix=money.symbol, tickformat="~s", nticks=6)
    else:
        figure.update_xaxes(tickformat=",d", nticks=6)
    return figure


def _drawn_edges(bins: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin edges as drawn: the open last bin is as wide as the others."""
    low, high = bins["low"].to_numpy("float64"), bins["high"].to_numpy("float64").copy()
    if bins["open"].iloc[-1]:
        high[-1] = low[-1] + (high[0] - low[0])
    return low, high


def _add_deciles(figure: go.Figure, deciles: pd.DataFrame, measure: Measure, money: Money, top: float) -> None:
    places = deciles["place"].to_numpy("float64")
    median = len(places) // 2
    figure.add_scatter(
        x=places,
        y=[top * 1.05] * len(places),
        mode="markers",
        marker={"symbol": "line-ns", "size": 8, "line": {"width": 1.5, "color": GREY}},
        customdata=[
            f"{share(row['share'])} of customers: {value(measure, row[measure], money)} or less"
            for row in deciles.to_dict("records")
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure.add_shape(
        type="line", x0=places[median], x1=places[median], y0=0, y1=top * 1.09, line={"color": _ACCENT, "width": 2}
    )
    span = figure.data[0].x
    rightward = places[median] < (span[0] + span[-1]) / 2
    figure.add_annotation(
        x=places[median],
        y=top * 1.16,
        text=f"Median {value(measure, deciles[measure].iloc[median], money)}",
        showarrow=False,
        xanchor="left" if rightward else "right",
        xshift=-4 if rightward else 4,
        font={"size": 12},
    )


def _within(row: dict[Hashable, Any], measure: Measure, money: Money, *, first: bool) -> str:
    """Describe the customers in a bin, as the end of a sentence."""
    low, high = row["low"], row["high"]
    if measure == "monetary":
        text = f"{money.exact(low)} or more" if row["open"] else f"{money.exact(low)} to {money.exact(high)}"
        return f"spent {text}"
    last = high if row["open"] else high - 1
    span = value(measure, last, money) if low == last else f"{count(low)} to {value(measure, last, money)}"
    span = f"{value(measure, low, money)} or more" if row["open"] else span
    if measure == "frequency":
        return f"have {span}"
    return f"last ordered {'up to ' if first else ''}{span} ago"


def _write_tick(measure: Measure, money: Money) -> Callable[[float], str]:
    return (lambda tick: f"{money.symbol}{tiny(tick)}") if measure == "monetary" else count


def density(bins: pd.DataFrame, x: Measure, y: Measure, money: Money) -> go.Figure:
    """Draw a heat map of customers in two-way bins on logarithmic axes; bins without customers stay empty.

    Parameters
    ----------
    bins : DataFrame
        From `core.customers.distributions.density`; not empty.
    x, y : {"recency", "frequency", "monetary"}
        Measures on the horizontal and the vertical axis.
    money : Money
        The shop's currency.
    """
    across, up = bins["x_low"].nunique(), bins["y_low"].nunique()
    counts = bins["customers"].to_numpy("float64").reshape(across, up).T
    hover = np.array(_pair_texts(bins, x, y, money), dtype="object").reshape(across, up).T
    edges = {name: _edges_of(bins, name) for name in ("x", "y")}
    figure = go.Figure(
        heat_map.cells(
            np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan),
            hover,
            x=log_axis.positions(edges["x"]),
            y=log_axis.positions(edges["y"]),
            colours=BLUES,
            most=max(float(np.log10(max(counts.max(), 1))), 0.01),
            gap=1,
        )
    )
    styled(figure, height=300)
    figure.update_xaxes(fixedrange=True, title=TITLES[x], title_standoff=6)
    figure.update_yaxes(fixedrange=True, title=TITLES[y], showgrid=False, title_standoff=12)
    for update, ends, measure in ((figure.update_xaxes, edges["x"], x), (figure.update_yaxes, edges["y"], y)):
        log_axis.label(update, ends[0], ends[-1], _write_tick(measure, money))
    return figure


def _edges_of(bins: pd.DataFrame, name: str) -> np.ndarray:
    lows = np.sort(bins[f"{name}_low"].unique())
    return np.append(lows, bins[f"{name}_high"].max())


def _pair_texts(bins: pd.DataFrame, x: Measure, y: Measure, money: Money) -> list[str]:
    """Return the hover text of each cell, wording each bin of an axis only once."""
    words: dict[tuple[str, float], str] = {}
    for name, measure in (("x", x), ("y", y)):
        ends = bins[[f"{name}_low", f"{name}_high"]].drop_duplicates().sort_values(f"{name}_low")
        for place, (low, high) in enumerate(ends.to_numpy().tolist()):
            span = _within({"low": low, "high": high, "open": False}, measure, money, first=place == 0)
            words[name, low] = span
    return [
        f"<b>{customers(number)}</b><br>{words['x', low]}<br>{words['y', bottom]}" if number else ""
        for number, low, bottom in zip(bins["customers"], bins["x_low"], bins["y_low"], strict=True)
    ]
