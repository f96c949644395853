"""Profiles of segments: typical customer, spread of each feature, and countries."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.log_axis import positions, round_numbers
from core.charts.theme import axis_labels, escape, segment_colours, styled
from core.numbers import share

_LABEL = 26  # characters beside a bar
_TONES = ("#5A6B82", "#8A9BB0", "#B5C1CF", "#7C6F9C", "#A79CC4", "#CFC8DF", "#999999")  # colours that no segment uses


def radar(levels: pd.DataFrame, names: Sequence[str], labels: Mapping[str, str]) -> go.Figure:
    """Draw each segment's typical customer among all customers, one axis per feature; further out is better.

    Parameters
    ----------
    levels : DataFrame
        From `core.segments.segment_profiles.levels`, with `said`: the median in words.
    names : sequence of str
        Segments in display order.
    labels : mapping
        Name of each feature's axis.
    """
    figure, colours = go.Figure(), segment_colours(names)
    for name in names:
        part, colour = levels[levels["segment"] == name], colours[name]
        if part.empty:
            continue
        around = pd.concat([part, part.head(1)])
        figure.add_scatterpolar(
            r=around["level"],
            theta=[labels[feature] for feature in around["feature"]],
            name=escape(name),
            line={"color": colour, "width": 2.5},
            marker={"size": 6},
            customdata=[
                f"<b>{escape(name)}</b>: {said},<br>better than {share(level)} of all customers"
                for said, level in zip(around["said"], around["level"], strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=max(400, 150 + 92 * len(names)))  # as high as the two bar charts beside it
    grid = "rgba(138, 148, 163, 0.3)"
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.14, "x": 0, "title": ""},
        margin={"l": 48, "r": 48, "t": 32, "b": 8},
        polar={
            "bgcolor": "rgba(0, 0, 0, 0)",
            "radialaxis": {
                "range": [0, 1],
                "tickformat": ".0%",
                "gridcolor": grid,
                "tickfont": {"size": 10},
                "nticks": 4,
            },
            "angularaxis": {"gridcolor": grid},
        },
    )
    return figure


def spread(spreads: pd.DataFrame, names: Sequence[str], *, title: str, log: bool) -> go.Figure:
    """Draw a box per segment from the lower to the upper quartile, with whiskers from 5% to 95%.

    Parameters
    ----------
    spreads : DataFrame
        Spreads of one feature, from `core.segments.segment_profiles.spreads`.
    names : sequence of str
        Segments, the first on top.
    title : str
        Title of the axis, with the unit.
    log : bool
        Use a logarithmic axis, which starts at one.
    """
    shown = spreads.set_index("segment")
    label = dict(zip(names, axis_labels(names, _LABEL), strict=True))
    figure = go.Figure()
    for name, colour in segment_colours(names).items():
        if name not in shown.index:
            continue
        row = shown.loc[name].drop("feature").astype(float).clip(lower=1.0 if log else None)
        figure.add_box(
            y=[label[name]], q1=[row["quarter"]], median=[row["median"]], q3=[row["three_quarters"]],
            lowerfence=[row["low"]], upperfence=[row["high"]], orientation="h", name=escape(name),
            line={"color": colour, "width": 2}, width=0.55,
        )  # fmt: skip
    styled(figure, height=70 + 44 * len(shown))
    figure.update_layout(boxmode="overlay")
    figure.update_xaxes(title=title, type="log" if log else "linear", fixedrange=True, showgrid=True,
                        gridcolor="rgba(138, 148, 163, 0.22)", tickformat="~s", nticks=6)  # fmt: skip
    if log and len(shown):
        low, high = max(float(shown["low"].min()), 1.0) * 0.9, max(float(shown["high"].max()), 1.0) * 1.1
        figure.update_xaxes(tickvals=round_numbers(low, high), range=positions([low, high]))
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category",
                        categoryorder="array", categoryarray=list(label.values()))  # fmt: skip
    return figure


def country_mix(mix: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Draw the countries that the customers of each segment come from.

    Parameters
    ----------
    mix : DataFrame
        From `core.segments.segment_profiles.countries`.
    names : sequence of str
        Segments, the first on top.
    """
    figure = go.Figure()
    label = dict(zip(names, axis_labels(names, _LABEL), strict=True))
    countries = list(dict.fromkeys(mix["country"]))
    for country, colour in zip(countries, _TONES, strict=False):
        part = mix[mix["country"] == country].set_index("segment").reindex(list(names)).dropna()
        figure.add_bar(
            y=[label[name] for name in part.index],
            x=part["share"],
            orientation="h",
            name=escape(country, 24),
            marker={"color": colour},
            customdata=[
                f"{share(of)} of {escape(name)}<br>are from {escape(country)} ({number:,.0f} customers)"
                for name, of, number in zip(part.index, part["share"], part["customers"], strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=110 + 44 * len(names))
    figure.update_layout(barmode="stack", showlegend=True, legend={"orientation": "h", "y": -0.25, "x": 0, "title": "",
                                                                  "traceorder": "normal"})  # fmt: skip
    figure.update_xaxes(tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, type="category")
    return figure
