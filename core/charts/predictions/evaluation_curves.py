"""Evaluation charts: ROC, precision and recall, calibration, amounts, gain and lift."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.predictions.model_style import drawn_order, key_inside, style
from core.charts.theme import GREY, PALE_GREY, escape, faint, styled
from core.models.judging.curves import PERFECT
from core.models.training.model_labels import label
from core.numbers import Money, many, share

Row = dict[Hashable, Any]

_HEIGHT: Final = 380
_STEADY: Final = 0.02  # share of customers; below it, a lift rests on a handful of them


def roc(curve: pd.DataFrame, models: Sequence[str], areas: Mapping[str, float]) -> go.Figure:
    """Draw the ROC curve: buyers found against false positives.

    Parameters
    ----------
    curve : DataFrame
        From `core.models.judging.curves.roc`, of one cutoff or pooled.
    models : sequence of str
        Models drawn, in the order of the key.
    areas : mapping
        Area under the curve by model.
    """
    figure = _with_chance()
    _lines(figure, curve, models, "mistaken", "found", _roc_words)
    key_inside(figure, models, _written(areas), corner="bottom right")
    return _shares(figure, "False positives", "Buyers found")


def precision_recall(curve: pd.DataFrame, models: Sequence[str], areas: Mapping[str, float], base: float) -> go.Figure:
    """Draw precision against recall: buyers among those picked against the share of all buyers found.

    Parameters
    ----------
    curve : DataFrame
        From `core.models.judging.curves.precision_recall`.
    models : sequence of str
        Models drawn.
    areas : mapping
        Average precision by model.
    base : float
        Share of all customers who bought: the precision of picking at random.
    """
    figure = go.Figure()
    figure.add_hline(
        y=base, line={"color": GREY, "width": 1, "dash": "dot"}, annotation_text=f"chance: {share(base)}",
        annotation_position="bottom right", annotation_font={"size": 11, "color": GREY},
    )  # fmt: skip
    _lines(figure, curve, models, "recall", "precision", _precision_words)
    key_inside(figure, models, _written(areas), corner="bottom left")
    return _shares(figure, "Share of all buyers found", "Buyers among those picked")


def reliability(bins: pd.DataFrame, models: Sequence[str], errors: Mapping[str, float]) -> go.Figure:
    """Draw mean predicted chance against the share that bought, for tenths of the customers.

    Only the first model has intervals; more would hide the points.

    Parameters
    ----------
    bins : DataFrame
        From `core.models.judging.curves.reliability`.
    models : sequence of str
        Models drawn.
    errors : mapping
        Expected calibration error by model.
    """
    figure = _with_chance("as predicted")
    shown = bins[bins["model"].isin(models[:1])]
    figure.add_scatter(
        x=shown["predicted"], y=shown["happened"], mode="markers", hoverinfo="skip",
        marker={"size": 1, "color": faint(style(models[0]).colour, 0.6) if len(models) else GREY},
        error_y={"array": shown["high"] - shown["happened"], "arrayminus": shown["happened"] - shown["low"],
                 "thickness": 1.5, "width": 3},
    )  # fmt: skip
    _lines(figure, bins, models, "predicted", "happened", _reliability_words, mode="lines+markers")
    key_inside(figure, models, _written(errors, "error {:.3f}"), corner="top left")
    return _shares(figure, "Mean predicted chance (tenths of customers)", "Share that bought")


def amounts(bins: pd.DataFrame, models: Sequence[str], money: Money) -> go.Figure:
    """Draw one model's predicted and actual spend per tenth of the customers, highest predictions on the left.

    Parameters
    ----------
    bins : DataFrame
        From `core.models.judging.curves.amounts`.
    models : sequence of str
        Only the first is drawn.
    money : Money
        The shop's currency.
    """
    shown = bins[bins["model"].isin(models[:1])]
    rows = shown.to_dict("records")
    hover = [
        f"{many(row['customers'], 'customer')}: on average {money.exact(row['predicted'])} predicted,<br>"
        f"{money.exact(row['actual'])} spent."
        for row in rows
    ]
    figure = go.Figure()
    colour = style(models[0]).colour if models else GREY
    for name, column, shade in (("predicted", "predicted", colour), ("spent", "actual", PALE_GREY)):
        figure.add_bar(
            x=shown["bin"], y=shown[column], name=name, marker={"color": shade}, customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    text = f'<span style="color:{colour}">■</span> predicted<br><span style="color:{GREY}">■</span> spent'
    figure.add_annotation(
        text=text, showarrow=False, align="left", font_size=12, xref="paper", yref="paper", x=0.98, y=0.98,
        xanchor="right", yanchor="top",
    )  # fmt: skip
    styled(figure, height=_HEIGHT)
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.05)
    figure.update_xaxes(title="Tenths of customers, highest predictions first", dtick=1, fixedrange=True)
    figure.update_yaxes(title="Mean spend", tickprefix=money.symbol, tickformat="~s", fixedrange=True)
    return figure


def gain(curve: pd.DataFrame, models: Sequence[str], *, spend: bool = False) -> go.Figure:
    """Draw cumulative gain: the share of all buyers, or of all spend, among the top-ranked customers.

    Parameters
    ----------
    curve : DataFrame
        From `core.models.judging.curves.gain`.
    models : sequence of str
        Models drawn.
    spend : bool
        Measure spend instead of buyers.
    """
    figure = _with_chance()
    perfect = curve[curve["model"] == PERFECT]
    figure.add_scatter(
        x=perfect["picked"], y=perfect["found"], mode="lines", line={"color": PALE_GREY, "width": 1}, hoverinfo="skip"
    )
    if len(perfect):
        at = perfect.iloc[(perfect["found"] - 0.93).abs().argmin()]
        figure.add_annotation(
            x=at["picked"], y=at["found"], text="perfect ranking", xanchor="left", xshift=6, showarrow=False,
            font={"size": 11, "color": GREY},
        )  # fmt: skip
    words = _spend_words if spend else _gain_words
    _lines(figure, curve, models, "picked", "found", words)
    key_inside(figure, models, {}, corner="bottom right")
    return _shares(figure, "Customers, highest-ranked first", "Spend" if spend else "Buyers found")


def lift(curve: pd.DataFrame, models: Sequence[str]) -> go.Figure:
    """Draw lift: how many times as many buyers are found as at random.

    Parameters
    ----------
    curve : DataFrame
        From `core.models.judging.curves.gain`.
    models : sequence of str
        Models drawn.
    """
    steady = curve[curve["picked"] >= _STEADY]
    figure = go.Figure()
    figure.add_hline(
        y=1, line={"color": GREY, "width": 1, "dash": "dot"}, annotation_text="chance",
        annotation_position="bottom left", annotation_font={"size": 11, "color": GREY},
    )  # fmt: skip
    _lines(figure, steady, models, "picked", "lift", _gain_words)
    key_inside(figure, models, {}, corner="top right")
    _shares(figure, "Customers, highest-ranked first", "Lift (times random)")
    figure.update_yaxes(tickformat=".1f", range=None, rangemode="tozero")
    return figure


def _lines(
    figure: go.Figure,
    points: pd.DataFrame,
    models: Sequence[str],
    x: str,
    y: str,
    words: Callable[[Row], str],
    *,
    mode: str = "lines",
) -> None:
    for model in drawn_order(models):
        shown = points[points["model"] == model]
        name = f"<b>{escape(label(model))}</b><br>"
        figure.add_scatter(
            x=shown[x], y=shown[y], mode=mode, name=escape(label(model)), line=style(model).plotly(),
            marker={"size": 7, "color": style(model).colour},
            customdata=[name + words(row) for row in shown.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _with_chance(text: str = "chance") -> go.Figure:
    """Return a figure with a labelled diagonal."""
    figure = go.Figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "width": 1, "dash": "dot"}, hoverinfo="skip")
    )
    figure.add_annotation(
        x=0.3, y=0.3, text=text, xanchor="left", yanchor="top", xshift=3, showarrow=False,
        font={"size": 11, "color": GREY},
    )  # fmt: skip
    return figure


def _shares(figure: go.Figure, across: str, up: str) -> go.Figure:
    styled(figure, height=_HEIGHT)
    figure.update_layout(margin_r=22)  # room for half of the last label
    figure.update_xaxes(title=across, tickformat=".0%", range=[-0.01, 1.01], fixedrange=True, title_standoff=6)
    figure.update_yaxes(title=up, tickformat=".0%", range=[-0.01, 1.03], fixedrange=True, title_standoff=6)
    return figure


def _written(values: Mapping[str, float], how: str = "{:.3f}") -> dict[str, str]:
    return {model: how.format(value) for model, value in values.items() if np.isfinite(value)}


def _roc_words(row: Row) -> str:
    """Return the hover text; the first point picks no one and has no threshold."""
    threshold = f"<br>at a threshold of {share(row['threshold'])}" if np.isfinite(row["threshold"]) else ""
    return f"Finds {share(row['found'])} of buyers<br>with {share(row['mistaken'])} false positives{threshold}."


def _precision_words(row: Row) -> str:
    return (
        f"Of those with a chance of {share(row['threshold'])} or more, {share(row['precision'])} bought;<br>"
        f"they are {share(row['recall'])} of all buyers."
    )


def _reliability_words(row: Row) -> str:
    return (
        f"Of {many(row['customers'], 'customer')} with a predicted chance of {share(row['predicted'])} on average,<br>"
        f"{share(row['happened'])} bought (95% interval {share(row['low'])} to {share(row['high'])})."
    )


def _gain_words(row: Row) -> str:
    times = "" if np.isnan(row["lift"]) else f",<br>{row['lift']:.1f} times as many as at random"
    return f"The top {share(row['picked'])} of customers include {share(row['found'])} of all buyers{times}."


def _spend_words(row: Row) -> str:
    times = "" if np.isnan(row["lift"]) else f",<br>{row['lift']:.1f} times as much as at random"
    return f"The top {share(row['picked'])} of customers account for {share(row['found'])} of spend{times}."
