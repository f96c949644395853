"""Bars of one customer's predictions: the chance to buy, and the segment after the horizon."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, FAINT_GREY, GREY, axis_labels, escape, segment_colours, styled
from core.numbers import share

_LABEL: Final = 26  # characters beside a bar
_ROW: Final = 40  # pixels per bar, with its gap
_LEAST_SEEN: Final = 0.004  # share of a bar's length, so that a tiny chance still shows
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_RIGHT_HALF: Final = 0.5
_NEARLY_NOTHING: Final = 0.0005
_NEARLY_ALL: Final = 0.995


def chance(probability: float, usual: float | None, horizon: int) -> go.Figure:
    """Draw the chance to buy on a scale from 0 to 100%, with the expected share of all customers.

    Parameters
    ----------
    probability : float
        The customer's chance to buy.
    usual : float or None
        Share of all customers expected to buy; None if unknown.
    horizon : int
        Days.
    """
    hover = f"Chance to buy within {horizon} days: {likelihood(probability)}"
    figure = go.Figure()
    figure.add_bar(x=[1.0], y=[""], orientation="h", marker_color=FAINT_GREY, hoverinfo="skip", width=0.5)
    figure.add_bar(
        x=[max(probability, _LEAST_SEEN)], y=[""], orientation="h", marker_color=BLUE, width=0.5,
        customdata=[hover], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    styled(figure, height=116)
    figure.update_layout(barmode="overlay", margin={"l": 10, "r": 18, "t": 26, "b": 26})
    if usual is not None:
        figure.add_shape(
            type="line", x0=usual, x1=usual, y0=-0.36, y1=0.36, line={"color": GREY, "width": 2.5},
        )  # fmt: skip
        figure.add_annotation(
            x=usual, y=0.36, text=f"all customers: {share(usual)}", showarrow=False, yanchor="bottom",
            xanchor="right" if usual > _RIGHT_HALF else "left", font={"size": 12},
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickvals=list(_TICKS), ticktext=[share(tick) for tick in _TICKS], fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def next_segments(table: pd.DataFrame, horizon: int) -> go.Figure:
    """Draw the probability of each segment after the horizon, in the segments' colours.

    Parameters
    ----------
    table : DataFrame
        `segment`, `probability`, and `now` and `predicted`, each true for one segment; best customers first.
    horizon : int
        Days.
    """
    names = table["segment"].tolist()
    colours = segment_colours(names)
    figure = go.Figure(
        go.Bar(
            x=table["probability"].clip(lower=_LEAST_SEEN),
            y=_marked(table),
            orientation="h",
            marker_color=[colours[name] for name in names],
            text=[likelihood(value) for value in table["probability"]],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                f"Probability of being in <b>{escape(row['segment'])}</b><br>in {horizon} days: "
                f"{likelihood(row['probability'])}"
                for row in table.to_dict("records")
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=34 + _ROW * len(names))
    figure.update_xaxes(visible=False, range=[0, 1.3], fixedrange=True)  # room for the figure beside the longest bar
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, type="category")
    return figure


def likelihood(probability: float) -> str:
    """Write a probability as a percentage, never as impossible or certain: `23%`, `under 0.1%`, `over 99%`."""
    if probability < _NEARLY_NOTHING:
        return "under 0.1%"
    return "over 99%" if probability > _NEARLY_ALL else share(probability)


def _marked(table: pd.DataFrame) -> list[str]:
    """Return segment names, with “now” or “predicted” on a second line if it applies."""
    marks = [
        " and ".join(mark for mark in ("now", "predicted") if row[mark])
        for row in table[["now", "predicted"]].to_dict("records")
    ]
    names = axis_labels(table["segment"].tolist(), _LABEL)
    return [f"{name}<br><i>{mark}</i>" if mark else name for name, mark in zip(names, marks, strict=True)]
