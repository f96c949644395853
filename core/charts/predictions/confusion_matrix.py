"""Confusion matrix of predicted and actual segments."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from core.charts import heat_map
from core.charts.theme import escape, styled, wrapped
from core.numbers import count, many, share

_COLUMN: Final = 12  # characters per line of a segment's name above a column
_BESIDE: Final = 20  # characters per line beside a row
_FEW: Final = 5  # maximum number of segments whose names fit side by side


def confusion(cells: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Draw actual segments as rows and predicted ones as columns; the darker, the larger the share of the row.

    Parameters
    ----------
    cells : DataFrame
        From `core.models.judging.curves.confusion`, of one model, and of one cutoff or pooled.
    names : sequence of str
        Segments in display order.
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
        heat_map.cells(
            parts,
            [
                [_cell_words(actual, predicted, people[i][j], people[i].sum()) for j, predicted in enumerate(names)]
                for i, actual in enumerate(names)
            ],
            x=list(range(len(names))),
            y=list(range(len(names))),
        )
    )
    heat_map.write(
        figure,
        [[_written(n, p, few=few) for n, p in zip(*row, strict=True)] for row in zip(people, parts, strict=True)],
        13 if few else 10,
    )
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


def _written(people: float, part: float, *, few: bool) -> str:
    if not people:
        return ""
    return f"<b>{count(people)}</b><br>{share(part)}" if few else count(people)


def _cell_words(actual: str, predicted: str, people: float, of: float) -> str:
    return (
        f"Of {many(of, 'customer')} who ended up in<br>“{escape(actual)}”, {count(people)} "
        f"{'was' if people == 1 else 'were'} predicted<br>to be in “{escape(predicted)}”."
    )
