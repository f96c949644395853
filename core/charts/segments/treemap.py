"""Segment charts: treemap, shares of revenue and customers, and revenue over time."""

from collections.abc import Hashable
from datetime import date
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import squarify

from core.charts.theme import PALE_GREY, axis_labels, escape, ink_on, segment_colours, styled
from core.numbers import Money, count, share

_ACROSS, _DOWN = 100.0, 34.0  # the treemap's own units, roughly the shape it is displayed in


def treemap(summary: pd.DataFrame, money: Money, *, chosen: str | None = None) -> go.Figure:
    """Draw tiles in proportion to gross revenue (Bruls, Huizing and van Wijk, 2000).

    Tiles are bars because Plotly's own treemap zooms on a click without reporting it.

    Parameters
    ----------
    summary : DataFrame
        From `core.segments.segment_summary.summarise`.
    money : Money
        The shop's currency.
    chosen : str, optional
        Name of the segment to highlight.
    """
    shown = summary[summary["revenue"] > 0].sort_values("revenue", ascending=False).to_dict("records")
    sizes = squarify.normalize_sizes([row["revenue"] for row in shown], _ACROSS, _DOWN)
    colours = segment_colours(summary["segment"].tolist())
    figure = go.Figure()
    for row, tile in zip(shown, squarify.squarify(sizes, 0, 0, _ACROSS, _DOWN), strict=True):
        name = row["segment"]
        colour = colours[name] if chosen in (None, name) else PALE_GREY
        figure.add_bar(
            x=[tile["x"] + tile["dx"] / 2],
            y=[tile["dy"]],
            base=[_DOWN - tile["y"] - tile["dy"]],
            width=[tile["dx"]],
            marker={"color": colour, "line": {"width": 2, "color": "rgba(255, 255, 255, 0.9)"}},
            text=[_tile_text(row, tile["dx"], money)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": ink_on(colour), "size": 14},
            customdata=[[name, _sentence(row, money)]],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    styled(figure, height=320)
    figure.update_layout(barmode="overlay", bargap=0, clickmode="event+select")
    figure.update_xaxes(visible=False, range=[0, _ACROSS], fixedrange=True)
    figure.update_yaxes(visible=False, range=[0, _DOWN], fixedrange=True)
    return figure


def _tile_text(row: dict[Hashable, Any], across: float, money: Money) -> str:
    """Return name, share and revenue; on a narrow tile, the name takes several lines."""
    name = escape(row["segment"])
    wide = across > _ACROSS / 5
    lines = [f"<b>{name if wide else name.replace(' ', '<br>').replace('/', '/<br>')}</b>", share(row["revenue_share"])]
    return "<br>".join(
        [*lines, f"{money.short(row['revenue'])} · {count(row['customers'])} customers"] if wide else lines
    )


def share_bars(
    summary: pd.DataFrame, money: Money, *, of: Literal["customers", "revenue"], chosen: str | None = None
) -> go.Figure:
    """Draw one bar per segment with its share; if one is chosen, the others are pale.

    Parameters
    ----------
    summary : DataFrame
        From `core.segments.segment_summary.summarise`.
    money : Money
        The shop's currency.
    of : {"customers", "revenue"}
        Quantity whose shares are drawn.
    chosen : str, optional
        Name of the segment to highlight.
    """
    column = "customer_share" if of == "customers" else "revenue_share"
    colours = segment_colours(summary["segment"].tolist())
    shown = [colours[name] if chosen in (None, name) else PALE_GREY for name in summary["segment"]]
    value = count if of == "customers" else money.short
    figure = go.Figure(
        go.Bar(
            x=summary[column],
            y=axis_labels(summary["segment"].tolist(), 42),
            orientation="h",
            marker_color=shown,
            text=[f"{share(s)} · {value(v)}" for s, v in zip(summary[column], summary[of], strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [name, _sentence(row, money)]
                for name, row in zip(summary["segment"], summary.to_dict("records"), strict=True)
            ],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    )
    styled(figure, height=44 + 46 * len(summary))
    figure.update_layout(clickmode="event+select")
    figure.update_xaxes(visible=False, range=[0, max(summary[column].max(), 0.01) * 1.75], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def revenue_by_month(months: pd.DataFrame, names: list[str], money: Money, *, complete_until: date) -> go.Figure:
    """Draw stacked bars of gross revenue per month, one colour per segment.

    Parameters
    ----------
    months : DataFrame
        From `core.segments.segment_summary.by_month`.
    names : list of str
        Segments, the first at the bottom.
    money : Money
        The shop's currency.
    complete_until : date
        The day after the last day with data; incomplete months are pale.
    """
    colours = segment_colours(names)
    totals = months.groupby("month")["revenue"].sum()
    figure = go.Figure()
    for name in names:
        part = months[months["segment"] == name]
        hover = [
            f"<b>{escape(name)}</b>, {row['month']:%B %Y}<br>{money.exact(row['revenue'])}, "
            f"{share(row['revenue'] / (totals[row['month']] or 1))} of the month<br>"
            f"from {count(row['customers'])} customers"
            for row in part.to_dict("records")
        ]
        figure.add_bar(
            x=part["month"],
            y=part["revenue"],
            name=escape(name),
            marker={
                "color": colours[name],
                "opacity": [1.0 if whole else 0.45 for whole in _complete(part, complete_until)],
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=340)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": -0.22, "x": 0, "title": "", "traceorder": "normal"},
    )
    figure.update_xaxes(tickformat="%b\n%Y", fixedrange=True, nticks=10, tickangle=0)
    figure.update_yaxes(tickprefix=money.symbol, tickformat="~s", fixedrange=True)
    return figure


def _complete(months: pd.DataFrame, until: date) -> list[bool]:
    return ((months["month"] + pd.offsets.MonthBegin(1)) <= pd.Timestamp(until)).tolist()


def _sentence(row: dict[Hashable, Any], money: Money) -> str:
    """Return the hover text of a segment."""
    return (
        f"<b>{escape(row['segment'])}</b><br>"
        f"{count(row['customers'])} customers generate {money.exact(row['revenue'])} gross revenue;<br>"
        f"{money.exact(row['returned'])} returned, {money.exact(row['net'])} net"
    )
