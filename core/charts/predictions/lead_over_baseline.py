"""Leads of models over the best baseline, and whether they could be chance."""

from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.predictions.model_style import style
from core.charts.theme import GREY, escape, styled
from core.models.judging.leaderboard import LOWER_IS_BETTER
from core.models.training.model_labels import FIGURES, label

_AIR: Final = 0.08  # share of the axis left free at either end
_DIGITS: Final = {"brier": 4}


def leads(board: pd.DataFrame, figure: str) -> go.Figure:
    """Draw each model's lead over the best baseline with its interval, best on top, hollow if it could be chance.

    Baselines far behind are drawn as arrows at the edge, so that the other models stay distinguishable.

    Parameters
    ----------
    board : DataFrame
        From `core.models.judging.leaderboard.leaderboard`.
    figure : str
        The metric whose lead is drawn.
    """
    rows = board.to_dict("records")
    low, high = _range(board, figure)
    drawn = go.Figure()
    drawn.add_vline(x=0, line={"color": GREY, "width": 1, "dash": "dot"})
    for place, row in enumerate(rows):
        _dot(drawn, row, figure, place, low)
    styled(drawn, height=86 + 34 * len(rows))
    drawn.update_xaxes(
        title=f"{FIGURES[figure]}, better →", range=[low, high], fixedrange=True, title_standoff=8, tickformat="+.3~f",
        showgrid=True, gridcolor="rgba(138, 148, 163, 0.22)", nticks=5, tickangle=0,
    )  # fmt: skip
    drawn.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[_name(row, figure) for row in rows],
        range=[len(rows) - 0.4, -0.6], showgrid=False, fixedrange=True,
    )  # fmt: skip
    return drawn


def _range(board: pd.DataFrame, figure: str) -> tuple[float, float]:
    """Return the ends of the axis: all learned models fit, and the left side is at least as long as the right."""
    low, high = (board[f"{end}_{figure}"].fillna(0.0) for end in ("low", "high"))
    most = max(float(high.max()), 10 ** -(_DIGITS.get(figure, 3) - 1))
    least = min(float(low[~board["baseline"]].min()) if (~board["baseline"]).any() else 0.0, -most)
    air = _AIR * (most - least)
    return least - air, most + air


def _dot(drawn: go.Figure, row: dict[Hashable, Any], figure: str, place: int, edge: float) -> None:
    lead, low, high = (row[f"{part}_{figure}"] for part in ("lead", "low", "high"))
    if not np.isfinite(lead):
        return
    line, outside = style(row["model"]), lead < edge
    sure = low > 0 or high < 0 or row["reference"]
    x = edge + 0.02 * abs(edge) if outside else lead
    size = 9 if row["baseline"] else 12
    drawn.add_scatter(
        x=[x], y=[place], mode="markers",
        marker={
            "symbol": "triangle-left" if outside else "circle" if sure else "circle-open", "size": size,
            "color": line.colour, "line": {"width": 2, "color": line.colour},
        },
        error_x=None if outside or row["reference"] else {
            "array": [high - lead], "arrayminus": [lead - low], "color": line.colour, "thickness": line.width,
            "width": 4,
        },
        customdata=[_words(row, figure)], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _name(row: dict[Hashable, Any], figure: str) -> str:
    """Return a model's name with its metric; the winner's is bold."""
    value = f"{round(row[figure], _DIGITS.get(figure, 3)) + 0.0:.{_DIGITS.get(figure, 3)}f}"  # avoids −0
    text = f"{escape(label(row['model']), 30)} · {value}"
    return f"<b>{text}</b>" if row["place"] == 1 else text


def _words(row: dict[Hashable, Any], figure: str) -> str:
    digits = _DIGITS.get(figure, 3)
    lead, low, high = (row[f"{part}_{figure}"] for part in ("lead", "low", "high"))
    way = "lower" if figure in LOWER_IS_BETTER else "higher"
    name = f"<b>{escape(label(row['model']))}</b><br>{FIGURES[figure]} {row[figure]:.{digits}f} ({way} is better)"
    if row["reference"]:
        return f"{name}.<br>The best baseline, which the others are measured against."
    better = f"{abs(lead):.{digits}f} {'better' if lead >= 0 else 'worse'} than the best baseline"
    real = "more than chance" if low > 0 or high < 0 else "which could be chance"
    return f"{name}.<br>{better}, {real}<br>(95% interval {low:+.{digits}f} to {high:+.{digits}f}).".replace("-", "−")
