"""The axes of a matrix of segments: columns named above, rows named on the left, the first row on top."""

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from core.charts.theme import wrapped

WIDTH: Final = 14
"""Characters of a line of a row's name."""

_COLUMN: Final = 10  # characters of a line of a column's name


def segment_axes(figure: go.Figure, columns: Sequence[str], row_texts: Sequence[str], *, few: bool) -> None:
    """Draw them.

    Parameters
    ----------
    figure : Figure
        Whose cells have their centres at whole numbers from 0 on.
    columns : sequence of str
        Names.
    row_texts : sequence of str
        As they are drawn, see `row_text`.
    few : bool
        Whether columns have room for their names; else they have numbers from 1 on.
    """
    figure.update_xaxes(
        side="top",
        range=[-0.5, len(columns) - 0.5],
        tickvals=list(range(len(columns))),
        ticktext=[wrapped(name, _COLUMN) if few else f"<b>{n}</b>" for n, name in enumerate(columns, start=1)],
        tickangle=0,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[len(row_texts) - 0.5, -0.5],
        tickvals=list(range(len(row_texts))),
        ticktext=list(row_texts),
        showgrid=False,
        fixedrange=True,
    )


def row_text(number: int, name: str, *, few: bool) -> str:
    """Name of a row; of many segments with the number that stands for it above its column."""
    return wrapped(name, WIDTH) if few else f"{wrapped(name, WIDTH + 6)} <b>{number}</b>"
