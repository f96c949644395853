"""Heat maps: cells of one hue, and text on them that stays readable on light and dark pages."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

BLUE_TINTS: Final = ((0.0, "rgba(68, 119, 170, 0.04)"), (1.0, "rgba(68, 119, 170, 0.42)"))
"""Colours for shares, pale enough for text in the page's own colour."""


def cells(  # noqa: PLR0913  a cell's place, value, colour and text
    values: Any,
    hover: Any,
    *,
    x: Any,
    y: Any,
    colours: Sequence[Any] = BLUE_TINTS,
    least: float = 0.0,
    most: float = 1.0,
    gap: int = 2,
) -> go.Heatmap:
    """Return the cells of a heat map; missing values stay empty.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Values that set the colours.
    hover : array of shape (rows, columns)
        Tooltip of each cell.
    x, y : sequence
        Positions or names of columns and rows.
    colours : sequence of (float, str)
        Plotly colour scale.
    least, most : float
        Values of the first and the last colour.
    gap : int
        Pixels between cells.
    """
    return go.Heatmap(
        z=values, x=x, y=y, zmin=least, zmax=most, colorscale=[list(stop) for stop in colours], showscale=False,
        xgap=gap, ygap=gap, customdata=hover, hovertemplate="%{customdata}<extra></extra>", hoverongaps=False,
    )  # fmt: skip


def write(figure: go.Figure, texts: Sequence[Sequence[str]], size: float) -> None:
    """Write text into cells at whole positions, in the page's colour; Plotly's own text ignores pale cells.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    texts : sequence of sequence of str
        Texts by row and column; empty for none.
    size : float
        Font size in pixels.
    """
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                figure.add_annotation(x=column, y=row, text=text, showarrow=False, font_size=size)
