"""Axes of a segment matrix: column names on top, row names on the left, first row on top."""

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from core.charts.theme import wrapped

WIDTH: Final = 14
"""Characters per line of a row's name."""

_COLUMN: Final = 10  # characters per line of a column's name


def segment_axes(figure: go.Figure, columns: Sequence[str], row_texts: Sequence[str], *, few: bool) -> None:
    """Draw the axes of a segment matrix.

    Parameters
    ----------
    figure : Figure
        A figure whose cells are centred on whole numbers from 0; changed in place.
    columns : sequence of str
        Names of the columns.
    row_texts : sequence of str
        Labels of the rows, see `row_text`.
    few : bool
        True if columns have room for their names; otherwise they are numbered from 1.
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
    """Return the label of a row; with many segments, it includes the number that heads its column."""
    return wrapped(name, WIDTH) if few else f"{wrapped(name, WIDTH + 6)} <b>{number}</b>"
