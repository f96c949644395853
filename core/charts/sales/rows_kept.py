"""Waterfall from rows read to rows kept."""

import plotly.graph_objects as go

from core.charts.theme import BLUE, GREY, styled
from core.numbers import count, share


def waterfall(read: int, removed: dict[str, int], kept: int) -> go.Figure:
    """Draw a horizontal waterfall: rows read, rows removed per reason, rows kept.

    Parameters
    ----------
    read, kept : int
        Numbers of rows.
    removed : dict of str to int
        Rows per reason, in the order the reasons apply; the keys are shown.
    """
    names = ["Rows read", *removed, "Rows kept"]
    values = [read, *(-number for number in removed.values()), kept]
    texts = [count(read), *(f"−{count(number)}" if number else "0" for number in removed.values()), count(kept)]
    hover = [
        f"<b>{count(read)}</b> rows were read",
        *(f"<b>{count(number)}</b> rows, {share(number / (read or 1))} of those read" for number in removed.values()),
        f"<b>{count(kept)}</b> rows, {share(kept / (read or 1))} of those read, are used in every figure",
    ]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            measure=["absolute", *["relative"] * len(removed), "total"],
            y=names,
            x=values,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": GREY, "width": 1}},
            decreasing={"marker": {"color": "#EE6677"}},
            increasing={"marker": {"color": "#EE6677"}},
            totals={"marker": {"color": BLUE}},
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=60 + 38 * len(names))
    figure.update_xaxes(visible=False, range=[0, read * 1.3], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure
