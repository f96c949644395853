"""Which segments are mistaken for which."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import escape, styled, wrapped
from core.numbers import count, many, share

_COLUMN: Final = 12  # characters of a line of a segment's name above a column
_BESIDE: Final = 20  # the same beside a row
_FEW: Final = 5  # segments whose names have room side by side


def confusion(cells: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Rows of where customers came to be, columns of where they were said to be; the darker, the more of the row.

    Parameters
    ----------
    cells : DataFrame
        From `core.models.judging.curves.confusion`, of one model, and of one cutoff or pooled.
    names : sequence of str
        Segments in the order wanted.
    """
    wide = {
        of: cells.pivot_table(index="segment_next", columns="segment_predicted", values=of, sort=False)
        .reindex(index=list(names), columns=list(names))
        .fillna(0)
        for of in ("customers", "share")
    }
    people, parts = wide["customers"].to_numpy(), wide["share"].to_numpy()
    few = len(names) <= _FEW
    figure = go.Figure(
        go.Heatmap(
            z=parts, zmin=0, zmax=1, showscale=False, xgap=2, ygap=2,
            x=list(range(len(names))), y=list(range(len(names))),
            colorscale=[[0, "rgba(68, 119, 170, 0.04)"], [1, "rgba(68, 119, 170, 0.42)"]],
            customdata=[
                [_cell_words(there, said, people[i][j], people[i].sum()) for j, said in enumerate(names)]
                for i, there in enumerate(names)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    for i, j in np.argwhere(people > 0):  # a cell's own text has no colour of the page where it is pale
        text = f"<b>{count(people[i][j])}</b><br>{share(parts[i][j])}" if few else count(people[i][j])
        figure.add_annotation(x=int(j), y=int(i), text=text, showarrow=False, font_size=13 if few else 10)
    styled(figure, height=(110 if few else 190) + (56 if few else 38) * len(names))
    places = list(range(len(names)))
    figure.update_xaxes(
        side="top", tickvals=places, ticktext=[wrapped(name, _COLUMN if few else _BESIDE) for name in names],
        tickangle=0 if few else -90, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", tickvals=places, ticktext=[wrapped(name, _COLUMN if few else _BESIDE) for name in names],
        showgrid=False, fixedrange=True,
    )  # fmt: skip
    return figure


def _cell_words(there: str, said: str, people: float, of: float) -> str:
    return (
        f"Of {many(of, 'customer')} who came to be in<br>“{escape(there)}”, {count(people)} "
        f"{'was' if people == 1 else 'were'} predicted<br>to be in “{escape(said)}”."
    )
