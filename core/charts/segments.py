"""Segments: shares of revenue and customers, and revenue over time, each segment in its own colour."""

from collections.abc import Hashable
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from core.charts.numbers import Money, count, share
from core.charts.theme import PALE_GREY, escape, ink_on, segment_colours, styled


def treemap(summary: pd.DataFrame, money: Money) -> go.Figure:
    """Areas in proportion to gross revenue.

    Parameters
    ----------
    summary : DataFrame
        From `core.segments.summary.summarise`.
    money : Money
        The shop's currency.
    """
    shown = summary[summary["revenue"] > 0]
    colours = segment_colours(summary["segment"].tolist())
    figure = go.Figure(
        go.Treemap(
            labels=[escape(name) for name in shown["segment"]],
            parents=[""] * len(shown),
            values=shown["revenue"],
            text=[
                f"{share(row['revenue_share'])} of revenue<br>"
                f"{money.short(row['revenue'])} · {count(row['customers'])} customers"
                for row in shown.to_dict("records")
            ],
            textinfo="label+text",
            textfont={"color": [ink_on(colours[name]) for name in shown["segment"]], "size": 14},
            marker={"colors": [colours[name] for name in shown["segment"]], "cornerradius": 6},
            tiling={"pad": 3},
            root_color="rgba(0,0,0,0)",
            pathbar={"visible": False},
            customdata=[_sentence(row, money) for row in shown.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_layout(uniformtext={"minsize": 12, "mode": "hide"})
    return styled(figure, height=320)


def share_bars(
    summary: pd.DataFrame, money: Money, *, of: Literal["customers", "revenue"], chosen: str | None = None
) -> go.Figure:
    """One bar per segment with its share; the others are pale where one is chosen.

    Parameters
    ----------
    summary : DataFrame
        From `core.segments.summary.summarise`.
    money : Money
        The shop's currency.
    of : {"customers", "revenue"}
        Whose shares.
    chosen : str, optional
        Name of the segment to stand out.
    """
    column = "customer_share" if of == "customers" else "revenue_share"
    colours = segment_colours(summary["segment"].tolist())
    shown = [colours[name] if chosen in (None, name) else PALE_GREY for name in summary["segment"]]
    value = count if of == "customers" else money.short
    figure = go.Figure(
        go.Bar(
            x=summary[column],
            y=[escape(name) for name in summary["segment"]],
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
    figure.update_xaxes(visible=False, range=[0, max(summary[column].max(), 0.01) * 1.45], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def revenue_by_month(months: pd.DataFrame, names: list[str], money: Money) -> go.Figure:
    """Stacked bars of gross revenue per month, one colour a segment.

    Parameters
    ----------
    months : DataFrame
        From `core.segments.summary.by_month`.
    names : list of str
        Segments, the first at the bottom.
    money : Money
        The shop's currency.
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
            marker_color=colours[name],
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=340)
    figure.update_layout(barmode="stack", showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 0, "title": ""})
    figure.update_xaxes(tickformat="%b\n%Y", fixedrange=True, nticks=10, tickangle=0)
    figure.update_yaxes(tickprefix=money.symbol, tickformat="~s", fixedrange=True)
    return figure


def _sentence(row: dict[Hashable, Any], money: Money) -> str:
    """What a segment brings, for the hover."""
    return (
        f"<b>{escape(row['segment'])}</b><br>"
        f"{count(row['customers'])} customers bring {money.exact(row['revenue'])} gross;<br>"
        f"{money.exact(row['returned'])} went back, {money.exact(row['net'])} is left"
    )
