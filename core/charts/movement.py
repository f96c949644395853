"""Customers between segments: where they went, how segments grew, and why."""

import textwrap
from collections.abc import Hashable, Sequence
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.numbers import Money, count, day, share
from core.charts.theme import BLUE, GREY, escape, ink_on, segment_colours, styled
from core.segments.movement import NOT_YET

CAUSE_LABELS: Final = {
    "clock": "The clock",
    "orders": "Orders of known customers",
    "new": "New customers",
    "refit": "A refit of the model",
}
"""What changes a segment, as a marketer says it."""

_CAUSE_COLOURS: Final = {"clock": GREY, "orders": BLUE, "new": "#66CCEE", "refit": "#AA3377"}
_LEGEND: Final = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": "", "traceorder": "normal"}
_FEW: Final = 5  # segments whose names stand upright below a chart
_INK: Final = "#1B2430"  # on grey
_LEAST_LABELLED: Final = 0.14  # share of the longest side that a bar needs for its number
_PAD: Final = 0.035  # share of the height between two nodes


def flow(cells: pd.DataFrame, names: Sequence[str], money: Money) -> go.Figure:
    """Sankey diagram (Riehmann, Hanfler and Froehlich, 2005): a band for each cell, coloured by where it comes from.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.movement.matrix`.
    names : sequence of str
        Segments, the best on top.
    money : Money
        The shop's currency.
    """
    shown = cells[cells["customers"] > 0]
    left = shown.groupby("segment_from")["customers"].sum().reindex([*names, NOT_YET]).dropna()
    right = shown.groupby("segment_to")["customers"].sum().reindex(list(names)).dropna()
    colours = {**segment_colours(names), NOT_YET: GREY}
    place = {("from", name): i for i, name in enumerate(left.index)}
    place |= {("to", name): len(left) + i for i, name in enumerate(right.index)}
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [_node_label(name, size) for side in (left, right) for name, size in side.items()],
                "color": [colours[str(name)] for side in (left, right) for name in side.index],
                "x": [0.001] * len(left) + [0.999] * len(right),
                "y": [*_centres(left), *_centres(right)],
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
                "customdata": [
                    *(
                        f"<b>{escape(str(name))}</b><br>{count(size)} customers on the first day"
                        for name, size in left.items()
                    ),
                    *(
                        f"<b>{escape(str(name))}</b><br>{count(size)} customers on the second day"
                        for name, size in right.items()
                    ),
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link={
                "source": [place["from", name] for name in shown["segment_from"]],
                "target": [place["to", name] for name in shown["segment_to"]],
                "value": shown["customers"].tolist(),
                "color": [_faint(colours[name]) for name in shown["segment_from"]],
                "customdata": [_hover(row, money) for row in shown.to_dict("records")],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    styled(figure, height=460)
    figure.update_layout(font_size=13, margin={"l": 4, "r": 4, "t": 12, "b": 16})
    return figure


def where_to(cells: pd.DataFrame, names: Sequence[str], money: Money, *, chosen: tuple[str, str] | None) -> go.Figure:
    """Rows of where customers were, columns of where they are; the darker, the more of the row.

    Drawn as bars, since a cell of Plotly's own heat map cannot be clicked.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.movement.matrix`.
    names : sequence of str
        Segments, best first.
    money : Money
        The shop's currency.
    chosen : tuple of str, optional
        Segments of the cell to stand out.
    """
    rows, totals = [*names, NOT_YET], cells.groupby("segment_from")["customers"].transform("sum").clip(lower=1)
    figure = go.Figure()
    for row, total in zip(cells.to_dict("records"), totals, strict=True):
        part, here = row["customers"] / total, (row["segment_from"], row["segment_to"])
        figure.add_bar(
            x=[names.index(here[1])],
            y=[1],
            base=[rows.index(here[0]) - 0.5],
            width=[1],
            marker={
                "color": f"rgba(68, 119, 170, {0.04 + 0.36 * part:.3f})",
                "line": {"width": 3 if here == chosen else 1, "color": BLUE if here == chosen else _RULE},
            },
            customdata=[[*here, _hover(row, money)]],
            hovertemplate="%{customdata[2]}<extra></extra>",
        )
        if row["customers"]:
            text = f"<b>{count(row['customers'])}</b><br>{share(part)}"
            figure.add_annotation(
                x=names.index(here[1]), y=rows.index(here[0]), text=text, font_size=13, showarrow=False
            )
    styled(figure, height=70 + 52 * len(rows))
    figure.update_layout(barmode="overlay", bargap=0, clickmode="event+select")
    figure.update_xaxes(
        side="top",
        range=[-0.5, len(names) - 0.5],
        tickvals=list(range(len(names))),
        ticktext=[_wrapped(name, 10) if len(names) <= _FEW else escape(name, 18) for name in names],
        tickangle=0 if len(names) <= _FEW else -40,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[_wrapped(name) for name in rows],
        showgrid=False,
        fixedrange=True,
    )
    return figure


def sizes_over_time(sizes: pd.DataFrame, names: Sequence[str], marked: Sequence[date]) -> go.Figure:
    """Stacked areas of customers by segment at each date, two of which are marked.

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
            fillcolor=_faint(colours[name], 0.75),
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
    """Bars of what each cause added to a segment or took from it; the change in all below its name.

    Parameters
    ----------
    changes : DataFrame
        From `core.segments.change.decompose`.
    """
    known = [cause for cause in CAUSE_LABELS if cause != "refit" or changes["refit"].any()]
    rows = changes.to_dict("records")
    labels = [f"{_wrapped(row['segment'])}<br><b>{signed(row['after'] - row['before'])}</b>" for row in rows]
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
        title="Customers gained or lost", zeroline=True, zerolinecolor=GREY, tickformat="~s", fixedrange=True
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def cell_words(row: dict[Hashable, Any], money: Money) -> list[str]:
    """What a cell of the matrix says, in one or two plain sentences."""
    start, end, people = row["segment_from"], row["segment_to"], many(row["customers"], "customer")
    if start == NOT_YET:
        return [
            f"{many(row['customers'], 'new customer')} in {end}.",
            f"They spent {money.exact(row['spent'])} so far.",
        ]
    went = f"stayed in {end}" if start == end else f"went from {start} to {end}"
    before, since = money.exact(row["at_stake"]), money.exact(row["spent"])
    return [f"{people} {went}.", f"They spent {before} in the year before the first day, and {since} between the two."]


def many(number: float, noun: str) -> str:
    """A number of things."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def signed(number: float) -> str:
    """A whole number with its sign."""
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{count(abs(number))}"


_RULE: Final = "rgba(138, 148, 163, 0.35)"


def _hover(row: dict[Hashable, Any], money: Money) -> str:
    first, second = cell_words(row, money)
    return f"<b>{escape(first, 120)}</b><br>{escape(second, 120).replace(', and', ',<br>and')}"


def _node_label(name: Hashable, size: float) -> str:
    lines = f"{escape(str(name))} · " if name == NOT_YET else f"{_wrapped(str(name))}<br>"
    return f"<b>{lines}{count(size)}</b>"


def _centres(sizes: pd.Series) -> list[float]:
    """Heights of the middles of nodes one below the other."""
    shares = sizes / max(sizes.sum(), 1) * (1 - _PAD * (len(sizes) - 1))
    ends = shares.cumsum() + [_PAD * i for i in range(len(sizes))]
    return [float(min(max(middle, 0.001), 0.999)) for middle in ends - shares / 2]


def _faint(colour: str, opacity: float = 0.38) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _wrapped(name: str, width: int = 14) -> str:
    """A name on several lines."""
    lines = textwrap.wrap(name.replace("/", "/ "), width, break_long_words=False, break_on_hyphens=False)
    return "<br>".join(escape(line.replace("/ ", "/")) for line in lines)


def _last_day(as_of: Any) -> date:
    """The last day that counts at a date."""
    when: date = pd.Timestamp(as_of).date()
    return when - timedelta(days=1)
