"""Growth of segments over time, and its causes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, GREY, escape, faint, ink_on, segment_colours, styled, wrapped
from core.numbers import count, day, share, signed

CAUSE_LABELS: Final = {
    "clock": "Time passing",
    "orders": "Orders by existing customers",
    "new": "New customers",
    "refit": "Model refit",
}
"""Display names of the causes that change a segment."""

_CAUSE_COLOURS: Final = {"clock": GREY, "orders": BLUE, "new": "#66CCEE", "refit": "#AA3377"}
_INK: Final = "#1B2430"  # on grey
_LEGEND: Final = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": "", "traceorder": "normal"}
_THOUSAND: Final = 1_000
_HANDFUL: Final = 5  # customers; up to this reach, each has a tick
_LEAST_LABELLED: Final = 0.14  # share of the longest side that a bar needs to fit its number


def sizes_over_time(sizes: pd.DataFrame, names: Sequence[str], marked: Sequence[date]) -> go.Figure:
    """Draw stacked areas of customers by segment over time, with the compared dates marked.

    Parameters
    ----------
    sizes : DataFrame
        `as_of`, `segment`, `customers`; every segment at every date.
    names : sequence of str
        Segments, the best at the bottom.
    marked : sequence of date
        The dates compared, as `as_of`.
    """
    colours = segment_colours(names)
    totals = sizes.groupby("as_of")["customers"].sum()
    figure = go.Figure()
    for name in names:
        part = sizes[sizes["segment"] == name]
        ends = [_last_day(as_of) for as_of in part["as_of"]]
        figure.add_scatter(
            x=ends,
            y=part["customers"],
            name=escape(name),
            mode="lines",
            stackgroup="all",
            line={"width": 1, "color": colours[name]},
            fillcolor=faint(colours[name], 0.75),
            customdata=[
                f"<b>{escape(name)}</b><br>{count(row['customers'])} customers on {day(end)},<br>"
                f"{share(row['customers'] / max(totals[row['as_of']], 1))} of all who had ordered by then"
                for row, end in zip(part.to_dict("records"), ends, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    for as_of in marked:
        figure.add_vline(
            x=pd.Timestamp(_last_day(as_of)).timestamp() * 1000, line={"width": 1.5, "dash": "dot", "color": GREY}
        )
    styled(figure, height=340)
    figure.update_layout(showlegend=True, legend=_LEGEND, margin_t=34)
    figure.update_xaxes(tickformat="%b\n%Y", fixedrange=True, nticks=10, tickangle=0)
    figure.update_yaxes(title="Customers", tickformat="~s", fixedrange=True, rangemode="tozero")
    return figure


def causes(changes: pd.DataFrame) -> go.Figure:
    """Draw what each cause added to a segment or took from it, with the net change below its name.

    Parameters
    ----------
    changes : DataFrame
        From `core.segments.movement.change_causes.decompose`.
    """
    known = [cause for cause in CAUSE_LABELS if cause != "refit" or changes["refit"].any()]
    rows = changes.to_dict("records")
    labels = [f"{wrapped(row['segment'], 18)}<br><b>{signed(row['after'] - row['before'])}</b>" for row in rows]
    reach = max(changes[known].clip(lower=0).sum(axis=1).max(), -changes[known].clip(upper=0).sum(axis=1).min(), 1)
    figure = go.Figure()
    for cause in known:
        figure.add_bar(
            x=changes[cause],
            y=labels,
            orientation="h",
            name=CAUSE_LABELS[cause],
            marker_color=_CAUSE_COLOURS[cause],
            text=[signed(row[cause]) if abs(row[cause]) >= _LEAST_LABELLED * reach else "" for row in rows],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            insidetextfont={"color": ink_on(_CAUSE_COLOURS[cause]) if cause != "clock" else _INK, "size": 13},
            customdata=[
                f"<b>{escape(row['segment'])}</b><br>{CAUSE_LABELS[cause]}: {signed(row[cause])} customers"
                for row in rows
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=90 + 58 * len(rows))
    figure.update_layout(barmode="relative", showlegend=True, legend=_LEGEND, margin_t=34)
    figure.update_xaxes(
        title="Customers gained or lost",
        zeroline=True,
        zerolinecolor=GREY,
        tickformat="~s" if reach >= _THOUSAND else ",d",
        nticks=6,
        dtick=1 if reach <= _HANDFUL else None,
        range=[-1, 1] if not changes[known].any(axis=None) else None,
        fixedrange=True,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def _last_day(as_of: Any) -> date:
    """Return the last day before an `as_of` date."""
    when: date = pd.Timestamp(as_of).date()
    return when - timedelta(days=1)
