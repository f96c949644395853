"""Charts for choosing the number of segments: one per criterion, silhouettes, and what a refit changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import heat_map
from core.charts.theme import BLUE, GREY, PALE_GREY, escape, segment_colours, styled, wrapped
from core.numbers import count, share, short

_GOOD: Final = "#228833"
_LARGE: Final = 100.0
_FEW: Final = 4  # maximum number of segments whose names fit side by side
_COLUMN: Final = 12  # characters per line of such a name
_WIDTH: Final = 0.96  # share of a segment's band in the silhouette plot


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A criterion for or against a number of segments.

    Parameters
    ----------
    column : str
        Its column in the candidates.
    label : str
        Its name in the hover text.
    least : float, optional
        Lowest acceptable value, drawn as a line.
    low : str, optional
        Column of a lower bound, drawn as a band below the line.
    marked : int, optional
        Number of segments marked as the knee.
    percent : bool
        Write values as percentages.
    """

    column: str
    label: str
    least: float | None = None
    low: str | None = None
    marked: int | None = None
    percent: bool = False


def by_number(candidates: pd.DataFrame, of: Criterion, *, chosen: int) -> go.Figure:
    """Draw a criterion for each number of segments.

    Parameters
    ----------
    candidates : DataFrame
        `k` and the criterion's columns; missing values are skipped.
    of : Criterion
        The criterion drawn.
    chosen : int
        Number of segments to highlight.
    """
    column, low, least, percent = of.column, of.low, of.least, of.percent
    shown = candidates[candidates[column].notna()]
    write = share if percent else short
    figure = go.Figure()
    if low is not None and shown[low].notna().all():
        figure.add_scatter(x=shown["k"], y=shown[low], mode="lines", line={"width": 0}, hoverinfo="skip")
        figure.add_scatter(
            x=shown["k"],
            y=shown[column],
            mode="lines",
            line={"width": 0},
            fill="tonexty",
            fillcolor="rgba(68, 119, 170, 0.18)",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=shown["k"],
        y=shown[column],
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={
            "color": [BLUE if k == chosen else "rgba(68, 119, 170, 0.55)" for k in shown["k"]],
            "size": [13 if k == chosen else 7 for k in shown["k"]],
        },
        customdata=[
            f"<b>{k} segments</b>{' (shown)' if k == chosen else ''}<br>{of.label} {write(value)}"
            for k, value in zip(shown["k"], shown[column], strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    if least is not None:
        figure.add_hline(
            y=least, line={"color": GREY, "width": 1, "dash": "dot"}, annotation_text=f"minimum {write(least)}",
            annotation_position="bottom left", annotation_font={"size": 11, "color": GREY},
        )  # fmt: skip
    if of.marked is not None and of.marked in shown["k"].to_numpy():
        _mark(figure, shown, column, of.marked)
    styled(figure, height=210)
    figure.update_xaxes(title="Segments", dtick=1, fixedrange=True)
    figure.update_yaxes(
        fixedrange=True,
        tickformat=_ticks(percent=percent, largest=float(shown[column].max())),
        rangemode="tozero" if percent else None,
    )
    return figure


def silhouettes(found: pd.DataFrame, names: Sequence[str], mean: float) -> go.Figure:
    """Draw each customer's silhouette, sorted within segments (Rousseeuw, 1987, figure 2).

    Parameters
    ----------
    found : DataFrame
        `segment`, `silhouette`: one row per customer, thinned to what can be seen.
    names : sequence of str
        Segments, the first on top.
    mean : float
        Mean of all customers, drawn as a line.
    """
    colours = segment_colours(names)
    figure = go.Figure()
    ticks, start = [], 0.0
    for name in names:
        values = np.sort(found.loc[found["segment"] == name, "silhouette"].to_numpy())[::-1]
        if not len(values):
            continue
        places = start + np.arange(len(values)) / len(found)
        below = float((values < 0).mean())
        figure.add_scatter(
            x=np.concatenate([[0.0], values, [0.0]]),
            y=np.concatenate([[places[0]], places, [places[-1]]]),
            fill="toself",
            mode="lines",
            line={"color": colours[name], "width": 1},
            fillcolor=colours[name],
            hoveron="fills",
            hoverinfo="text",
            text=f"<b>{escape(name)}</b>: mean {values.mean():.2f}; {share(below)} of these customers<br>"
            "are closer to another segment",
        )
        ticks.append((float(places.mean()), f"{escape(name, 26)} {values.mean():.2f}"))
        start += len(values) / len(found) + (1 - _WIDTH)
    figure.add_vline(x=mean, line={"color": GREY, "width": 1.5, "dash": "dash"})
    styled(figure, height=90 + 55 * len(ticks))
    figure.update_xaxes(title="Silhouette", fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, fixedrange=True, tickvals=[place for place, _ in ticks],
        ticktext=[text for _, text in ticks],
    )  # fmt: skip
    return figure


def confusion(matrix: pd.DataFrame, before: Sequence[str], after: Sequence[str]) -> go.Figure:
    """Draw how customers of each old segment would spread over the new ones.

    Parameters
    ----------
    matrix : DataFrame
        `before`, `after`, `customers`.
    before, after : sequence of str
        Segments in display order.
    """
    square = matrix.pivot_table(index="before", columns="after", values="customers", sort=False)
    square = square.reindex(index=list(before), columns=list(after))
    of = square.div(square.sum(axis=1).replace(0, 1), axis=0)
    hover = [
        [
            f"{count(value)} of {count(sum(row))} customers in “{escape(b)}”<br>would be in “{escape(a)}”"
            for a, value in zip(after, row, strict=True)
        ]
        for b, row in zip(before, square.to_numpy(dtype="float64").tolist(), strict=True)
    ]
    few = len(after) <= _FEW
    figure = go.Figure(
        heat_map.cells(
            of.to_numpy(),
            hover,
            x=[wrapped(name, _COLUMN if few else 2 * _COLUMN) for name in after],
            y=[wrapped(name, 2 * _COLUMN) for name in before],
        )
    )
    heat_map.write(figure, [[count(value) if value else "" for value in row] for row in square.to_numpy()], 13)
    styled(figure, height=(150 if few else 250) + 42 * len(before))
    figure.update_xaxes(fixedrange=True, side="top", tickangle=0 if few else -90)
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, ticks="")
    return figure


def stability_index(features: pd.DataFrame, limits: tuple[float, float]) -> go.Figure:
    """Draw how far each feature has drifted since the model was fitted.

    Parameters
    ----------
    features : DataFrame
        `label`, `psi`.
    limits : tuple of float
        Values from which a shift is worth a look, and from which the model should be refitted.
    """
    look, refit = limits
    colours = [PALE_GREY if value < look else "#CCBB44" if value < refit else "#EE6677" for value in features["psi"]]
    figure = go.Figure(
        go.Bar(
            y=[escape(label) for label in features["label"]],
            x=features["psi"],
            orientation="h",
            marker={"color": colours},
            text=[f"{value:.2f}" for value in features["psi"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: index %{x:.3f}<extra></extra>",
        )
    )
    for value, text in ((look, "worth a look"), (refit, "refit")):
        figure.add_vline(
            x=value, line={"color": GREY, "width": 1, "dash": "dot"}, annotation_text=text,
            annotation_position="top", annotation_font={"size": 11, "color": GREY},
        )  # fmt: skip
    styled(figure, height=80 + 42 * len(features))
    figure.update_layout(margin_t=24)
    figure.update_xaxes(range=[0, max(1.3 * float(features["psi"].max()), 0.32)], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def _ticks(*, percent: bool, largest: float) -> str:
    return ".0%" if percent else "~s" if largest >= _LARGE else ".2f"


def _mark(figure: go.Figure, shown: pd.DataFrame, column: str, marked: int) -> None:
    value = float(shown.loc[shown["k"] == marked, column].iloc[0])
    figure.add_annotation(
        x=marked, y=value, text="knee", showarrow=True, arrowhead=0, arrowcolor=_GOOD, ax=22, ay=-26,
        font={"size": 12, "color": _GOOD},
    )  # fmt: skip
