"""SHAP summaries: mean absolute contributions as bars, and each customer as a dot."""

from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.explanations.value_units import added_axis, added_words, value_words
from core.charts.theme import BLUE, GREY, axis_labels, escape, segment_colours, styled
from core.explain.input_names import input_label, input_unit
from core.numbers import Money

LEVELS: Final = ((0.0, "#4477AA"), (0.5, "#B9B4C4"), (1.0, "#EE7733"))
"""Colour scale from low to high values, safe for colour-blind readers on light and dark pages."""

_LABEL: Final = 28
_ROW: Final = 30


def bars(table: pd.DataFrame, scale: str, money: Money) -> go.Figure:
    """Draw the mean absolute contribution of each driver.

    Parameters
    ----------
    table : DataFrame
        `label`, `size`, `error`; and `output` if there are several, whose bars are stacked.
    scale : str
        Scale of the contributions, see `core.explain.attribution.explainer.Explanation`.
    money : Money
        The shop's currency.
    """
    figure = go.Figure()
    outputs = table["output"].drop_duplicates().tolist() if "output" in table else [None]
    colours = segment_colours([name for name in outputs if name is not None])
    for output in outputs:
        rows = table if output is None else table[table["output"] == output]
        figure.add_bar(
            x=rows["size"], y=axis_labels(rows["label"].tolist(), _LABEL), orientation="h",
            name=escape(output or ""), marker_color=BLUE if output is None else colours[output],
            customdata=[_size_in_words(row, scale, money) for row in rows.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    drivers = table["label"].nunique()
    styled(figure, height=70 + _ROW * drivers)
    figure.update_layout(barmode="stack")
    if len(outputs) > 1:
        _key(figure, {name: colours[name] for name in outputs if name is not None})
    title = f"Mean absolute contribution, {_noun(scale)}"
    _across(figure, title, added_axis(scale, money))
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def swarm(points: pd.DataFrame, scale: str, money: Money) -> go.Figure:
    """Draw contributions in a row per driver, one dot per customer, coloured by the driver's leading input.

    Parameters
    ----------
    points : DataFrame
        From `core.explain.overall.swarm.swarm`.
    scale : str
        Scale of the contributions, see `core.explain.attribution.explainer.Explanation`.
    money : Money
        The shop's currency.
    """
    rows = points.drop_duplicates("row").sort_values("row")
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    for known in (False, True):
        some = points[points["level"].notna() == known]
        figure.add_scatter(
            x=some["drawn"], y=some["row"] + some["lift"], mode="markers",
            marker={"size": 4.5, "opacity": 0.75, "color": some["level"] if known else GREY, "cmin": 0, "cmax": 1,
                    "colorscale": [list(stop) for stop in LEVELS]},
            customdata=[_dot_in_words(row, scale, money) for row in some.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    styled(figure, height=92 + 38 * len(rows))
    figure.update_layout(margin_t=26)
    low_to_high(figure, "value of the leading input")
    _across(figure, f"Contribution, {_noun(scale)}", added_axis(scale, money))
    figure.update_yaxes(
        tickvals=rows["row"], ticktext=axis_labels(rows["label"].tolist(), _LABEL), showgrid=False, fixedrange=True,
        range=[len(rows) - 0.4, -0.6],
    )  # fmt: skip
    return figure


def low_to_high(figure: go.Figure, of: str) -> None:
    """Add the key of the colours above the plot."""
    (_, low), (_, middle), (_, high) = LEVELS
    text = "".join(f'<span style="color:{colour}">●</span>' for colour in (low, middle, high))
    figure.add_annotation(
        text=f"{text} low to high {escape(of, 60)}", showarrow=False, font_size=12, xref="paper", yref="paper", x=1,
        y=1, xanchor="right", yanchor="bottom", yshift=4,
    )  # fmt: skip


def _across(figure: go.Figure, title: str, settings: dict[str, Any]) -> None:
    figure.update_xaxes(
        title=title, showgrid=True, gridcolor="rgba(138, 148, 163, 0.22)", nticks=6, fixedrange=True, title_standoff=6,
        tickangle=0, **settings,
    )  # fmt: skip


def _key(figure: go.Figure, colours: dict[str, str]) -> None:
    lines = [f'<span style="color:{colour}">■</span> {escape(name, 30)}' for name, colour in colours.items()]
    figure.add_annotation(
        text="<br>".join(lines), showarrow=False, align="left", font_size=12, xref="paper", yref="paper", x=1, y=1,
        xanchor="right", yanchor="bottom", yshift=4,
    )  # fmt: skip
    figure.update_layout(margin_t=16 + 16 * len(lines), height=figure.layout.height + 16 + 16 * len(lines))


def _noun(scale: str) -> str:
    return {"log-odds": "in log-odds", "probability": "in probability", "money": "in money"}[scale]


def _size_in_words(row: dict[Hashable, Any], scale: str, money: Money) -> str:
    of = f", of {escape(row['output'])}" if row.get("output") else ""
    error = (
        f"<br>Estimated by sampling, with an error of {added_words(row['error'], scale, money)}."
        if row["error"]
        else ""
    )
    size = added_words(row["size"], scale, money)
    return f"<b>{escape(row['label'])}</b>{of}<br>changes a customer's prediction by {size} on average.{error}"


def _dot_in_words(row: dict[Hashable, Any], scale: str, money: Money) -> str:
    way = "adds" if row["added"] >= 0 else "subtracts"
    text = f"<b>{escape(row['label'])}</b> {way} {added_words(abs(row['added']), scale, money)}"
    if not row["input"] or (isinstance(row["value"], float) and np.isnan(row["value"])):
        return f"{text}."
    return f"{text}.<br>{escape(input_label(row['input']).capitalize())}: " + value_words(
        row["value"], input_unit(row["input"]), money
    )
